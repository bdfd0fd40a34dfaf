# SPDX-License-Identifier: Apache-2.0
"""Pictures and masks of one camera, put together by their stamps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unet_perception.view.pictures import Picture

MOST_BYTES = 64 << 20
"""What may wait for its other half; a mask that never comes must not fill the memory."""

MOST_MASKS = 8
ALONE_S = 1.0
"""After this long without a mask a picture is shown by itself."""

SLACK = 0.1
"""Share of a period by which a frame may be early: cameras are not that regular."""


@dataclass(frozen=True)
class Pair:
    """What a camera saw, and what the network made of it.

    Attributes:
        camera: Name of the camera.
        stamp: Stamp of both, in nanoseconds.
        picture: The picture.
        ids: The published mask, uint8 ``(H, W)``; None if there is none.
        number: Counts the pairs of all cameras; no two have the same.
    """

    camera: str
    stamp: int
    picture: Picture
    ids: NDArray[np.uint8] | None
    number: int = 0


class Pairing:
    """Finds pairs, and not more of them than are wanted.

    A picture that is not due is refused before it is read, which is what most of it costs. The
    halves wait in the order in which they came: stamps may go back when a simulation starts anew.
    """

    def __init__(self, camera: str, rate: float, now: float, most_bytes: int = MOST_BYTES) -> None:
        """Begin without a frame.

        Args:
            camera: Name of the camera.
            rate: Most pairs per second.
            now: Seconds of a steady clock, as everywhere here.
            most_bytes: Most bytes of pictures that wait.
        """
        self._camera = camera
        self._period = 1.0 / rate
        self._most_bytes = most_bytes
        self._next = float("-inf")
        self._last_mask = now
        self._pictures: dict[int, tuple[Picture, float]] = {}
        self._masks: dict[int, NDArray[np.uint8]] = {}

    @property
    def waiting(self) -> int:
        """Bytes of pictures that wait for their masks."""
        return sum(picture.size for picture, _ in self._pictures.values())

    def is_due(self, now: float) -> bool:
        """Return whether another pair is wanted."""
        return now >= self._next - SLACK * self._period

    def put_picture(self, stamp: int, picture: Picture, now: float) -> Pair | None:
        """Take a picture; return the pair that it completes, or itself if no masks come."""
        mask = self._masks.pop(stamp, None)
        if mask is not None:
            return self._paired(stamp, picture, mask, now)
        self._keep(stamp, picture, now)
        if now - self._last_mask > ALONE_S and self.is_due(now):
            return self._taken(Pair(self._camera, stamp, picture, None), now)
        return None

    def hear_mask(self, now: float) -> None:
        """Take note that masks come, without looking at this one."""
        self._last_mask = now

    def put_mask(self, stamp: int, ids: NDArray[np.uint8], now: float) -> Pair | None:
        """Take a mask; return the pair that it completes."""
        self._last_mask = now
        if stamp in self._pictures:
            picture, arrived = self._pictures[stamp]
            return self._paired(stamp, picture, ids, arrived)
        if self.is_due(now):
            self._masks[stamp] = ids
            while len(self._masks) > MOST_MASKS:
                del self._masks[next(iter(self._masks))]
        return None

    def _paired(
        self, stamp: int, picture: Picture, ids: NDArray[np.uint8], arrived: float
    ) -> Pair | None:
        # Masks come in the order of their frames: the older ones have none.
        for waiting in list(self._pictures):
            del self._pictures[waiting]
            if waiting == stamp:
                break
        # By the time of the picture, as its mask takes now this long and now that.
        if not self.is_due(arrived):
            return None
        return self._taken(Pair(self._camera, stamp, picture, ids), arrived)

    def _taken(self, pair: Pair, arrived: float) -> Pair:
        # On a grid, so that 30 Hz under a limit of 20 give 20 and not 15; begun anew after a gap.
        late = arrived >= self._next + self._period
        self._next = arrived + self._period if late else max(self._next + self._period, arrived)
        return pair

    def _keep(self, stamp: int, picture: Picture, arrived: float) -> None:
        self._pictures[stamp] = picture, arrived
        while self.waiting > self._most_bytes and len(self._pictures) > 1:
            del self._pictures[next(iter(self._pictures))]
