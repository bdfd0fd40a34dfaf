# SPDX-License-Identifier: Apache-2.0
"""One browser that looks: what it wants, and what waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from unet_perception.files.documents import DocumentError, parse_json
from unet_perception.view.message import Encoded

MOST_UNDER_WAY = 2
"""Pictures of a camera that were sent and not yet shown: one on the way, one being drawn. A
browser that is slower is sent fewer and never old ones."""

MOST_CAMERAS = 16


class RequestError(ValueError):
    """A browser sent what this server does not understand."""


class Viewer:
    """The newest picture of each camera and the newest state wait, nothing else does.

    For the event loop's thread alone.

    Attributes:
        cameras: What it looks at.
        paused: It wants no pictures for now.
        shown: The last picture of each camera that it has shown, for snapshots.
        skipped: Pictures that a newer one replaced before they were sent.
    """

    def __init__(self) -> None:
        """Begin with no camera."""
        self.cameras: frozenset[str] = frozenset()
        self.paused = False
        self.shown: dict[str, Encoded] = {}
        self.skipped = 0
        self._under_way: dict[str, dict[int, Encoded]] = {}
        self._pictures: dict[str, Encoded] = {}
        self._state = ""
        self._something = asyncio.Event()

    def is_ready(self, camera: str) -> bool:
        """Return whether a picture of this camera could be sent now."""
        under_way = self._under_way.get(camera, {})
        return camera in self.cameras and not self.paused and len(under_way) < MOST_UNDER_WAY

    def offer(self, picture: Encoded) -> None:
        """Have a picture sent, if it is wanted, instead of an older one that still waits."""
        camera = picture.camera
        if camera not in self.cameras or self.paused:
            return
        self.skipped += camera in self._pictures
        self._pictures[camera] = picture
        self._something.set()

    def tell(self, state: str) -> None:
        """Have a state sent, instead of an older one that still waits."""
        self._state = state
        self._something.set()

    async def next(self) -> str | bytes:
        """Return what is to be sent next, as soon as there is something."""
        while True:
            state, self._state = self._state, ""
            if state:
                return state
            for camera, picture in self._pictures.items():
                if self.is_ready(camera):
                    del self._pictures[camera]
                    under_way = self._under_way.setdefault(camera, {})
                    under_way[picture.number] = picture
                    return picture.message
            self._something.clear()
            await self._something.wait()

    def take(self, text: str) -> None:
        """Take what the browser says.

        Args:
            text: JSON: ``{"look": [cameras]}``, ``{"pause": true}`` or ``{"shown": [camera,
                number]}``, or several of these in one. Cameras may come later than their viewers.

        Raises:
            RequestError: It is something else.
        """
        try:
            given = parse_json(text)
        except DocumentError as error:
            raise RequestError("not JSON") from error
        if not isinstance(given, Mapping) or not set(given) <= {"look", "pause", "shown"}:
            raise RequestError("not one of look, pause, shown")
        if "look" in given:
            self._look(given["look"])
        if "pause" in given:
            self._pause(given["pause"])
        if "shown" in given:
            self._show(given["shown"])
        self._something.set()

    def _look(self, cameras: Any) -> None:
        if not isinstance(cameras, list) or len(cameras) > MOST_CAMERAS:
            raise RequestError(f"look must be a list of up to {MOST_CAMERAS} cameras")
        if not all(isinstance(camera, str) and camera for camera in cameras):
            raise RequestError("look must be a list of names")
        self.cameras = frozenset(cameras)
        for gone in set(self._under_way) - self.cameras:
            del self._under_way[gone]
        for gone in set(self._pictures) - self.cameras:
            del self._pictures[gone]
        for gone in set(self.shown) - self.cameras:
            del self.shown[gone]

    def _pause(self, paused: Any) -> None:
        if not isinstance(paused, bool):
            raise RequestError("pause must be true or false")
        self.paused = paused
        self._pictures.clear()
        # What is on its way will not be shown any more.
        self._under_way.clear()

    def _show(self, shown: Any) -> None:
        if (
            not isinstance(shown, list)
            or len(shown) != 2
            or not isinstance(shown[0], str)
            or type(shown[1]) is not int
        ):
            raise RequestError("shown must be a camera and a number")
        camera, number = shown
        under_way = self._under_way.get(camera, {})
        picture = under_way.pop(number, None)
        if picture is not None:
            self.shown[camera] = picture
