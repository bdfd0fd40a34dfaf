# SPDX-License-Identifier: Apache-2.0
"""Camera messages in, masks out: pixels and headers."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from harness.camera import pixels, stamp
from sensor_msgs.msg import CompressedImage, Image

ENCODINGS = ("bgra8", "rgba8", "bgr8", "rgb8", "mono8")


def test_every_encoding_with_padded_rows_gives_the_mask_of_its_pixels(
    peer: Any, model: Any, camera: Any
) -> None:
    node = peer.perception(model)
    masks = peer.subscribe(Image, "/perception/mask")
    images = peer.publisher(Image, "/image")
    peer.wait_for_reader("/image", reliable=True)
    for number, encoding in enumerate(ENCODINGS):
        for padding in (0, 5, 64):
            at = number * 100 + padding
            rgb = camera.rgb(number)
            images.publish(camera.message(rgb, encoding, padding, stamp=at))
            mask = masks.wait(lambda m, at=at: stamp(m) == at)
            if encoding == "mono8":
                expected = camera.mask(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), "mono8")
            else:
                expected = camera.mask(rgb)
            assert mask.encoding == "mono8"
            assert len(np.unique(expected)) > 1
            assert np.array_equal(pixels(mask), expected), (encoding, padding)
    assert node.stop() == 0


def test_the_mask_has_the_size_of_each_frame(peer: Any, model: Any, camera: Any) -> None:
    peer.perception(model)
    masks = peer.subscribe(Image, "/perception/mask")
    images = peer.publisher(Image, "/image")
    peer.wait_for_reader("/image", reliable=True)
    for at, (height, width) in enumerate(((600, 800), (48, 64), (1, 1), (7, 3), (1080, 1920))):
        rgb = camera.rgb(at, height, width)
        images.publish(camera.message(rgb, "bgra8", stamp=at))
        mask = masks.wait(lambda m, at=at: stamp(m) == at)
        assert (mask.height, mask.width, mask.step) == (height, width, width)
        assert np.array_equal(pixels(mask), camera.mask(rgb))


@pytest.mark.parametrize(
    ("suffix", "format_"), [(".jpg", "bgra8; jpeg compressed bgr8"), (".png", "png")]
)
def test_compressed_images_are_read(
    peer: Any, model: Any, camera: Any, suffix: str, format_: str
) -> None:
    peer.perception(model, "-r", "image:=/cam/image/compressed")
    masks = peer.subscribe(Image, "/perception/mask")
    images = peer.publisher(CompressedImage, "/cam/image/compressed")
    peer.wait_for_reader("/cam/image/compressed", reliable=True)
    data = cv2.imencode(suffix, camera.rgb(1)[..., ::-1])[1].tobytes()
    message = CompressedImage(format=format_, data=data)
    message.header.stamp.sec = 9
    images.publish(message)
    mask = masks.wait()
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert stamp(mask) == 9
    assert np.array_equal(pixels(mask), camera.mask(np.ascontiguousarray(decoded)))


def test_the_header_is_the_cameras(peer: Any, model: Any, camera: Any) -> None:
    peer.perception(model)
    kinds = ("mask", "overlay", "color_mask")
    boxes = [peer.subscribe(Image, f"/perception/{kind}") for kind in kinds]
    images = peer.publisher(Image, "/image")
    peer.wait_for_reader("/image", reliable=True)
    headers = [
        (0, 0, ""),
        (1, 999_999_999, "ego_vehicle/rgb_front"),
        (2**31 - 1, 123_456_789, "Kamera vörne / left \n 前"),
        (-1, 1, " padded "),
        (5, 2**32 - 1, "x" * 300),
    ]
    for number, (seconds, nanoseconds, frame_id) in enumerate(headers):
        message = camera.message(camera.rgb(number))
        message.header.stamp.sec = seconds
        message.header.stamp.nanosec = nanoseconds
        message.header.frame_id = frame_id
        images.publish(message)
        for box in boxes:
            box.wait(lambda m, header=message.header: m.header == header)
