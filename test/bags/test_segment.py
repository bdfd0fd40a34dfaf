# SPDX-License-Identifier: Apache-2.0
"""Bags in, bags with masks out: everything that was there, and what the segmenter says."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from color_engine import color_segmenter, picture
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("rosbags", reason="rosbags is not installed")

from recorded_bag import (
    IMAGE,
    STRING,
    TYPES,
    WHEEL,
    Contents,
    Recorded,
    compressed,
    image,
    read_bag,
    record,
    text,
    wheel,
    write_bag,
)
from rosbags.interfaces import QosDurability, QosReliability

from unet_perception.bags.segment import Done, segment_bag
from unet_perception.bags.source import BagSource
from unet_perception.bags.topics import choose_topics
from unet_perception.errors import DatasetError, UnetPerceptionError
from unet_perception.imaging import Frame, decode_compressed, overlay
from unet_perception.labels import LabelSet

STORAGES = ("sqlite3", "mcap")
START = 1_700_000_000_123_456_789
"""The bag's own clock, far from that of the pictures' stamps."""


def rgb(number: int) -> np.ndarray:
    ids = np.random.default_rng(number).integers(0, 13, (24, 32), dtype=np.uint8)
    return picture(np.repeat(np.repeat(ids, 2, axis=0), 2, axis=1))


def segment(bag: Path, out: Path, *topics: str, overlays: bool = False) -> Done:
    with BagSource(bag) as source:
        return segment_bag(color_segmenter(), source, choose_topics(source, topics), out, overlays)


def masks(contents: Contents, topic: str) -> list[np.ndarray]:
    return [
        message.data.reshape(message.height, message.width) for _, message in contents.of(topic)
    ]


def own_messages(contents: Contents, *new: str) -> list[Recorded]:
    return [one for one in contents.messages if one.topic not in new]


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
def test_a_picture_that_cannot_be_read_is_counted_and_named(storage: str, tmp_path: Path) -> None:
    cut = record("/cam/image", START + 20, image(rgb(2), "rgb8", 2))
    recorded = [
        record("/cam/image", START, image(rgb(0), "rgb8", 0)),
        record("/cam/image", START + 10, image(rgb(1), "rgb8", 1, step=3)),
        Recorded(cut.topic, cut.type_name, cut.time, cut.data[:500]),
        record("/cam/image", START + 30, image(rgb(3), "rgb8", 3)),
    ]
    done = segment(write_bag(tmp_path / "in", storage, recorded), tmp_path / "out")
    (result,) = done.topics
    assert (result.masks, result.unreadable) == (2, 2)
    assert "1700000000.123456799 s: step is 3" in result.named[0]
    assert "500 bytes are no sensor_msgs/msg/Image" in result.named[1]
    contents = read_bag(tmp_path / "out")
    assert own_messages(contents, "/cam/mask", "/cam/labels") == recorded
    assert [time for time, _ in contents.of("/cam/mask")] == [START, START + 30]


def test_a_topic_without_a_readable_picture_is_an_error(tmp_path: Path) -> None:
    recorded = [record("/cam/image", START, image(rgb(0), "rgb8", 0, height=0))]
    bag = write_bag(tmp_path / "in", "mcap", recorded)
    with pytest.raises(DatasetError, match="none of the 1 pictures of /cam/image can be read"):
        segment(bag, tmp_path / "out")
    assert not list(tmp_path.glob("out*"))


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


@pytest.mark.parametrize(
    ("storage", "compression"),
    [
        *((storage, mode) for storage in STORAGES for mode in ("message", "file")),
        ("mcap", "storage"),
        ("mcap", ""),
    ],
)
def test_compression_is_kept(storage: str, compression: str, tmp_path: Path) -> None:
    recorded = [record("/cam/image", START, image(rgb(0), "rgb8", 0))]
    bag = write_bag(tmp_path / "in", storage, recorded, compression=compression)
    segment(bag, tmp_path / "out")
    contents = read_bag(tmp_path / "out")
    assert own_messages(contents, "/cam/mask", "/cam/labels") == recorded
    assert np.array_equal(masks(contents, "/cam/mask")[0], rgb(0)[..., 0])
    with BagSource(tmp_path / "out") as source:
        assert (source.storage, source.compression) == (storage, compression)


def test_notes_of_whoever_recorded_are_kept(tmp_path: Path) -> None:
    recorded = [record("/cam/image", START, image(rgb(0), "rgb8", 0))]
    bag = write_bag(tmp_path / "in", "mcap", recorded)
    metadata = bag / "metadata.yaml"
    metadata.write_text(
        metadata.read_text().replace("custom_data: null", "custom_data: {car: '7'}")
    )
    segment(bag, tmp_path / "out")
    with BagSource(tmp_path / "out") as source:
        assert source.custom == {"car": "7"}


def test_a_bag_of_humble_which_defines_no_types(tmp_path: Path) -> None:
    """As rosbag2 of Humble writes it: metadata of version 5, tables without definitions."""
    recorded = [
        record("/cam/image", START, image(rgb(0), "rgb8", 0)),
        record("/speed", START + 1, wheel(2.0)),
    ]
    bag = tmp_path / "in"
    bag.mkdir()
    with sqlite3.connect(bag / "in_0.db3") as database:
        database.executescript(
            "CREATE TABLE schema(schema_version INTEGER PRIMARY KEY, ros_distro TEXT NOT NULL);"
            "CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,"
            " serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL);"
            "CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL,"
            " timestamp INTEGER NOT NULL, data BLOB NOT NULL);"
            "CREATE INDEX timestamp_idx ON messages (timestamp ASC);"
            "INSERT INTO schema VALUES (3, 'humble');"
        )
        for number, one in enumerate(recorded, start=1):
            database.execute(
                "INSERT INTO topics VALUES (?, ?, ?, 'cdr', '')", (number, one.topic, one.type_name)
            )
            database.execute(
                "INSERT INTO messages (topic_id, timestamp, data) VALUES (?, ?, ?)",
                (number, one.time, one.data),
            )
    database.close()
    topics = [
        {
            "topic_metadata": {
                "name": one.topic,
                "type": one.type_name,
                "serialization_format": "cdr",
                "offered_qos_profiles": "",
            },
            "message_count": 1,
        }
        for one in recorded
    ]
    information: dict[str, Any] = {
        "version": 5,
        "storage_identifier": "sqlite3",
        "duration": {"nanoseconds": 1},
        "starting_time": {"nanoseconds_since_epoch": START},
        "message_count": 2,
        "topics_with_message_count": topics,
        "compression_format": "",
        "compression_mode": "",
        "relative_file_paths": ["in_0.db3"],
    }
    (bag / "metadata.yaml").write_text(yaml.safe_dump({"rosbag2_bagfile_information": information}))
    done = segment(bag, tmp_path / "out")
    assert WHEEL in done.notes[0]
    contents = read_bag(tmp_path / "out")
    assert own_messages(contents, "/cam/mask", "/cam/labels") == recorded
    assert contents.of("/speed")[0][1].turns == 2.0


def test_qos_of_what_was_there_is_kept(tmp_path: Path) -> None:
    recorded = [
        record("/cam/image", START, image(rgb(0), "rgb8", 0)),
        record("/cam/image", START + 1, image(rgb(1), "rgb8", 1)),
    ]
    first = write_bag(tmp_path / "in", "sqlite3", recorded)
    segment(first, tmp_path / "out")
    # Once more: the first masks' topics are topics like any other now.
    segment(tmp_path / "out", tmp_path / "again")
    again = read_bag(tmp_path / "again")
    assert again.qos["/cam/labels"] == read_bag(tmp_path / "out").qos["/cam/labels"]
    assert [mask.tolist() for mask in masks(again, "/cam/image/mask")] == [
        mask.tolist() for mask in masks(again, "/cam/mask")
    ]


def test_the_definition_of_every_type_is_kept(tmp_path: Path) -> None:
    recorded = [
        record("/cam/image", START, image(rgb(0), "rgb8", 0)),
        record("/speed", START + 1, wheel(2.0)),
    ]
    segment(write_bag(tmp_path / "in", "mcap", recorded), tmp_path / "out")
    with BagSource(tmp_path / "out") as source:
        for connection in source.connections:
            assert connection.msgdef.data == TYPES.generate_msgdef(connection.msgtype, 2)[0]
            assert connection.digest == TYPES.hash_rihs01(connection.msgtype)


def test_progress_and_a_stop_that_leaves_nothing(tmp_path: Path) -> None:
    recorded = [record("/cam/image", START + n, image(rgb(n), "rgb8", n)) for n in range(5)]
    bag = write_bag(tmp_path / "in", "sqlite3", recorded)
    told: list[tuple[int, int]] = []

    def watch(done: int, total: int) -> None:
        told.append((done, total))
        if done == 3:
            raise KeyboardInterrupt

    with BagSource(bag) as source, pytest.raises(KeyboardInterrupt):
        segment_bag(color_segmenter(), source, choose_topics(source), tmp_path / "out", watch=watch)
    assert told == [(1, 5), (2, 5), (3, 5)]
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("storage", STORAGES)
def test_a_bag_that_was_cut_off_is_refused(storage: str, tmp_path: Path) -> None:
    recorded = [record("/cam/image", START + n, image(rgb(n), "rgb8", n)) for n in range(30)]
    bag = write_bag(tmp_path / "in", storage, recorded)
    (file,) = [path for path in bag.iterdir() if path.name != "metadata.yaml"]
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(DatasetError, match="cannot be read as a bag"):
        segment(bag, tmp_path / "out")
    assert not list(tmp_path.glob("out*"))


@settings(max_examples=15)
@given(st.data())
@pytest.mark.parametrize("storage", STORAGES)
def test_damage_never_raises_anything_else(
    storage: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    recorded = [record("/cam/image", START + n, image(rgb(n), "rgb8", n)) for n in range(2)]
    bag = write_bag(folder / "in", storage, recorded)
    (file,) = [path for path in bag.iterdir() if path.name != "metadata.yaml"]
    damaged = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    file.write_bytes(damaged)
    problem = ""
    try:
        segment(bag, folder / "out")
    except UnetPerceptionError as error:
        problem = str(error)
    assert "\n" not in problem
    assert (folder / "out").is_dir() == (not problem)
