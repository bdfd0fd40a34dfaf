# SPDX-License-Identifier: Apache-2.0
"""Convert, subsample and merge: nothing lost, nothing mixed up, and verify finds nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_pairs import record

from unet_perception.dataset import (
    DatasetInfo,
    list_pairs,
    read_image,
    read_info,
    read_mask,
    write_info,
    write_pair,
)
from unet_perception.dataset.folder import Folder, read_folder
from unet_perception.dataset.manifest import read_manifest
from unet_perception.dataset.png import encode_picture
from unet_perception.dataset.transform import apart, convert, evenly, every, merge, subsample
from unet_perception.dataset.verify import verify
from unet_perception.errors import ConfigError, DatasetError
from unet_perception.labels import label_map, load_label_set

NEW, OLD = load_label_set("carla-0.9.14"), load_label_set("carla-0.8")


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Ten recorded pairs in carla-0.9.14, the last three for validation."""
    root = tmp_path / "recorded"
    record(root, range(10))
    (root / "train.txt").write_text("".join(f"{i:06d}\n" for i in range(7)))
    (root / "val.txt").write_text("".join(f"{i:06d}\n" for i in range(7, 10)))
    return root


def plain(root: Path, names: list[str], label_set: str = "carla-0.8", first: int = 0) -> Folder:
    """Pairs whose pixels are ``first``, ``first + 1``, ..."""
    for i, name in enumerate(names, start=first):
        ids = np.full((4, 6), i % 13, np.uint8)
        write_pair(root, name, np.full((4, 6, 3), i, np.uint8), ids)
    write_info(root, DatasetInfo(label_set))
    return read_folder(root)


def shades(root: Path) -> list[int]:
    return [int(read_image(pair.image)[0, 0, 0]) for pair in list_pairs(root)]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), back=st.booleans())
