# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.dataset import DatasetInfo, write_info, write_pair
from unet_perception.errors import DatasetError, LabelSetError
from unet_perception.labels import load_label_set
from unet_perception.playback.source import Ahead, FolderSource, Schedule, StreetSource

OLD = load_label_set("carla-0.8")
NEW = load_label_set("carla-0.9.14")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(4):
        rgb = np.full((6, 8, 3), number, np.uint8)
        write_pair(tmp_path, f"{number:06d}", rgb, np.full((6, 8), number + 1, np.uint8))
    return tmp_path


def numbers(source: FolderSource, count: int) -> list[int | None]:
    frames = [source.frame(index) for index in range(count)]
    return [None if frame is None else int(frame.rgb[0, 0, 0]) for frame in frames]


def test_a_folder_is_played_in_order_and_again(folder: Path) -> None:
    source = FolderSource(folder, "auto", True, OLD)
    assert numbers(source, 6) == [0, 1, 2, 3, 0, 1]
    frame = source.frame(2)
    assert frame is not None
    assert frame.rgb.shape == (6, 8, 3)
    assert (frame.ids == 3).all()


def test_a_folder_ends_without_loop(folder: Path) -> None:
    assert numbers(FolderSource(folder, "auto", False, OLD), 6) == [0, 1, 2, 3, None, None]


def test_auto_takes_val_where_there_is_one(folder: Path) -> None:
    (folder / "val.txt").write_text("000001\n000003\n")
    assert numbers(FolderSource(folder, "auto", False, OLD), 3) == [1, 3, None]
    assert numbers(FolderSource(folder, "all", False, OLD), 3) == [0, 1, 2]
    assert numbers(FolderSource(folder, "val", False, OLD), 3) == [1, 3, None]
    with pytest.raises(DatasetError, match="train"):
        FolderSource(folder, "train", False, OLD)


def test_ids_are_mapped_from_the_label_set_of_the_folder(folder: Path) -> None:
    write_info(folder, DatasetInfo("carla-0.9.14"))
    frame = FolderSource(folder, "auto", True, OLD).frame(0)
    assert frame is not None
    assert NEW.by_id(1).name == "Roads"
    assert (frame.ids == OLD.by_name("Roads").id).all()


def test_a_pair_of_two_sizes_is_refused(tmp_path: Path) -> None:
    write_pair(tmp_path, "0", np.zeros((6, 8, 3), np.uint8), np.zeros((6, 8), np.uint8))
    write_pair(tmp_path / "b", "0", np.zeros((4, 8, 3), np.uint8), np.zeros((4, 8), np.uint8))
    (tmp_path / "b/CameraMask/0.png").replace(tmp_path / "CameraMask/0.png")
    with pytest.raises(DatasetError, match="8x6.*8x4"):
        FolderSource(tmp_path, "auto", True, OLD).frame(0)


def test_the_street_is_given_in_the_label_set_that_is_asked_for() -> None:
    old = StreetSource(1, 20.0, "ClearNoon", OLD).frame(0)
    new = StreetSource(1, 20.0, "ClearNoon", NEW).frame(0)
    assert old.rgb.shape == (600, 800, 3)
    assert old.ids.shape == (600, 800)
    assert np.array_equal(old.rgb, new.rgb)
    assert set(np.unique(old.ids)) <= {*OLD.ids, 255}
    road = new.ids == NEW.by_name("Roads").id
    assert road.any()
    assert (old.ids[road] == OLD.by_name("Roads").id).all()


def test_a_label_set_without_a_map_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "mine.yaml"
    other.write_text("{name: mine, classes: [{id: 0, name: thing, color: [1, 2, 3]}]}")
    with pytest.raises(LabelSetError):
        StreetSource(1, 20.0, "", load_label_set(other))


def test_ticks_on_time_are_evenly_spaced() -> None:
    schedule = Schedule(20.0, 100.0)
    ticks = [schedule.next(100.0 + number / 20 + 0.003) for number in range(-1, 99)]
    assert ticks == pytest.approx([100.0 + number / 20 for number in range(100)])


def test_late_ticks_are_skipped_not_bunched() -> None:
    schedule = Schedule(10.0, 0.0)
    assert schedule.next(0.0) == 0.0
    assert schedule.next(0.35) == pytest.approx(0.4)
    assert schedule.next(0.41) == pytest.approx(0.5)


@given(
    st.floats(0.1, 240.0),
    st.floats(-1e6, 1e6),
    st.lists(st.floats(0.0, 3.0), min_size=1, max_size=30),
)
def test_ticks_lie_on_the_grid_ahead(rate: float, start: float, busy: list[float]) -> None:
    schedule = Schedule(rate, start)
    now, last = start, -1
    for duration in busy:
        tick = schedule.next(now)
        assert tick >= now - 1e-5 / rate - 1e-8
        number = (tick - start) * rate
        assert number == pytest.approx(round(number), abs=1e-4)
        assert round(number) > last
        last = round(number)
        now = max(now, tick) + duration


def test_items_are_made_ahead_but_not_too_many() -> None:
    made: list[int] = []

    def make(index: int) -> int | None:
        made.append(index)
        return index if index < 8 else None

    ahead = Ahead(make, 2)
    time.sleep(0.3)
    assert len(made) <= 3
    assert [ahead.take() for _ in range(9)] == [*range(8), None]
    ahead.close()


def test_a_failure_is_raised_where_the_item_is_taken() -> None:
    def make(index: int) -> int:
        if index == 1:
            raise DatasetError("no such picture")
        return index

    ahead = Ahead(make, 2)
    assert ahead.take() == 0
    with pytest.raises(DatasetError, match="no such picture"):
        ahead.take()
    ahead.close()


def test_close_ends_a_waiting_take_and_the_thread() -> None:
    before = threading.active_count()
    release = threading.Event()

    def make(index: int) -> int:
        release.wait(5)
        return index

    ahead = Ahead(make, 2)
    closer = threading.Timer(0.05, ahead.close)
    closer.start()
    threading.Timer(0.2, release.set).start()
    ahead.take()
    closer.join()
    time.sleep(0.2)
    assert threading.active_count() == before
