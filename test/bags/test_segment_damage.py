# SPDX-License-Identifier: Apache-2.0
"""Bags and pictures that cannot be read, and a stop on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from color_engine import color_segmenter
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("rosbags", reason="rosbags is not installed")

from recorded_bag import (
    Recorded,
    image,
    read_bag,
    record,
    write_bag,
)
from segmented_bag import START, STORAGES, own_messages, rgb, segment

from unet_perception.bags.segment import segment_bag
from unet_perception.bags.source import BagSource
from unet_perception.bags.topics import choose_topics
from unet_perception.errors import DatasetError, UnetPerceptionError


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
