# SPDX-License-Identifier: Apache-2.0
"""What was in a bag is in the one with masks: compression, notes, types, QoS."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

pytest.importorskip("rosbags", reason="rosbags is not installed")

from recorded_bag import (
    TYPES,
    WHEEL,
    image,
    read_bag,
    record,
    wheel,
    write_bag,
)
from segmented_bag import START, STORAGES, masks, own_messages, rgb, segment

from unet_perception.bags.source import BagSource


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
