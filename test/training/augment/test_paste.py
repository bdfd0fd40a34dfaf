# SPDX-License-Identifier: Apache-2.0
"""Pasting: rare standing things with their pixels, nothing else, and nothing off the frame."""

from __future__ import annotations

import numpy as np

from unet_perception.labels import load_label_set
from unet_perception.training.augment.paste import Things, find_things, paste

CARLA = load_label_set("carla-0.8")
ROAD, LINE, PERSON = (CARLA.by_name(name).id for name in ("Roads", "RoadLines", "Pedestrians"))


def test_rare_classes_that_stand_are_found_with_their_donors() -> None:
    counts = np.zeros((3, 256), np.int64)
    counts[:, ROAD] = 10_000
    counts[1, PERSON] = 50
    counts[2, LINE] = 50
    things = find_things(counts, CARLA)
    assert things is not None
    assert things.ids == (PERSON,)
    assert things.donors.tolist() == [1]
    counts[1, PERSON] = 0
    assert find_things(counts, CARLA) is None


def test_pixels_and_ids_are_copied_together() -> None:
    things = Things((PERSON,), np.array([0]))
    donor_mask = np.full((8, 8), ROAD, np.uint8)
    donor_mask[2:6, 2:6] = PERSON
    donor = np.full((8, 8, 3), 200, np.uint8)
    seen = set()
    for seed in range(10):
        image, mask = np.zeros((8, 8, 3), np.uint8), np.full((8, 8), ROAD, np.uint8)
        mask[:, :3] = 255
        paste(np.random.default_rng(seed), things, image, mask, donor, donor_mask)
        pasted = mask == PERSON
        assert np.array_equal(pasted, image[..., 0] == 200)
        assert (mask[:, :3] == 255).all()
        seen.add(int(pasted.sum()))
    assert seen == {0, 12}
