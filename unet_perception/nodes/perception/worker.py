# SPDX-License-Identifier: Apache-2.0
"""The thread that owns the engine: the newest frames in, masks out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unet_perception.nodes.perception.channel import Channel
from unet_perception.nodes.perception.drawing import Drawer, Drawing
from unet_perception.nodes.perception.opening import EngineOpening
from unet_perception.ros.spin import Watch
from unet_perception.ros.transport.arrivals import NO_MEMORY, Arrival, Picture, RefusedError
from unet_perception.ros.transport.turns import Turns
from unet_perception.segmenter import Segmenter


@dataclass(frozen=True)
class _Job:
    """A frame in work; steady-clock seconds of its arrival and of when its turn came."""

    camera: int
    picture: Picture
    arrived: float
    taken: float


class Worker:
    """Opens the engine, serves all cameras with it, and closes it, all on one thread.

    A GPU's engine belongs to the thread that runs it, and opening one may take minutes.
    """

    def __init__(
        self,
        watch: Watch,
        opening: EngineOpening,
        turns: Turns[Arrival],
        channels: Sequence[Channel],
        drawer: Drawer,
    ) -> None:
        """Begin to open the engine.

        Args:
            watch: Told when the engine fails at work.
            opening: Opens it.
            turns: Whose frame is next.
            channels: The cameras.
            drawer: Takes what is to be drawn.
        """
        self._turns = turns
        self._channels = channels
        self._drawer = drawer
        self._opening = opening
        self._ids: dict[int, NDArray[np.uint8]] = {}
        self._opened = threading.Event()
        self.failure: Exception | None = None
        self._thread = watch.thread("segmenter", self._work)
        self._thread.start()

    def wait_until_open(self, give_up: Callable[[], bool], every_s: float = 0.1) -> bool:
        """Wait for the engine; return whether it is open.

        Args:
            give_up: Asked now and then whether to go on waiting no longer.
            every_s: How often.

        Raises:
            Exception: What the opening raised.
        """
        while not self._opened.wait(every_s):
            if give_up():
                return False
        if self.failure is not None:
            raise self.failure
        return True

    def close(self) -> None:
        """End after the frame in work; an engine that is being opened is waited for."""
        self._turns.close()
        self._thread.join()

    def _work(self) -> None:
        try:
            segmenter = self._opening.open()
        except Exception as error:
            self.failure = error
            return
        finally:
            self._opened.set()
        try:
            while waiting := self._turns.take(segmenter.max_batch):
                self._serve(segmenter, waiting)
        finally:
            segmenter.close()

    def _serve(self, segmenter: Segmenter, waiting: Sequence[tuple[int, Arrival]]) -> None:
        taken = time.monotonic()
        fresh: list[_Job] = []
        for camera, arrival in waiting:
            channel = self._channels[camera]
            picture = channel.read(arrival)
            if picture is None:
                continue
            job = _Job(camera, picture, arrival.time, taken)
            if channel.is_unchanged(picture):
                self._publish(job, 0.0, unchanged=True)
                self._draw(job)
            else:
                fresh.append(job)
        if fresh:
            self._segment(segmenter, fresh)

    def _segment(self, segmenter: Segmenter, jobs: Sequence[_Job]) -> None:
        before = time.monotonic()
        try:
            masks = [self._channels[job.camera].mask_pixels(job.picture) for job in jobs]
            results = segmenter.segment_all([job.picture.frame for job in jobs], masks)
        except MemoryError:
            # For one frame, which may be larger than any before: the next may fit again.
            for job in jobs:
                self._channels[job.camera].refuse(RefusedError(job.picture.header, NO_MEMORY))
            return
        engine = time.monotonic() - before
        # All masks leave before anything is drawn.
        for job, result in zip(jobs, results, strict=True):
            self._publish(job, engine)
            # A copy, and small: the next frame overwrites the engine's own.
            self._ids[job.camera] = result.ids.copy()
        for job in jobs:
            self._draw(job)

    def _publish(self, job: _Job, engine: float, unchanged: bool = False) -> None:
        waited = job.taken - job.arrived
        channel = self._channels[job.camera]
        channel.publish(job.picture, job.arrived, waited, engine, unchanged)

    def _draw(self, job: _Job) -> None:
        if self._channels[job.camera].drawn.wanted:
            drawing = Drawing(job.picture.header, job.picture.frame, self._ids[job.camera])
            self._drawer.put(job.camera, drawing)