def test_converting_keeps_the_pixels_of_each_merged_class(
    seed: int, back: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    source, target = (OLD, NEW) if back else (NEW, OLD)
    root = tmp_path_factory.mktemp("convert")
    ids = np.random.default_rng(seed).choice([*source.ids, 255], (13, 17)).astype(np.uint8)
    write_pair(root / "in", "a", np.zeros((13, 17, 3), np.uint8), ids)
    write_info(root / "in", DatasetInfo(source.name))
    convert(read_folder(root / "in"), target).write(root / "out")
    expected: Counter[int] = Counter({255: int((ids == 255).sum())})
    for before, after in label_map(source, target).pairs:
        expected[after.id] += int((ids == before.id).sum())
    there = read_mask(root / "out" / "CameraMask" / "a.png")
    assert +expected == Counter(there.reshape(-1).tolist())
    assert verify(root / "out").findings == []


def test_a_converted_recording_has_its_manifest_lists_and_story(
    recorded: Path, tmp_path: Path
) -> None:
    new = convert(read_folder(recorded), OLD)
    assert "lost" in new.notes[0]
    new.write(tmp_path / "out")
    assert verify(tmp_path / "out").findings == []
    info = read_info(tmp_path / "out")
    before = read_info(recorded)
    assert info is not None
    assert before is not None
    assert (info.label_set, info.cameras) == ("carla-0.8", before.cameras)
    assert "converted from carla-0.9.14" in info.source
    assert (tmp_path / "out" / "val.txt").read_text() == (recorded / "val.txt").read_text()
    for old, entry in zip(read_manifest(recorded), read_manifest(tmp_path / "out"), strict=True):
        assert (
            entry.files["CameraRGB/" + entry.name + ".png"]
            == old.files["CameraRGB/" + entry.name + ".png"]
        )
        same = replace(entry, histogram=old.histogram, files=old.files)
        assert same == old
        assert sum(entry.histogram.values()) == sum(old.histogram.values())


def test_further_views_and_instances_are_converted_too(tmp_path: Path) -> None:
    plain(tmp_path / "in", ["a"], "carla-0.9.14")
    for folder in ("CameraRGB_left", "CameraMask_left", "CameraInstance"):
        (tmp_path / "in" / folder).mkdir()
    ids = np.full((4, 6), NEW.by_name("Car").id, np.uint8)
    cv2.imwrite(str(tmp_path / "in" / "CameraRGB_left" / "a.png"), cv2.merge([ids, ids, ids]))
    cv2.imwrite(str(tmp_path / "in" / "CameraMask_left" / "a.png"), ids)
    instance = cv2.merge([ids + 90, ids + 50, ids])
    (tmp_path / "in" / "CameraInstance" / "a.png").write_bytes(encode_picture(instance))
    convert(read_folder(tmp_path / "in"), OLD).write(tmp_path / "out")
    car = OLD.by_name("Vehicles").id
    assert (read_mask(tmp_path / "out" / "CameraMask_left" / "a.png") == car).all()
    rgb = read_image(tmp_path / "out" / "CameraInstance" / "a.png")
    assert rgb[0, 0].tolist() == [car, ids[0, 0] + 50, ids[0, 0] + 90]
    picture = tmp_path / "out" / "CameraRGB_left" / "a.png"
    assert (read_image(picture) == ids[0, 0]).all()


def test_what_cannot_be_converted_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    folder = plain(tmp_path / "in", ["a", "b"])
    with pytest.raises(DatasetError, match="already"):
        convert(folder, OLD)
    with pytest.raises(DatasetError, match="--label-set"):
        convert(replace(folder, label_set=None, info=None), NEW)
    cv2.imwrite(str(tmp_path / "in" / "CameraMask" / "b.png"), np.full((4, 6), 77, np.uint8))
    with pytest.raises(DatasetError, match=r"b\.png: has id 77"):
        convert(folder, NEW).write(tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_damage_is_not_given_a_new_sum(recorded: Path, tmp_path: Path) -> None:
    ids = np.zeros((48, 64), np.uint8)
    write_pair(recorded, "000003", np.zeros((48, 64, 3), np.uint8), ids)
    folder = read_folder(recorded)
    with pytest.raises(DatasetError, match=r"CameraMask/000003\.png: was changed"):
        convert(folder, OLD).write(tmp_path / "converted")
    subsample(folder, every(folder, 1)).write(tmp_path / "copied")
    assert {finding.kind for finding in verify(tmp_path / "copied").findings} == {
        "sum",
        "manifest",
    }


def test_linked_pictures_are_the_same_file(recorded: Path, tmp_path: Path) -> None:
    convert(read_folder(recorded), OLD).write(tmp_path / "out", link=True)
    for folder, same in (("CameraRGB", True), ("CameraMask", False)):
        name = f"{folder}/000000.png"
        assert (tmp_path / "out" / name).samefile(recorded / name) is same
    assert verify(recorded).findings == []


@settings(max_examples=25, deadline=None)
@given(total=st.integers(1, 9), data=st.data())
def test_subsampling_keeps_the_order(
    total: int, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("subsample")
    folder = plain(root / "in", [f"{i:06d}" for i in range(total)])
    if data.draw(st.booleans()):
        count = data.draw(st.integers(1, total))
        indices = evenly(folder, count)
        assert len(indices) == count
    else:
        step = data.draw(st.integers(1, 12))
        indices = every(folder, step)
        assert len(indices) == -(-total // step)
    subsample(folder, indices).write(root / "out")
    assert shades(root / "out") == indices == sorted(set(indices))
    assert verify(root / "out").findings == []


def test_a_subsampled_recording_is_numbered_anew_and_keeps_its_splits(
    recorded: Path, tmp_path: Path
) -> None:
    folder = read_folder(recorded)
    subsample(folder, every(folder, 4)).write(tmp_path / "out")
    assert [entry.frame for entry in read_manifest(tmp_path / "out")] == [0, 4, 8]
    assert (tmp_path / "out" / "train.txt").read_text().split() == ["000000", "000001"]
    assert (tmp_path / "out" / "val.txt").read_text().split() == ["000002"]
    assert verify(tmp_path / "out").findings == []
    emptied = subsample(folder, [0, 1])
    assert set(emptied.lists) == {"train"}
    assert "val.txt" in emptied.notes[0]


def test_names_that_are_no_numbers_stay(tmp_path: Path) -> None:
    folder = plain(tmp_path / "in", ["x_1", "x_5", "x_7"])
    subsample(folder, [0, 2]).write(tmp_path / "out")
    assert [pair.name for pair in list_pairs(tmp_path / "out")] == ["x_1", "x_7"]


def test_pairs_are_so_far_apart_in_each_drive(recorded: Path) -> None:
    folder = read_folder(recorded)
    assert folder.entries is not None
    # A drive at 0, 1, 2 ... metres; the last three pairs are of another one.
    entries = [
        replace(entry, pose=(0.0, i, 0.0, 0.0, 0.0, 0.0), set="a" if i < 7 else "b")
        for i, entry in enumerate(folder.entries)
    ]
    assert apart(replace(folder, entries=entries), 2.5) == [0, 3, 6, 7]
    with pytest.raises(DatasetError, match=r"manifest\.jsonl"):
        apart(replace(folder, entries=None), 1.0)


@pytest.mark.parametrize("metres", [0.0, -1.0, float("nan"), float("inf")])
def test_numbers_out_of_range_are_refused(recorded: Path, metres: float) -> None:
    folder = read_folder(recorded)
    with pytest.raises(ConfigError, match="min-distance"):
        apart(folder, metres)
    for count in (0, 11):
        with pytest.raises(ConfigError, match="count is"):
            evenly(folder, count)
    with pytest.raises(ConfigError, match="every is"):
        every(folder, 0)


@settings(max_examples=25, deadline=None)
@given(
    parts=st.lists(
        st.lists(st.sampled_from(["a", "b", "c", "000000", "000001", "000002"]), min_size=1)
        .map(lambda names: sorted(set(names)))
        .filter(lambda names: not all(name.isdigit() for name in names) or names[0] == "000000"),
        min_size=2,
        max_size=3,
    )
)
def test_a_merged_folder_has_every_pair_once_and_verifies(
    parts: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("merge")
    folders, first = [], 0
    for number, names in enumerate(parts):
        folders.append(plain(root / f"in{number}", names, first=first))
        first += len(names)
    merge(folders).write(root / "out")
    there = shades(root / "out")
    assert sorted(there) == list(range(first))
    for pair, shade in zip(list_pairs(root / "out"), there, strict=True):
        assert (read_mask(pair.mask) == shade % 13).all()
    assert verify(root / "out").findings == []


def test_merged_recordings_keep_manifest_splits_and_cameras(recorded: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    record(other, range(20, 24), "b")
    new = merge([read_folder(recorded), read_folder(other)])
    assert any("has no lists" in note for note in new.notes)
    new.write(tmp_path / "out")
    frames = [entry.frame for entry in read_manifest(tmp_path / "out")]
    assert frames == [*range(10), *range(20, 24)]
    info, before = read_info(tmp_path / "out"), read_info(other)
    assert info is not None
    assert before is not None
    assert (info.format, info.cameras) == (1, before.cameras)
    assert (tmp_path / "out" / "val.txt").read_text() == (recorded / "val.txt").read_text()
    assert verify(tmp_path / "out").findings == []


def test_folders_of_two_label_sets_need_a_target(recorded: Path, tmp_path: Path) -> None:
    old = plain(tmp_path / "old", ["000000", "000001"])
    folders = [read_folder(recorded), old]
    with pytest.raises(DatasetError, match="--to"):
        merge(folders)
    new = merge(folders, OLD)
    assert any("carla-0.9.14 -> carla-0.8" in note for note in new.notes)
    assert any("no manifest" in note for note in new.notes)
    new.write(tmp_path / "out")
    info = read_info(tmp_path / "out")
    assert info is not None
    assert info.label_set == "carla-0.8"
    found = verify(tmp_path / "out")
    assert (found.pairs, found.findings) == (12, [])


def test_a_folder_is_not_merged_with_itself(tmp_path: Path) -> None:
    folder = plain(tmp_path / "in", ["a"])
    with pytest.raises(DatasetError, match="twice"):
        merge([folder, folder])


def test_a_folder_that_only_one_has_is_left_out_and_said(tmp_path: Path) -> None:
    one = plain(tmp_path / "one", ["a"])
    (tmp_path / "two" / "CameraDepth").mkdir(parents=True)
    (tmp_path / "two" / "CameraDepth" / "b.png").write_bytes(b"depth")
    two = plain(tmp_path / "two", ["b"])
    new = merge([one, two])
    assert "CameraDepth is left out" in new.notes[0]
    new.write(tmp_path / "out")
    assert not (tmp_path / "out" / "CameraDepth").exists()


def test_only_a_new_or_empty_folder_is_written(tmp_path: Path) -> None:
    folder = plain(tmp_path / "in", ["a"])
    new = subsample(folder, [0])
    taken = tmp_path / "taken"
    taken.mkdir()
    new.write(taken)
    assert verify(taken).findings == []
    before = hashlib.sha256((taken / "CameraRGB" / "a.png").read_bytes()).digest()
    with pytest.raises(DatasetError, match="is there already"):
        new.write(taken)
    assert hashlib.sha256((taken / "CameraRGB" / "a.png").read_bytes()).digest() == before
    with pytest.raises(DatasetError, match="is inside"):
        new.write(tmp_path / "in" / "CameraRGB" / "out")
    (tmp_path / "out.partial").mkdir()
    with pytest.raises(DatasetError, match="killed or is still going on"):
        new.write(tmp_path / "out")


def test_an_interrupted_run_is_no_dataset(tmp_path: Path) -> None:
    folder = plain(tmp_path / "in", ["a", "b", "c"])

    def interrupt(done: int, total: int) -> None:
        assert not (tmp_path / "out").exists()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        subsample(folder, [0, 1, 2]).write(tmp_path / "out", watch=interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
