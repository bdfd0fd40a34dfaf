# SPDX-License-Identifier: Apache-2.0
"""Label sets: CARLA's tables, look-up, and refusal of wrong YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.errors import LabelSetError
from unet_perception.labels import BUILTIN_LABEL_SETS, LabelSet, load_label_set

VALID: dict[str, Any] = {
    "name": "mine",
    "classes": [
        {"id": 0, "name": "Rest", "color": [0, 0, 0]},
        {"id": 7, "name": "Road", "color": [128, 64, 128]},
    ],
}


@pytest.mark.parametrize(
    ("name", "count", "samples"),
    [
        (
            "carla-0.8",
            13,
            {0: "None", 1: "Buildings", 4: "Pedestrians", 6: "RoadLines", 7: "Roads"}
            | {8: "Sidewalks", 9: "Vegetation", 10: "Vehicles", 12: "TrafficSigns"},
        ),
        (
            "carla-0.9.10",
            23,
            {7: "Roads", 13: "Sky", 14: "Ground", 18: "TrafficLight", 22: "Terrain"},
        ),
        (
            "carla-0.9.14",
            29,
            {1: "Roads", 2: "Sidewalks", 11: "Sky", 14: "Car", 24: "RoadLines", 28: "GuardRail"},
        ),
    ],
)
def test_carla_tables(name: str, count: int, samples: dict[int, str]) -> None:
    label_set = load_label_set(name)
    assert label_set.name == name
    assert label_set.ids == tuple(range(count))
    assert label_set.n_classes == count
    for class_id, class_name in samples.items():
        assert label_set.by_id(class_id).name == class_name
        assert label_set.by_name(class_name).id == class_id


def test_names_of_the_carla_client() -> None:
    carla = pytest.importorskip("carla", reason="the carla client is not installed")
    names = {
        int(value): name
        for name, value in carla.CityObjectLabel.names.items()
        if name not in ("Any", "NONE")
    }
    label_set = load_label_set("carla-0.9.14")
    assert {c.id: c.name for c in label_set.classes if c.id} == {
        i: n for i, n in names.items() if i
    }


def test_road_colours_are_cityscapes_in_every_table() -> None:
    for name in BUILTIN_LABEL_SETS:
        assert load_label_set(name).by_name("Roads").color == (128, 64, 128)


def test_palette_is_black_where_no_class_is() -> None:
    palette = LabelSet.from_dict(VALID).palette
    assert palette.shape == (256, 3)
    assert palette.dtype == np.uint8
    assert palette[7].tolist() == [128, 64, 128]
    assert not palette[8:].any()


def test_a_user_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(VALID))
    label_set = load_label_set(path)
    assert label_set.by_name("Road").id == 7
    assert LabelSet.from_dict(label_set.as_dict()) == label_set


def changed(**changes: Any) -> dict[str, Any]:
    return {"name": "mine", "classes": [VALID["classes"][0], {**VALID["classes"][1], **changes}]}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(changed(id=0), ["id 0", "twice"], id="double-id"),
        pytest.param(changed(name="Rest"), ["'Rest'", "twice"], id="double-name"),
        pytest.param(changed(id=255), ["id is 255", "254"], id="id-255"),
        pytest.param(changed(id=-1), ["id is -1"], id="negative-id"),
        pytest.param(changed(id=True), ["id is True"], id="bool-id"),
        pytest.param(changed(id="7"), ["id is '7'"], id="text-id"),
        pytest.param(changed(color=[0, 0]), ["color is [0, 0]"], id="two-colours"),
        pytest.param(changed(color=[0, 0, 256]), ["256"], id="bright-colour"),
        pytest.param(changed(color="red"), ["'red'"], id="named-colour"),
        pytest.param(changed(name=""), ["name is ''"], id="empty-name"),
        pytest.param(changed(colour=[1, 2, 3]), ["'colour'"], id="unknown-key"),
        pytest.param({"name": "x", "classes": []}, ["classes"], id="no-classes"),
        pytest.param({"classes": VALID["classes"]}, ["name is None"], id="no-name"),
        pytest.param([1, 2], ["mapping"], id="a-list"),
        pytest.param({**VALID, "name": "carla-0.8"}, ["built-in"], id="name-taken"),
    ],
)
def test_a_wrong_file_is_refused_by_name_key_and_value(
    data: object, words: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(data))
    with pytest.raises(LabelSetError) as caught:
        load_label_set(path)
    for word in [str(path), *words]:
        assert word in str(caught.value)


def test_unreadable_unknown_and_broken_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelSetError, match=r"carla-0\.9\.14"):
        load_label_set("carla-1.0")
    with pytest.raises(LabelSetError, match="cannot be read"):
        load_label_set(tmp_path / "absent.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("name: [")
    with pytest.raises(LabelSetError, match="not valid YAML"):
        load_label_set(broken)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=20,
)


@given(JSON | st.fixed_dictionaries({"name": st.text(), "classes": st.lists(JSON)}))
def test_anything_else_is_refused_and_nothing_else_is_raised(data: object) -> None:
    try:
        label_set = LabelSet.from_dict(data)
    except LabelSetError:
        return
    assert len(set(label_set.ids)) == len(label_set.classes)


def test_unknown_ids_and_names_are_refused() -> None:
    label_set = load_label_set("carla-0.8")
    with pytest.raises(LabelSetError, match="no id 13"):
        label_set.by_id(13)
    with pytest.raises(LabelSetError, match="no class 'Sky'"):
        label_set.by_name("Sky")
