# SPDX-License-Identifier: Apache-2.0
"""Unusual encodings: through ``cv_bridge`` where it is, with the name of its package where not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest

from unet_perception.errors import FrameError
from unet_perception.imaging import encoding_problem, frame_from_image, image_message
from unet_perception.imaging.image_message import UNUSUAL

BRIDGE = image_message.find_spec("cv_bridge")
without_bridge = pytest.mark.skipif(BRIDGE is not None, reason="cv_bridge is installed")
with_bridge = pytest.mark.skipif(BRIDGE is None, reason="cv_bridge is not installed: no ROS here")

HEIGHT, WIDTH = 6, 8
COLOUR = (200, 100, 50)
"""RGB, all over the pictures."""


@dataclass(frozen=True)
class Message:
    """The fields of ``sensor_msgs/Image`` that are read."""

    encoding: str
    step: int
    data: Any
    height: int = HEIGHT
    width: int = WIDTH
    is_bigendian: int = 0


def message(encoding: str, padding: int = 0, big: bool = False) -> Message:
    """A picture of one colour, with rows that end with padding."""
    rows = np.ascontiguousarray(_pixels(encoding)).reshape(HEIGHT, -1)
    if rows.dtype == np.uint16:
        rows = np.ascontiguousarray(rows.astype(">u2" if big else "<u2"))
    rows = np.pad(rows.view(np.uint8), ((0, 0), (0, padding)), constant_values=99)
    return Message(encoding, rows.shape[1], rows.tobytes(), is_bigendian=int(big))


def _pixels(encoding: str) -> np.ndarray:
    red, green, blue = COLOUR
    if encoding.startswith("bayer_"):
        values = dict(zip("rgb", COLOUR, strict=True))
        tile = np.array([values[letter] for letter in encoding[6:10]]).reshape(2, 2)
        pixels = np.tile(tile, (HEIGHT // 2, WIDTH // 2))
    elif encoding in ("yuv422", "uyvy", "yuv422_yuy2", "yuyv"):
        one = np.full((1, 1, 3), COLOUR, np.uint8)
        luma, v, u = map(float, cv2.cvtColor(one, cv2.COLOR_RGB2YCrCb)[0, 0])
        # ITU-R BT.601 with 16 to 235, as cameras send it.
        luma, u, v = 16 + luma * 219 / 255, 128 + (u - 128) * 0.88, 128 + (v - 128) * 0.88
        pair = (u, luma, v, luma) if encoding in ("yuv422", "uyvy") else (luma, u, luma, v)
        pixels = np.tile(np.round(pair), (HEIGHT, WIDTH // 2))
    elif encoding == "mono16":
        pixels = np.full((HEIGHT, WIDTH), 90)
    else:
        order = [{"r": red, "g": green, "b": blue, "a": 255}[x] for x in encoding.rstrip("168")]
        pixels = np.tile(order, (HEIGHT, WIDTH, 1))
    return pixels.astype(np.uint16) * 257 if encoding.endswith("16") else pixels.astype(np.uint8)


@without_bridge
@pytest.mark.parametrize("encoding", sorted(UNUSUAL))
def test_without_cv_bridge_its_package_is_named(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROS_DISTRO", "jazzy")
    with pytest.raises(FrameError, match="sudo apt install ros-jazzy-cv-bridge") as caught:
        frame_from_image(message(encoding))
    assert repr(encoding) in str(caught.value)
    monkeypatch.delenv("ROS_DISTRO")
    assert "ros-$ROS_DISTRO-cv-bridge" in encoding_problem(encoding)


def test_what_nothing_reads_is_not_blamed_on_a_package() -> None:
    for encoding in ("32FC1", "nonsense", ""):
        assert "it must be one of" in encoding_problem(encoding)
        assert "cv_bridge" not in encoding_problem(encoding)
    assert encoding_problem("bgr8") == ""


@with_bridge
@pytest.mark.parametrize("encoding", sorted(UNUSUAL))
@pytest.mark.parametrize("padding", [0, 6])
def test_the_real_cv_bridge_reads_colours(encoding: str, padding: int) -> None:
    frame = frame_from_image(message(encoding, padding))
    assert frame.encoding == "bgr8"
    assert frame.pixels.shape == (HEIGHT, WIDTH, 3)
    expected = (90, 90, 90) if encoding == "mono16" else COLOUR[::-1]
    inner = frame.pixels[2:-2, 2:-2].astype(int)
    assert np.abs(inner - expected).max() <= 4


@with_bridge
@pytest.mark.parametrize("encoding", ["bgr16", "mono16", "bayer_rggb16"])
def test_the_real_cv_bridge_gets_the_bytes_in_order(encoding: str) -> None:
    small, big = (frame_from_image(message(encoding, 2, big)).pixels for big in (False, True))
    assert np.array_equal(small, big)


class StandIn(ModuleType):
    """What ``cv_bridge`` is seen as from here: it keeps what it is given."""

    def __init__(self, answer: Any) -> None:
        super().__init__("cv_bridge")
        self.given: list[Any] = []
        stand_in = self

        class CvBridge:
            def imgmsg_to_cv2(self, image: Any, desired_encoding: str) -> Any:
                stand_in.given.append((image, desired_encoding))
                if isinstance(answer, Exception):
                    raise answer
                return answer

        self.CvBridge = CvBridge


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    def install(answer: Any) -> StandIn:
        module = StandIn(answer)
        monkeypatch.setitem(sys.modules, "cv_bridge", module)
        monkeypatch.setattr(image_message, "find_spec", lambda name: object())
        return module

    image_message._bridge.cache_clear()
    yield install
    image_message._bridge.cache_clear()


@pytest.mark.parametrize("big", [False, True])
def test_cv_bridge_is_given_rows_without_padding_in_native_order(stand_in: Any, big: bool) -> None:
    module = stand_in(np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    frame = frame_from_image(message("rgb16", padding=4, big=big))
    assert frame.pixels.shape == (HEIGHT, WIDTH, 3)
    ((given, wanted),) = module.given
    assert wanted == "bgr8"
    assert (given.height, given.width, given.step) == (HEIGHT, WIDTH, 6 * WIDTH)
    assert given.is_bigendian == (sys.byteorder == "big")
    pixels = given.data.view(np.uint16).reshape(HEIGHT, WIDTH, 3)
    assert (pixels == np.array(COLOUR) * 257).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"width": 0}, "width is 0"),
        ({"step": 7}, "step is 7"),
        ({"data": b""}, "data is 0 bytes"),
        ({"height": HEIGHT + 1}, "data is 48 bytes"),
    ],
)
def test_what_does_not_fit_never_reaches_cv_bridge(
    changes: dict[str, Any], words: str, stand_in: Any
) -> None:
    module = stand_in(None)
    with pytest.raises(FrameError, match=words):
        frame_from_image(replace(message("bayer_rggb8"), **changes))
    assert not module.given


@pytest.mark.parametrize("error", [TypeError("unknown [yuyv]"), RuntimeError("built for NumPy 1")])
def test_what_cv_bridge_raises_refuses_the_frame(error: Exception, stand_in: Any) -> None:
    stand_in(error)
    with pytest.raises(FrameError, match="encoding is 'yuyv'; cv_bridge cannot read it: "):
        frame_from_image(message("yuyv"))
