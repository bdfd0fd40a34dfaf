# SPDX-License-Identifier: Apache-2.0
"""Settings that users write: label sets, cameras, plans, recipes, launch arguments."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fuzz.scratch import put
from fuzz.target import Target
from unet_perception.bringup.arguments import read_arguments, refuse_unknown
from unet_perception.carla.cameras import load_cameras
from unet_perception.errors import LabelSetError
from unet_perception.labels import LabelSet, label_map, load_label_set
from unet_perception.options.camera_source import CAMERA_SOURCE_OPTIONS
from unet_perception.options.live_view import LIVE_VIEW_OPTIONS
from unet_perception.options.option import read_options
from unet_perception.options.perception import PERCEPTION_OPTIONS
from unet_perception.recording.plan_file import load_plan
from unet_perception.training.presets import load_recipe, parse_overrides

_OPTIONS = (*PERCEPTION_OPTIONS, *LIVE_VIEW_OPTIONS, *CAMERA_SOURCE_OPTIONS)
_TARGET_SET = load_label_set("carla-0.9.14")


def _use(label_set: LabelSet) -> None:
    """Do with a label set what the package does."""
    json.dumps(label_set.as_dict())
    assert label_set.palette.shape == (256, 3)
    try:
        label_map(label_set, _TARGET_SET).describe()
        label_map(_TARGET_SET, label_set).describe()
    except LabelSetError:
        pass


def _label_file(data: bytes) -> None:
    _use(load_label_set(put("labels.yaml", data)))


def _label_seeds() -> list[bytes]:
    plain = {
        "name": "mine",
        "classes": [
            {"id": 0, "name": "road", "color": [1, 2, 3], "stands_for": ["Roads", "RoadLine"]},
            {"id": 7, "name": "rest", "color": [9, 2, 3], "stands_for": "rest"},
        ],
        "unlabeled": 255,
    }
    text = "name: mine\nclasses:\n- {id: 0, name: road, color: [1, 2, 3], stands_for: rest}\n"
    return [json.dumps(plain).encode(), text.encode()]


def _cameras(data: bytes) -> None:
    for camera in load_cameras(put("cameras.yaml", data)):
        assert camera.blueprint_attributes
        hash(camera.view)


def _cameras_seeds() -> list[bytes]:
    small = b"cameras:\n  front: {type: rgb, width: 8, fov: 90.5, attributes: {gamma: 2.2}}\n"
    return [small, json.dumps({"cameras": {"left": {"type": "rgb", "x": 1.5}}}).encode()]


def _plan(data: bytes) -> None:
    load_plan(put("plan.yaml", data), {})


def _plan_seeds() -> list[bytes]:
    return [
        b"pairs: 3\ntowns: [Town01, Town02]\nweathers: [ClearNoon, {name: wet, wetness: 50}]\n"
        b"times: [noon, 12.5]\nroutes: 2\nval: [Town02]\nmin_distance: 1.5\nseed: 3\n",
        b"{}",
    ]


def _recipe(data: bytes) -> None:
    load_recipe(config=put("recipe.yaml", data))


def _recipe_seeds() -> list[bytes]:
    return [
        b"preset: classic\nepochs: 3\nlearning_rate: 1e-3\naugment: {rain: 0.1, night: 0.2}\n",
        b"epochs: 1\nlabel_set: carla-0.8\naugment: none\nwarmup: 0.1\n",
    ]


def _overrides(data: bytes) -> None:
    texts = data.decode("utf-8", "replace").split("\0")
    load_recipe(overrides=parse_overrides(texts))


def _overrides_seeds() -> list[bytes]:
    return [b"epochs=3\0augment.rain=0.2", b"learning_rate=1e-3\0augment=none"]


def _arguments(data: bytes) -> None:
    given: dict[str, str] = {}
    for word in data.decode("utf-8", "replace").split("\0"):
        name, _, value = word.partition(":=")
        given[name] = value
    refuse_unknown(given, _OPTIONS)
    read_arguments([option for option in _OPTIONS if option.name in given], given)


def _arguments_seeds() -> list[bytes]:
    # One input for each option: names are not guessed.
    return [
        f"{option.name}:={str(option.default).lower()}".encode()
        for option in _OPTIONS
        if not isinstance(option.default, list)
    ]


def _parameters(data: bytes) -> None:
    given: Any = json.loads(data)
    if isinstance(given, dict):
        read_options(PERCEPTION_OPTIONS, given)


def _parameters_seeds() -> Sequence[bytes]:
    return [json.dumps({option.name: option.default}).encode() for option in PERCEPTION_OPTIONS]


TARGETS = (
    Target(
        "settings.label_set_file",
        _label_file,
        _label_seeds,
        form="json",
        inputs=20_000,
        max_bytes=384,
    ),
    Target("settings.cameras", _cameras, _cameras_seeds, form="json", inputs=20_000, max_bytes=256),
    Target("settings.plan", _plan, _plan_seeds, form="json", inputs=20_000, max_bytes=384),
    Target("settings.recipe", _recipe, _recipe_seeds, form="json", inputs=20_000, max_bytes=256),
    Target("settings.overrides", _overrides, _overrides_seeds, inputs=20_000, max_bytes=128),
    Target(
        "settings.launch_arguments", _arguments, _arguments_seeds, inputs=400_000, max_bytes=256
    ),
)
