# SPDX-License-Identifier: Apache-2.0
"""Bags in, bags with masks out: what the segmenter says, beside each picture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from color_engine import color_segmenter

pytest.importorskip("rosbags", reason="rosbags is not installed")

from recorded_bag import (
    IMAGE,
    STRING,
    compressed,
    image,
    read_bag,
    record,
    text,
    wheel,
    write_bag,
)
from rosbags.interfaces import QosDurability, QosReliability
from segmented_bag import START, STORAGES, masks, own_messages, rgb, segment

from unet_perception.imaging import Frame, decode_compressed, overlay
from unet_perception.labels import LabelSet


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("encoding", ["bgra8", "rgba8", "bgr8", "rgb8", "mono8"])
def test_masks_stand_beside_their_pictures(storage: str, encoding: str, tmp_path: Path) -> None:
    recorded = []
    for number in range(4):
        time = START + number * 50_000_000
        message = image(rgb(number), encoding, number * 1000, padding=5 * (number % 2))
        recorded.append(record("/cam/image", time, message))
        recorded.append(record("/speed", time + 3, wheel(0.5 * number)))
        recorded.append(record("/note", time + 3, text(f"frame {number}")))
    bag = write_bag(tmp_path / "in", storage, recorded)
    done = segment(bag, tmp_path / "out", "/cam/image")
    contents = read_bag(tmp_path / "out")

    assert own_messages(contents, "/cam/mask", "/cam/labels") == recorded
    assert done.messages == len(recorded)
    assert not done.notes
    segmenter = color_segmenter()
    found = contents.of("/cam/mask")
    assert len(found) == 4
    for number, (time, mask) in enumerate(found):
        source = contents.of("/cam/image")[number][1]
        assert time == START + number * 50_000_000
        assert mask.header == source.header
        assert (mask.encoding, mask.height, mask.width, mask.step) == ("mono8", 48, 64, 64)
        frame = Frame(_pixels(source.data.reshape(48, source.step), encoding), encoding)
        expected = segmenter.segment(frame).mask
        assert np.array_equal(mask.data.reshape(48, 64), expected)
    if encoding != "mono8":
        assert np.array_equal(masks(contents, "/cam/mask")[3], rgb(3)[..., 0])


def _pixels(rows: np.ndarray, encoding: str) -> np.ndarray:
    channels = {"mono8": 1, "rgb8": 3, "bgr8": 3}.get(encoding, 4)
    pixels = rows[:, : 64 * channels].reshape(48, 64, channels)
    return np.ascontiguousarray(pixels[..., 0] if channels == 1 else pixels)


@pytest.mark.parametrize("storage", STORAGES)
def test_labels_are_latched_and_come_first(storage: str, tmp_path: Path) -> None:
    bag = write_bag(
        tmp_path / "in",
        storage,
        [
            record("/note", START, text("")),
            record("/cam/image", START + 5, image(rgb(1), "rgb8", 0)),
        ],
    )
    segment(bag, tmp_path / "out")
    contents = read_bag(tmp_path / "out")
    ((time, labels),) = contents.of("/cam/labels")
    assert time == START
    assert LabelSet.from_dict(json.loads(labels.data)) == color_segmenter().label_set
    (qos,) = contents.qos["/cam/labels"]
    assert (qos.durability, qos.reliability) == (
        QosDurability.TRANSIENT_LOCAL,
        QosReliability.RELIABLE,
    )
    (qos,) = contents.qos["/cam/mask"]
    assert qos.durability == QosDurability.VOLATILE
    assert contents.types["/cam/mask"] == IMAGE
    assert contents.types["/cam/labels"] == STRING


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize(
    ("suffix", "format_"), [(".jpg", "jpeg"), (".png", "rgb8; png compressed bgr8")]
)
def test_compressed_pictures(storage: str, suffix: str, format_: str, tmp_path: Path) -> None:
    message = compressed(rgb(2), suffix, 7, format_)
    bag = write_bag(tmp_path / "in", storage, [record("/cam/image/compressed", START, message)])
    segment(bag, tmp_path / "out", overlays=True)
    contents = read_bag(tmp_path / "out")
    frame = decode_compressed(message.data, format_)
    result = color_segmenter().segment(frame)
    assert np.array_equal(masks(contents, "/cam/mask")[0], result.mask)
    ((_, drawn),) = contents.of("/cam/overlay")
    expected = overlay(frame, result.ids, color_segmenter().label_set.palette, 0.5)
    assert drawn.encoding == "rgb8"
    assert drawn.header == message.header
    assert np.array_equal(drawn.data.reshape(48, 64, 3), expected)


@pytest.mark.parametrize("storage", STORAGES)
def test_several_cameras_of_different_sizes(storage: str, tmp_path: Path) -> None:
    recorded = []
    for number in range(3):
        recorded.append(record("/front/image", START + number, image(rgb(number), "bgr8", number)))
        small = rgb(number)[:24, :32]
        recorded.append(record("/rear/image", START + number, image(small, "rgb8", number)))
    done = segment(write_bag(tmp_path / "in", storage, recorded), tmp_path / "out")
    contents = read_bag(tmp_path / "out")
    assert [(one.topic.mask, one.masks) for one in done.topics] == [
        ("/front/mask", 3),
        ("/rear/mask", 3),
    ]
    assert {mask.shape for mask in masks(contents, "/rear/mask")} == {(24, 32)}
    assert np.array_equal(masks(contents, "/front/mask")[2], rgb(2)[..., 0])


@pytest.mark.parametrize("storage", STORAGES)
def test_a_file_without_its_folder(storage: str, tmp_path: Path) -> None:
    recorded = [
        record("/cam/image", START, image(rgb(0), "rgb8", 0)),
        record("/speed", START + 1, wheel(2.0)),
    ]
    (file,) = [
        path
        for path in write_bag(tmp_path / "in", storage, recorded).iterdir()
        if path.name != "metadata.yaml"
    ]
    segment(file, tmp_path / "out")
    contents = read_bag(tmp_path / "out")
    assert own_messages(contents, "/cam/mask", "/cam/labels") == recorded
    assert len(contents.of("/cam/mask")) == 1
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".yaml", file.suffix}
