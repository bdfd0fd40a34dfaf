# SPDX-License-Identifier: Apache-2.0
"""Maps between label sets: total, by meaning, and honest about what is lost."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from unet_perception.errors import LabelSetError
from unet_perception.labels import (
    BUILTIN_LABEL_SETS,
    UNLABELED,
    LabelSet,
    label_groups,
    label_map,
    load_label_set,
)


@pytest.mark.parametrize(("source", "target"), permutations(BUILTIN_LABEL_SETS, 2))
def test_every_class_has_a_place(source: str, target: str) -> None:
    before, after = load_label_set(source), load_label_set(target)
    table = label_map(before, after).table
    assert set(table[list(before.ids)].tolist()) <= set(after.ids)
    assert (table[before.n_classes :] == UNLABELED).all()


@pytest.mark.parametrize(
    ("source", "name", "target", "expected"),
    [
        ("carla-0.9.14", "Roads", "carla-0.8", "Roads"),
        ("carla-0.9.14", "Car", "carla-0.8", "Vehicles"),
        ("carla-0.9.14", "Bus", "carla-0.9.10", "Vehicles"),
        ("carla-0.9.14", "Sky", "carla-0.8", "None"),
        ("carla-0.9.14", "Terrain", "carla-0.8", "None"),
        ("carla-0.9.14", "TrafficLight", "carla-0.8", "TrafficSigns"),
        ("carla-0.9.14", "TrafficLight", "carla-0.9.10", "TrafficLight"),
        ("carla-0.9.10", "Sky", "carla-0.9.14", "Sky"),
        ("carla-0.8", "Vehicles", "carla-0.9.14", "Car"),
        ("carla-0.8", "RoadLines", "carla-0.9.14", "RoadLines"),
    ],
)
def test_meaning_is_kept(source: str, name: str, target: str, expected: str) -> None:
    before, after = load_label_set(source), load_label_set(target)
    mask = np.full((2, 3), before.by_name(name).id, np.uint8)
    mapped = label_map(before, after).apply(mask)
    assert mapped.shape == mask.shape
    assert mapped.dtype == np.uint8
    assert (mapped == after.by_name(expected).id).all()


def test_what_merges_and_what_is_lost_is_said() -> None:
    mapping = label_map(load_label_set("carla-0.9.14"), load_label_set("carla-0.8"))
    merged = {
        target.name: {source.name for source in sources}
        for target, sources in mapping.merged.items()
    }
    assert merged["Vehicles"] == {"Car", "Truck", "Bus", "Train", "Motorcycle", "Bicycle"}
    assert merged["TrafficSigns"] == {"TrafficLight", "TrafficSigns"}
    assert {"Sky", "Terrain", "Water"} <= {label.name for label in mapping.lost}
    assert "Roads" not in {label.name for label in mapping.lost}
    assert "Sky" in mapping.describe()


def test_a_wider_target_says_what_it_cannot_produce() -> None:
    mapping = label_map(load_label_set("carla-0.8"), load_label_set("carla-0.9.14"))
    assert "Bus" in {label.name for label in mapping.unreachable}
    assert mapping.lost == ()


def test_a_set_maps_to_itself_unchanged() -> None:
    label_set = load_label_set("carla-0.9.10")
    mapping = label_map(label_set, label_set)
    assert mapping.table[: label_set.n_classes].tolist() == list(label_set.ids)
    assert not mapping.merged
    assert not mapping.lost


def test_a_class_without_counterpart_stops_and_names_both_sets() -> None:
    mine = LabelSet.from_dict(
        {"name": "mine", "classes": [{"id": 3, "name": "Tram", "color": [1, 2, 3]}]}
    )
    with pytest.raises(LabelSetError) as caught:
        label_map(mine, load_label_set("carla-0.8"))
    for word in ("mine", "carla-0.8", "'Tram'", "id 3"):
        assert word in str(caught.value)


def test_a_class_of_the_target_takes_what_it_stands_for() -> None:
    drive = LabelSet.from_dict(
        {
            "name": "drive",
            "classes": [
                {"id": 0, "name": "Else", "color": [0, 0, 0], "stands_for": "rest"},
                {"id": 1, "name": "Way", "color": [1, 1, 1], "stands_for": ["Roads", "RoadLines"]},
                {"id": 5, "name": "Vehicles", "color": [2, 2, 2]},
            ],
        }
    )
    source = load_label_set("carla-0.8")
    mapping = label_map(source, drive)
    wanted = {"Roads": 1, "RoadLines": 1, "Vehicles": 5}
    for label in source.classes:
        assert mapping.table[label.id] == wanted.get(label.name, 0), label.name
    groups = label_groups(source, drive)
    assert not groups.is_partial
