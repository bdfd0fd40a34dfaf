# SPDX-License-Identifier: Apache-2.0
"""Pairs as the network sees them: the classic recipe's sampling and ids."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.dataset import DatasetInfo, MaskReader, list_pairs, write_info, write_pair
from unet_perception.errors import DatasetError
from unet_perception.labels import load_label_set
from unet_perception.training.pixels import join, read_pixels

CARLA = load_label_set("carla-0.8")


@given(
    height=st.sampled_from([5, 60, 96, 100, 600]),
    width=st.sampled_from([7, 80, 128, 800]),
    size=st.sampled_from([(96, 128), (16, 16), (33, 50)]),
)
def test_pixels_are_taken_at_the_centres_of_the_small_ones(
    tmp_path_factory: pytest.TempPathFactory, height: int, width: int, size: tuple[int, int]
) -> None:
    root = tmp_path_factory.mktemp("pairs")
    rng = np.random.default_rng(height * width)
    rgb = rng.integers(0, 256, (height, width, 3), np.uint8)
    ids = rng.integers(0, 13, (height, width), np.uint8)
    write_pair(root, "a", rgb, ids)
    pixels = read_pixels(MaskReader(root, CARLA), list_pairs(root), size)

    def candidates(count: int, full: int) -> list[set[int]]:
        # A centre exactly between two pixels may take either.
        tops = [(2 * i + 1) * full for i in range(count)]
        return [{t // (2 * count), (t - 1) // (2 * count)} for t in tops]

    rows, columns = candidates(size[0], height), candidates(size[1], width)
    for i in range(0, size[0], 5):
        for j in range(0, size[1], 7):
            sources = [(y, x) for y in rows[i] for x in columns[j]]
            # Picture and mask are taken at the same place.
            assert any(
                np.array_equal(pixels.images[0, i, j], rgb[at]) and pixels.masks[0, i, j] == ids[at]
                for at in sources
            )


def test_ids_of_another_label_set_are_mapped_and_unlabeled_stays(tmp_path: Path) -> None:
    ids = np.full((16, 16), 1, np.uint8)
    ids[8:] = 255
    write_pair(tmp_path, "a", np.zeros((16, 16, 3), np.uint8), ids)
    write_info(tmp_path, DatasetInfo("carla-0.9.14"))
    pixels = read_pixels(MaskReader(tmp_path, CARLA), list_pairs(tmp_path), (16, 16))
    assert np.unique(pixels.masks).tolist() == [CARLA.by_name("Roads").id, 255]


def test_an_id_that_the_label_set_lacks_is_refused_with_file_and_id(tmp_path: Path) -> None:
    for name, i in (("a", 12), ("b", 13)):
        write_pair(tmp_path, name, np.zeros((4, 4, 3), np.uint8), np.full((4, 4), i, np.uint8))
    with pytest.raises(DatasetError, match=r"b\.png: has id 13"):
        read_pixels(MaskReader(tmp_path, CARLA), list_pairs(tmp_path), (16, 16))


def test_the_fingerprint_is_of_the_pixels(tmp_path: Path) -> None:
    for folder, value in (("one", 1), ("same", 1), ("other", 2)):
        write_pair(
            tmp_path / folder, "a", np.zeros((4, 4, 3), np.uint8), np.full((4, 4), value, np.uint8)
        )
    one, same, other = (
        read_pixels(MaskReader(root, CARLA), list_pairs(root), (16, 16))
        for root in (tmp_path / "one", tmp_path / "same", tmp_path / "other")
    )
    assert one.fingerprint == same.fingerprint != other.fingerprint
    both = join([one, other])
    assert len(both) == 2
    assert both.masks[:, 0, 0].tolist() == [1, 2]
    assert both.fingerprint != join([other, one]).fingerprint
