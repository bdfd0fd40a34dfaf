# SPDX-License-Identifier: Apache-2.0
"""Is every mask of the frame whose header it has, and right? No ROS."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from soak_scene import Scene

Pixels = NDArray[np.uint8]

KINDS = ("mask", "truth")
KEPT = 600
"""Frames that are remembered: a minute of them."""

WAITING = 200
"""Masks and truths that may come before their frame has been seen."""

PROBES = (slice(3, None, 97), slice(5, None, 89))
"""Pixels by which a picture is found; all are compared afterwards."""


@dataclass
class _Seen:
    picture: int
    at: float
    answered: set[str] = field(default_factory=set)


@dataclass
class Tally:
    """What has been seen so far.

    Attributes:
        frames: Frames that are a picture of the scene.
        right: Masks, and truths, that were compared with their frame's and are right.
        unmatched: Those whose frame was not seen here.
        last_right: When the newest frame came whose mask is right, on the caller's clock.
        broken: What must never happen, in words.
    """

    frames: int = 0
    right: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    unmatched: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    last_right: float = 0.0
    broken: list[str] = field(default_factory=list)


class Judge:
    """Holds what is published against what must come out.

    A server that was started anew counts its time from 0, so a stamp may belong to several frames:
    an answer is right if it fits one of them that has none yet.
    """

    def __init__(self, scene: Scene, frame_id: str) -> None:
        """Judge by a scene.

        Args:
            scene: All that can be seen, and what must be made of it.
            frame_id: Camera of all headers.
        """
        self.tally = Tally()
        self._scene = scene
        self._frame_id = frame_id
        self._probes = {self._probe(picture): n for n, picture in enumerate(scene.pictures)}
        self._answers = {"mask": scene.masks, "truth": scene.truths}
        self._seen: dict[int, list[_Seen]] = {}
        self._order: deque[int] = deque()
        self._waiting: deque[tuple[str, int, Pixels]] = deque()

    def frame(self, stamp: int, frame_id: str, pixels: Pixels, now: float) -> None:
        """Take a frame, bgra8 ``(H, W, 4)``, its stamp in nanoseconds."""
        number = self._probes.get(self._probe(pixels))
        if frame_id != self._frame_id:
            return  # What others send; a mask of it would tell.
        if number is None or not np.array_equal(pixels, self._scene.pictures[number]):
            self.tally.broken.append(f"the frame of {stamp} ns is no picture that was played")
            return
        self.tally.frames += 1
        self._seen.setdefault(stamp, []).append(_Seen(number, now))
        self._order.append(stamp)
        if len(self._order) > KEPT:
            self._forget(self._order.popleft())
        waiting = [one for one in self._waiting if one[1] == stamp]
        self._waiting = deque(one for one in self._waiting if one[1] != stamp)
        for kind, _, ids in waiting:
            self._compare(kind, stamp, ids)

    def ids(self, kind: str, stamp: int, frame_id: str, ids: Pixels) -> None:
        """Take a mask or a truth, ``(H, W)``; it may come before its frame."""
        if kind == "mask" and frame_id != self._frame_id:
            self.tally.broken.append(f"a mask has the header of {frame_id!r}")
        elif stamp in self._seen:
            self._compare(kind, stamp, ids)
        else:
            self._waiting.append((kind, stamp, ids.copy()))
            if len(self._waiting) > WAITING:
                self.tally.unmatched[self._waiting.popleft()[0]] += 1

    def _compare(self, kind: str, stamp: int, ids: Pixels) -> None:
        candidates = self._seen[stamp]
        fitting = [
            seen for seen in candidates if np.array_equal(ids, self._answers[kind][seen.picture])
        ]
        if not fitting:
            self.tally.broken.append(f"the {kind} of {stamp} ns is not its frame's")
            return
        free = [seen for seen in fitting if kind not in seen.answered]
        if not free:
            self.tally.broken.append(f"the {kind} of {stamp} ns came twice")
            return
        free[-1].answered.add(kind)
        self.tally.right[kind] += 1
        if kind == "mask":
            self.tally.last_right = max(self.tally.last_right, free[-1].at)

    def _forget(self, stamp: int) -> None:
        seen = self._seen[stamp]
        seen.pop(0)
        if not seen:
            del self._seen[stamp]

    @staticmethod
    def _probe(pixels: Pixels) -> bytes:
        return pixels[PROBES].tobytes()
