# SPDX-License-Identifier: Apache-2.0
"""Pictures in memory: what is read, where it is kept, and each refusal before training."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from unet_perception.dataset import list_pairs, write_pair
from unet_perception.errors import DatasetError
from unet_perception.labels import load_label_set
from unet_perception.training import examples as room
from unet_perception.training.examples import Part, load_examples
from unet_perception.training.memory import Store, free_memory

CARLA = load_label_set("carla-0.8")
SHIFTED = np.arange(256, dtype=np.uint8)
SHIFTED[:13] += 100


def frame(number: int, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(number)
    ids = rng.integers(0, 13, size, np.uint8)
    ids[0, 0] = 255
    return rng.integers(0, 256, (*size, 3), np.uint8), ids


SIZES = [(6, 8), (4, 10), (6, 8), (12, 5)]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    for number, size in enumerate(SIZES):
        write_pair(root, f"{number:03d}", *frame(number, size))
    return root


def load(root: Path, **options: object) -> room.Examples:
    return load_examples([Part(list_pairs(root), CARLA, SHIFTED)], **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [0.5, 0.0])
def test_pictures_come_back_from_memory_and_from_a_file(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    monkeypatch.setattr(room, "MEMORY_SHARE", share)
    told: list[tuple[int, int]] = []
    data = load(dataset, folder=tmp_path, on_progress=lambda *now: told.append(now))
    assert told == [(n, 4) for n in range(1, 5)]
    assert len(data) == 4
    assert ("in memory" in data.place) == bool(share)
    assert (str(tmp_path) in data.place) == (not share)
    for number, size in enumerate(SIZES):
        rgb, ids = frame(number, size)
        assert np.array_equal(data.image(number), rgb)
        assert np.array_equal(data.mask(number), SHIFTED[ids])
        assert (
            data.counts[number].tolist()
            == np.bincount(SHIFTED[ids].ravel(), minlength=256).tolist()
        )
        with pytest.raises(ValueError, match="read-only"):
            data.image(number)[:] = 0


def test_the_fingerprint_knows_every_pixel_but_not_the_threads(dataset: Path) -> None:
    before = load(dataset, workers=1).fingerprint
    assert load(dataset, workers=3).fingerprint == before
    rgb, ids = frame(2, SIZES[2])
    rgb[3, 3, 1] ^= 1
    write_pair(dataset, "002", rgb, ids)
    assert load(dataset).fingerprint != before


def test_parts_are_numbered_one_after_another(dataset: Path) -> None:
    pairs = list_pairs(dataset)
    plain = np.arange(256, dtype=np.uint8)
    data = load_examples([Part(pairs[2:], CARLA, plain), Part(pairs[:2], CARLA, SHIFTED)])
    assert np.array_equal(data.mask(0), frame(2, SIZES[2])[1])
    assert np.array_equal(data.mask(3), SHIFTED[frame(1, SIZES[1])[1]])


def test_no_pair_at_all_is_refused() -> None:
    with pytest.raises(DatasetError, match="no pairs"):
        load_examples([])


def test_an_id_outside_the_set_is_named(dataset: Path) -> None:
    rgb, ids = frame(1, SIZES[1])
    ids[2, 2] = 13
    write_pair(dataset, "001", rgb, ids)
    with pytest.raises(DatasetError, match=r"001\.png: has id 13, which label set carla-0\.8"):
        load(dataset)


def test_sizes_that_differ_are_named(dataset: Path) -> None:
    cv2.imwrite(str(dataset / "CameraRGB" / "003.png"), np.zeros((3, 7, 3), np.uint8))
    with pytest.raises(DatasetError, match=r"003\.png: is 7x3, but its mask is 5x12"):
        load(dataset)


@pytest.mark.parametrize("folder", ["CameraRGB", "CameraMask"])
def test_a_picture_cut_off_in_the_middle_is_named(dataset: Path, folder: str) -> None:
    path = dataset / folder / "002.png"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DatasetError, match=rf"{folder}/002\.png"):
        load(dataset)


def test_a_mask_in_the_classes_colours_is_named(dataset: Path) -> None:
    ids = frame(0, SIZES[0])[1] % 13
    path = str(dataset / "CameraMask" / "000.png")
    cv2.imwrite(path, CARLA.palette[ids][..., ::-1])
    with pytest.raises(
        DatasetError, match=r"000\.png: is coloured, not ids.*colours are those of.*carla-0\.8"
    ):
        load(dataset)
    # What an instance camera writes: the id in red, a number in green and blue.
    cv2.imwrite(path, np.dstack([ids * 0 + 7, ids * 0 + 9, ids]))
    with pytest.raises(DatasetError, match=r"000\.png: is coloured, not ids: it has pixels of"):
        load(dataset)
    # The same id in each channel is plain.
    cv2.imwrite(path, np.dstack([ids] * 3))
    assert np.array_equal(load(dataset).mask(0), SHIFTED[ids])


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="absent: no file can be made"):
        Store(tmp_path / "absent")


def test_a_full_disk_is_named() -> None:
    store = Store(None)
    store._file.close()
    store._file = open("/dev/full", "w+b", buffering=0)  # noqa: SIM115
    with pytest.raises(DatasetError, match="has no room"):
        store.append(np.zeros(10, np.uint8))


def test_some_memory_is_free() -> None:
    assert 2**20 < free_memory() < 2**50
