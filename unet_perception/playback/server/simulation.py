# SPDX-License-Identifier: Apache-2.0
"""The thread that makes frames: on a client's cue, or by the clock."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from unet_perception.errors import UnetPerceptionError
from unet_perception.playback.server.calls import Calls
from unet_perception.playback.server.cameras import CameraWork

log = logging.getLogger(__name__)

IDLE_S = 1.0


class Simulation:
    """Makes frames of a world and sends them; RPC and frames share the world's lock."""

    def __init__(self, calls: Calls, cameras: CameraWork, rate: float) -> None:
        """Prepare; nothing moves before ``start``.

        Args:
            calls: World and cues.
            cameras: Takes the images.
            rate: Frames a second while nobody sets a fixed step.
        """
        self._calls = calls
        self._world = calls.world
        self._cameras = cameras
        self._period = 1.0 / rate
        self._changed = threading.Condition(self._world.lock)
        self._jobs: list[tuple[Callable[[], Any], Future[Any]]] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="simulation")
        self.failure: Exception | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the frame that is being made."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join()

    def wake(self) -> None:
        """Look again: a cue came or settings changed."""
        with self._changed:
            self._changed.notify_all()

    async def at_frame(self, call: Callable[[], Any]) -> Any:
        """Run a call right before the next frame and return its result after it.

        In a synchronous world it runs at once.
        """
        future: Future[Any] = Future()
        with self._changed:
            if self._world.settings.synchronous_mode or self._stopping:
                return call()
            self._jobs.append((call, future))
            self._changed.notify_all()
        return await asyncio.wrap_future(future)

    def _run(self) -> None:
        last = due = time.monotonic()
        while (due := self._wait(due)) and not self._stopping:
            if self._world.settings.synchronous_mode:
                self._world.streams.wait_for_announced()
            now = time.monotonic()
            try:
                self._make_frame(now - last)
            except Exception as error:
                # One picture that cannot be drawn must not end the world. Where to look in the code
                # is of use for errors alone that are not foreseen.
                unforeseen = not isinstance(error, UnetPerceptionError)
                log.error("frame %d: %s", self._world.frame, error, exc_info=unforeseen)
                self.failure = error
            last = now

    def _wait(self, due: float) -> float:
        """Return when the next frame is due, once it is; cues are due at once."""
        with self._changed:
            while not self._stopping:
                now = time.monotonic()
                if self._world.settings.synchronous_mode:
                    if self._jobs:
                        _answer(self._run_jobs())
                    if self._calls.cues:
                        self._calls.cues -= 1
                        return now
                    self._changed.wait(IDLE_S)
                elif now >= due:
                    period = self._world.settings.delta or self._period
                    # Late frames are not made up for.
                    return max(due + period, now)
                else:
                    self._changed.wait(min(due - now, IDLE_S))
        return due

    def _run_jobs(self) -> list[tuple[Future[Any], Any]]:
        jobs, self._jobs = self._jobs, []
        results: list[tuple[Future[Any], Any]] = []
        for call, future in jobs:
            try:
                results.append((future, call()))
            except Exception as error:
                # The caller's own thread raises it.
                results.append((future, error))
        return results

    def _make_frame(self, elapsed: float) -> None:
        world = self._world
        with self._changed:
            results = self._run_jobs()
            lossless = world.settings.synchronous_mode
            state = world.step(elapsed)
            shots = [] if world.settings.no_rendering_mode else self._cameras.due(world)
            instant = world.instant
            stream_id = world.stream_id
        # The state comes first: a client that has an image has the frame's actors as well.
        world.streams.publish(stream_id, (state,), lossless, keep=True)
        if results:
            # Clients look for a new actor in the newest state as soon as they have the answer.
            world.streams.drain(stream_id)
            _answer(results)
        self._cameras.take(shots, instant, lossless)


def _answer(results: list[tuple[Future[Any], Any]]) -> None:
    for future, result in results:
        if not future.set_running_or_notify_cancel():
            continue  # The client has gone.
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
