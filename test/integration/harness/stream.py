# SPDX-License-Identifier: Apache-2.0
"""A camera that sends on and on, and what must come of each of its frames."""

from __future__ import annotations

import threading
from types import TracebackType

import numpy as np
from harness.camera import Camera, pixels, stamp
from harness.peer import Peer, wait_until
from sensor_msgs.msg import Image

PERIOD_S = 0.05


class Stream:
    """Frames from the test's own process for as long as the ``with`` block runs, each unlike the
    others and stamped with its number; and the masks that come back.
    """

    def __init__(self, peer: Peer, camera: Camera) -> None:
        self._camera = camera
        self._images = peer.publisher(Image, "/image")
        self._inbox = peer.subscribe(Image, "/perception/mask")
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self.sent = 0

    def __enter__(self) -> Stream:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._thread.join()

    @property
    def stamps(self) -> list[int]:
        """Whose masks have come, in their order."""
        return [stamp(mask) for mask in self._inbox.messages]

    def wait_for_new(self, count: int = 5, timeout: float = 30.0) -> None:
        """Wait for masks of frames that are not sent yet."""
        sent = self.sent
        wait_until(
            lambda: sum(number > sent for number in self.stamps[-count:]) == count,
            f"{count} masks of frames after {sent}",
            timeout,
        )

    def check(self) -> None:
        """Each mask is that of the frame with its stamp; none comes twice or after a newer one."""
        stamps = self.stamps
        assert stamps, "no masks at all"
        assert stamps == sorted(set(stamps)), stamps
        for mask in self._inbox.messages:
            expected = self._camera.mask(self._camera.rgb(stamp(mask)))
            assert np.array_equal(pixels(mask), expected), stamp(mask)

    def _send(self) -> None:
        while not self._closing.wait(PERIOD_S):
            number = self.sent + 1
            self._images.publish(self._camera.message(self._camera.rgb(number), stamp=number))
            self.sent = number
