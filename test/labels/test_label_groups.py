# SPDX-License-Identifier: Apache-2.0
"""Which classes of one set a class of another may be."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.errors import LabelSetError
from unet_perception.labels import (
    BUILTIN_LABEL_SETS,
    PARTIAL_LABEL_SETS,
    LabelClass,
    LabelGroups,
    LabelSet,
    label_groups,
    load_label_set,
)
from unet_perception.labels.label_set import REST

OLD, NEW = load_label_set("carla-0.8"), load_label_set("carla-0.9.14")
ROADS = load_label_set("carla-roads")


def names(groups: LabelGroups, source_name: str) -> list[str]:
    ids = groups.members[groups.source.by_name(source_name).id]
    return sorted(groups.target.by_id(i).name for i in ids)


def custom(*classes: tuple[int, str, tuple[str, ...]], name: str = "mine") -> LabelSet:
    return LabelSet(name, tuple(LabelClass(i, n, (0, 0, 0), stands) for i, n, stands in classes))


def test_an_old_class_stands_for_all_that_it_was_split_into() -> None:
    groups = label_groups(OLD, NEW)
    assert groups.is_partial
    vehicles = ["Bicycle", "Bus", "Car", "Motorcycle", "Train", "Truck"]
    assert names(groups, "Vehicles") == vehicles
    assert names(groups, "TrafficSigns") == ["TrafficLight", "TrafficSigns"]
    assert names(groups, "Roads") == ["Roads"]
    assert "Vehicles is Car or Truck or Bus" in groups.describe()


def test_a_new_class_is_one_old_class() -> None:
    groups = label_groups(NEW, OLD)
    assert not groups.is_partial
    assert names(groups, "Bus") == ["Vehicles"]
    assert groups.describe() == "carla-0.9.14 -> carla-0.8: nothing is partial"


@pytest.mark.parametrize(("source", "target"), permutations(BUILTIN_LABEL_SETS, 2))
def test_every_class_of_the_target_is_meant_by_some_class(source: str, target: str) -> None:
    groups = label_groups(load_label_set(source), load_label_set(target))
    forth = label_groups(groups.target, groups.source)
    for class_id, members in groups.members.items():
        assert members == tuple(sorted(set(members)))
        for member in members:
            assert class_id in forth.members[member]


def test_the_rest_is_what_no_other_class_stands_for() -> None:
    groups = label_groups(ROADS, OLD)
    assert groups.members == {0: (0, 1, 2, 3, 4, 5, 9, 10, 11, 12), 6: (6,), 7: (7,), 8: (8,)}
    table = groups.back_table
    assert table[:13].tolist() == [0, 0, 0, 0, 0, 0, 6, 7, 8, 0, 0, 0, 0]
    assert (table[13:] == 255).all()


def test_the_way_back_must_be_one_way() -> None:
    with pytest.raises(LabelSetError, match=r"'None' \(id 0\) belongs to None and"):
        _ = label_groups(NEW, OLD).back_table
    without = custom((0, "Roads", ()), (1, "Cars", ("Vehicles",)))
    with pytest.raises(LabelSetError, match="belongs to none of its classes"):
        _ = label_groups(without, OLD).back_table


def test_a_class_without_a_place_is_refused_by_id_and_name() -> None:
    with pytest.raises(LabelSetError, match=r"class 'Tram' \(id 3\)"):
        label_groups(custom((3, "Tram", ())), OLD)
    with pytest.raises(LabelSetError, match="no class 'Tram'"):
        label_groups(custom((0, "Roads", ()), (3, "Rails", ("Tram",))), OLD)
    everything = custom(*((i, label.name, ()) for i, label in enumerate(OLD.classes)))
    more = LabelSet("more", (*everything.classes, LabelClass(99, "More", (0, 0, 0), ("rest",))))
    with pytest.raises(LabelSetError, match=r"class 'More' \(id 99\) stands for none"):
        label_groups(more, OLD)


def test_a_file_may_say_what_a_class_stands_for(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    classes = [
        {"id": 0, "name": "Else", "color": [0, 0, 0], "stands_for": "rest"},
        {"id": 1, "name": "Drivable", "color": [1, 1, 1], "stands_for": ["Roads", "RoadLines"]},
    ]
    path.write_text(yaml.safe_dump({"name": "mine", "classes": classes}))
    label_set = load_label_set(path)
    assert names(label_groups(label_set, OLD), "Drivable") == ["RoadLines", "Roads"]
    assert LabelSet.from_dict(label_set.as_dict()) == label_set
    assert all("stands_for" not in row for row in OLD.as_dict()["classes"])


@pytest.mark.parametrize("value", ["others", ["rest"], [""], [1], 3, None])
def test_a_wrong_stands_for_is_refused(value: object) -> None:
    row = {"id": 0, "name": "Else", "color": [0, 0, 0], "stands_for": value}
    with pytest.raises(LabelSetError, match="stands_for is .* it must be a list"):
        LabelSet.from_dict({"name": "mine", "classes": [row]})


@given(st.permutations(range(13)), st.integers(1, 12))
def test_a_partition_goes_there_and_back(order: list[int], cut: int) -> None:
    first, second = order[:cut], order[cut:]
    parts = [tuple(OLD.by_id(i).name for i in part) for part in (first, second)]
    groups = label_groups(custom((0, "A", parts[0]), (1, "B", parts[1])), OLD)
    back = groups.back_table
    assert (back[np.array(groups.members[0])] == 0).all()
    assert (back[np.array(groups.members[1])] == 1).all()


@pytest.mark.parametrize("name", PARTIAL_LABEL_SETS)
def test_a_shipped_set_stands_for_classes_that_there_are(name: str) -> None:
    known = {label.name for each in BUILTIN_LABEL_SETS for label in load_label_set(each).classes}
    meant = {other for label in load_label_set(name).classes for other in label.stands_for}
    assert meant <= {*known, REST}
