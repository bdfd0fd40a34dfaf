# SPDX-License-Identifier: Apache-2.0
"""Pairs on disk: what is written comes back, what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from unet_perception.dataset import (
    DatasetInfo,
    MaskReader,
    list_pairs,
    list_splits,
    read_image,
    read_info,
    read_mask,
    write_info,
    write_pair,
)
from unet_perception.errors import DatasetError, LabelSetError
from unet_perception.labels import load_label_set


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    for i in range(3):
        rgb = np.full((6, 8, 3), (10 * i, 20, 30), np.uint8)
        write_pair(tmp_path, f"{i:06d}", rgb, np.full((6, 8), i, np.uint8))
    return tmp_path


@given(ids=arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20))))
def test_what_is_written_comes_back(
    ids: np.ndarray, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("pairs")
    rgb = np.stack([ids, ids ^ 255, ids // 2], axis=2)
    write_pair(root, "a", rgb, ids)
    (pair,) = list_pairs(root)
    assert np.array_equal(read_image(pair.image), rgb)
    assert np.array_equal(read_mask(pair.mask), ids)


def test_the_id_is_in_the_red_channel(dataset: Path) -> None:
    bgr = cv2.imread(str(dataset / "CameraMask" / "000002.png"), cv2.IMREAD_UNCHANGED)
    assert (bgr[..., 2] == 2).all()
    assert not bgr[..., :2].any()


def test_a_mask_is_the_maximum_over_channels_but_not_over_alpha(tmp_path: Path) -> None:
    bgra = np.zeros((2, 2, 4), np.uint8)
    bgra[..., 3] = 255
    bgra[0, 0] = (0, 9, 0, 255)
    cv2.imwrite(str(tmp_path / "m.png"), bgra)
    assert read_mask(tmp_path / "m.png").tolist() == [[9, 0], [0, 0]]


def test_a_single_channel_mask_is_taken_as_it_is(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "m.png"), np.array([[1, 2], [3, 254]], np.uint8))
    assert read_mask(tmp_path / "m.png").tolist() == [[1, 2], [3, 254]]


def test_splits_name_the_pairs(dataset: Path) -> None:
    (dataset / "val.txt").write_text("000002\n000000\n")
    assert list_splits(dataset) == ("val",)
    assert [pair.name for pair in list_pairs(dataset, "val")] == ["000000", "000002"]
    assert len(list_pairs(dataset)) == 3


def test_missing_parts_are_named(dataset: Path) -> None:
    with pytest.raises(DatasetError, match=r"test\.txt"):
        list_pairs(dataset, "test")
    (dataset / "val.txt").write_text("000009")
    with pytest.raises(DatasetError, match="000009"):
        list_pairs(dataset, "val")
    (dataset / "val.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match=r"val\.txt: cannot be read"):
        list_pairs(dataset, "val")
    (dataset / "val.txt").write_text("\n")
    with pytest.raises(DatasetError, match=r"has no pairs in val\.txt"):
        list_pairs(dataset, "val")
    (dataset / "val.txt").write_text("000001 000001")
    with pytest.raises(DatasetError, match="twice"):
        list_pairs(dataset, "val")
    (dataset / "CameraMask" / "000001.png").unlink()
    with pytest.raises(DatasetError, match=r"000001\.png: has no partner"):
        list_pairs(dataset)
    (dataset / "CameraRGB" / "000001.png").unlink()
    (dataset / "CameraRGB" / "000002.png").unlink()
    with pytest.raises(DatasetError, match=r"000002\.png: has no partner"):
        list_pairs(dataset)


def test_empty_and_absent_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="CameraRGB"):
        list_pairs(tmp_path)
    (tmp_path / "CameraRGB").mkdir()
    (tmp_path / "CameraMask").mkdir()
    with pytest.raises(DatasetError, match="has no pairs"):
        list_pairs(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n\x00"])
def test_a_broken_picture_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(content)
    for read in (read_image, read_mask):
        with pytest.raises(DatasetError, match=r"broken\.png"):
            read(path)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("share", [0.5, 0.95])
def test_a_picture_cut_off_while_it_was_written_is_named(
    tmp_path: Path, suffix: str, share: float
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    data = cv2.imencode(suffix, noise)[1].tobytes()
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DatasetError, match="cut off"):
        read_image(path)


def test_a_picture_is_not_turned_away_from_its_mask(tmp_path: Path) -> None:
    # A JPEG whose EXIF data asks viewers for a quarter turn (tag 0x0112, value 6).
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06" + bytes(7)
    data = cv2.imencode(".jpg", np.zeros((20, 30, 3), np.uint8))[1].tobytes()
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    path = tmp_path / "turned.jpg"
    path.write_bytes(data[:2] + segment + data[2:])
    assert cv2.imread(str(path)).shape == (30, 20, 3)
    assert read_image(path).shape == (20, 30, 3)


def test_a_hidden_file_is_no_picture(dataset: Path) -> None:
    (dataset / "CameraRGB" / "._000000.png").write_bytes(b"archive metadata")
    assert len(list_pairs(dataset)) == 3


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "CameraRGB").write_text("a file where a folder belongs")
    with pytest.raises(DatasetError, match="CameraRGB"):
        write_pair(tmp_path, "a", np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.uint8))


def test_a_deep_mask_is_refused(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "deep.png"), np.ones((2, 2), np.uint16))
    with pytest.raises(DatasetError, match="uint16"):
        read_mask(tmp_path / "deep.png")


def test_pictures_and_masks_of_two_sizes_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="differ in size"):
        write_pair(tmp_path, "a", np.zeros((2, 2, 3), np.uint8), np.zeros((2, 3), np.uint8))


def test_dataset_info_comes_back(tmp_path: Path) -> None:
    assert read_info(tmp_path) is None
    info = DatasetInfo("carla-0.9.14", source="the built-in street", town="Town05")
    write_info(tmp_path, info)
    assert read_info(tmp_path) == info


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"label_set": 3}', '{"label_set": "a", "town": 1}']
)
def test_wrong_dataset_info_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "dataset.json").write_text(text)
    with pytest.raises(DatasetError, match=r"dataset\.json"):
        read_info(tmp_path)


def test_masks_are_read_in_the_wanted_label_set(dataset: Path) -> None:
    target = load_label_set("carla-0.8")
    write_info(dataset, DatasetInfo("carla-0.9.14"))
    reader = MaskReader(dataset, target)
    masks = [reader.read_pair(pair)[1][0, 0] for pair in list_pairs(dataset)]
    names = [target.by_id(int(i)).name for i in masks]
    assert names == ["None", "Roads", "Sidewalks"]


def test_a_pair_of_two_sizes_is_refused(dataset: Path) -> None:
    cv2.imwrite(str(dataset / "CameraMask" / "000001.png"), np.zeros((6, 9), np.uint8))
    reader = MaskReader(dataset, load_label_set("carla-0.8"))
    image, mask = reader.read_pair(list_pairs(dataset)[0])
    assert image.shape == (*mask.shape, 3)
    with pytest.raises(DatasetError, match=r"000001\.png: is 8x6, but its mask is 9x6"):
        reader.read_pair(list_pairs(dataset)[1])


def test_an_id_outside_the_label_set_is_refused_with_file_and_id(dataset: Path) -> None:
    rgb = np.zeros((6, 8, 3), np.uint8)
    write_pair(dataset, "000001", rgb, np.full((6, 8), 13, np.uint8))
    reader = MaskReader(dataset, load_label_set("carla-0.8"))
    with pytest.raises(DatasetError, match=r"000001\.png: has id 13"):
        [reader.read_pair(pair) for pair in list_pairs(dataset)]


def test_a_dataset_without_a_map_is_refused(dataset: Path) -> None:
    write_info(dataset, DatasetInfo("somebody-elses"))
    with pytest.raises(LabelSetError, match="somebody-elses"):
        MaskReader(dataset, load_label_set("carla-0.8"))
