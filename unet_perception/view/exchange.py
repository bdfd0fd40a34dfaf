# SPDX-License-Identifier: Apache-2.0
"""Where pictures meet those who look: encoded once, for everybody."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from unet_perception.view.interest import STATUS, Interest
from unet_perception.view.message import Encoded
from unet_perception.view.metrics import Traffic
from unet_perception.view.pairing import Pair
from unet_perception.view.viewer import Viewer

KEPT = 3
"""Last pairs of each camera that snapshots can ask for."""


class Exchange:
    """Viewers on one side, the newest pairs on the other. For the event loop's thread alone.

    But for ``hungry`` and ``interest.wanted``, which any thread may read.

    Attributes:
        hungry: Cameras of which a picture would be sent to somebody at once; of others none
            needs to be encoded.
        interest: What is to be subscribed to.
        traffic: What was done so far.
    """

    def __init__(self, changed: Callable[[], object], linger_s: float) -> None:
        """Begin with nobody.

        Args:
            changed: Called after each change of what is wanted.
            linger_s: How long it is wanted after the last one left.
        """
        self._changed = changed
        self.interest = Interest(self._on_interest, linger_s)
        self.traffic = Traffic()
        self.hungry: frozenset[str] = frozenset()
        self.viewers: list[Viewer] = []
        self._kept: dict[str, deque[Pair]] = {}
        self._waiting: dict[str, list[asyncio.Future[Pair]]] = {}

    def join(self) -> Viewer:
        """Return a new viewer, who has not looked at anything yet."""
        viewer = Viewer()
        self.viewers.append(viewer)
        self.traffic.viewers = len(self.viewers)
        self.interest.hold(STATUS)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer."""
        self.viewers.remove(viewer)
        self.traffic.viewers = len(self.viewers)
        self.traffic.skipped += viewer.skipped
        for camera in viewer.cameras:
            self.interest.release(camera)
        self.interest.release(STATUS)
        self.look()

    def take(self, viewer: Viewer, text: str) -> None:
        """Take what a viewer says; see ``Viewer.take``."""
        before = viewer.cameras
        viewer.take(text)
        for camera in viewer.cameras - before:
            self.interest.hold(camera)
        for camera in before - viewer.cameras:
            self.interest.release(camera)
        self.look()

    def deliver(self, pair: Pair, picture: Encoded) -> None:
        """Hand a picture to all who look, and keep its pair for snapshots."""
        self.traffic.encoded += 1
        for viewer in self.viewers:
            viewer.offer(picture)
        self._kept.setdefault(pair.camera, deque(maxlen=KEPT)).append(pair)
        for waiting in self._waiting.pop(pair.camera, []):
            if not waiting.done():
                waiting.set_result(pair)
        self.look()

    def find(self, camera: str, number: int) -> Pair | None:
        """Return a pair that came just now, or that somebody sees."""
        for pair in self._kept.get(camera, ()):
            if pair.number == number:
                return pair
        for viewer in self.viewers:
            picture = viewer.shown.get(camera)
            if picture is not None and picture.number == number:
                return picture.pair()
        return None

    async def newest(self, camera: str) -> Pair:
        """Return the next pair of a camera."""
        waiting: asyncio.Future[Pair] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(camera, []).append(waiting)
        self.look()
        return await waiting

    def look(self) -> None:
        """Find out who could be sent something."""
        ready = {
            camera
            for viewer in self.viewers
            for camera in viewer.cameras
            if viewer.is_ready(camera)
        }
        waited_for = {
            camera
            for camera, waiting in self._waiting.items()
            if any(not one.done() for one in waiting)
        }
        self.hungry = frozenset(ready | waited_for)

    def _on_interest(self) -> None:
        for camera in set(self._kept) - self.interest.wanted:
            del self._kept[camera]
        self._changed()
