# SPDX-License-Identifier: Apache-2.0
"""What can be spawned: actor definitions as ``get_actor_definitions`` sends them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Any


class AttributeType(IntEnum):
    """``rpc::ActorAttributeType``."""

    BOOL = 0x01
    INT = 0x02
    FLOAT = 0x03
    STRING = 0x04
    COLOR = 0x05


@dataclass(frozen=True)
class Attribute:
    """One attribute of a blueprint; values are text, as CARLA keeps them."""

    id: str
    value: str
    type: AttributeType
    recommended: tuple[str, ...] = ()
    modifiable: bool = True
    restricted: bool = False

    def to_rpc(self) -> list[Any]:
        """Return the six fields."""
        recommended = list(self.recommended)
        return [self.id, int(self.type), self.value, recommended, self.modifiable, self.restricted]


@dataclass(frozen=True)
class Blueprint:
    """One kind of actor.

    Attributes:
        id: Such as ``vehicle.tesla.model3``.
        attributes: What can be set.
        extent: Half length, half width and half height in metres.
    """

    id: str
    attributes: tuple[Attribute, ...]
    extent: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def to_rpc(self, uid: int) -> list[Any]:
        """Return the definition under a number."""
        tags = self.id.replace(".", ",")
        return [uid, self.id, tags, [attribute.to_rpc() for attribute in self.attributes]]


_text = partial(Attribute, type=AttributeType.STRING)
_number = partial(Attribute, type=AttributeType.FLOAT)
_whole = partial(Attribute, type=AttributeType.INT)
_switch = partial(Attribute, type=AttributeType.BOOL)


def _vehicle(
    name: str, base: str, extent: tuple[float, float, float], wheels: int = 4
) -> Blueprint:
    return Blueprint(
        f"vehicle.{name}",
        (
            _text("role_name", "autopilot", recommended=("autopilot", "scenario", "ego_vehicle")),
            _text("ros_name", name.replace(".", "_")),
            Attribute("color", "17,37,103", AttributeType.COLOR, ("17,37,103", "180,180,180")),
            _switch("sticky_control", "true"),
            _switch("terramechanics", "false"),
            _text("object_type", "", modifiable=False),
            _text("base_type", base, modifiable=False),
            _text("special_type", "", modifiable=False),
            _whole("number_of_wheels", str(wheels), modifiable=False),
            _whole("generation", "2", modifiable=False),
            _switch("has_dynamic_doors", "false", modifiable=False),
            _switch("has_lights", "true", modifiable=False),
        ),
        extent,
    )


def _walker(number: int) -> Blueprint:
    return Blueprint(
        f"walker.pedestrian.{number:04d}",
        (
            _text("role_name", "pedestrian"),
            _text("ros_name", "pedestrian"),
            _switch("is_invincible", "true"),
            _number("speed", "0.0"),
            _text("gender", "female" if number % 2 else "male", modifiable=False),
            _text("age", "adult", modifiable=False),
            _whole("generation", "2", modifiable=False),
        ),
        (0.19, 0.19, 0.93),
    )


_LENS = (
    _whole("image_size_x", "800"),
    _whole("image_size_y", "600"),
    _number("fov", "90.0"),
    _number("sensor_tick", "0.0"),
    _number("lens_circle_falloff", "5.0"),
    _number("lens_circle_multiplier", "0.0"),
    _number("lens_k", "-1.0"),
    _number("lens_kcube", "0.0"),
    _number("lens_x_size", "0.08"),
    _number("lens_y_size", "0.08"),
)
_FILM = (
    _switch("enable_postprocess_effects", "true"),
    _number("gamma", "2.2"),
    _number("bloom_intensity", "0.675"),
    _number("lens_flare_intensity", "0.1"),
    _number("motion_blur_intensity", "0.45"),
    _number("motion_blur_max_distortion", "0.35"),
    _number("motion_blur_min_object_screen_size", "0.1"),
    _text("exposure_mode", "histogram", recommended=("histogram", "manual"), restricted=True),
    _number("exposure_compensation", "0.0"),
    _number("shutter_speed", "200.0"),
    _number("iso", "100.0"),
    _number("fstop", "1.4"),
)


def _camera(kind: str, more: tuple[Attribute, ...] = ()) -> Blueprint:
    names = (_text("role_name", "front"), _text("ros_name", kind))
    return Blueprint(f"sensor.camera.{kind}", (*names, *_LENS, *more))


RGB_CAMERA = "sensor.camera.rgb"
SEMANTIC_CAMERA = "sensor.camera.semantic_segmentation"
WALKER_CONTROLLER = "controller.ai.walker"
SPECTATOR = "spectator"

_ALL = (
    _vehicle("tesla.model3", "car", (2.4, 1.08, 0.74)),
    _vehicle("lincoln.mkz_2020", "car", (2.45, 0.92, 0.74)),
    _vehicle("audi.tt", "car", (2.09, 0.99, 0.69)),
    _vehicle("nissan.micra", "car", (1.82, 0.92, 0.75)),
    _vehicle("mercedes.coupe", "car", (2.51, 1.08, 0.82)),
    _vehicle("bmw.grandtourer", "car", (2.31, 1.12, 0.83)),
    _vehicle("carlamotors.firetruck", "truck", (4.23, 1.45, 1.91)),
    _vehicle("mitsubishi.fusorosa", "bus", (5.14, 1.97, 2.13)),
    _vehicle("yamaha.yzf", "motorcycle", (1.1, 0.43, 0.63), 2),
    _vehicle("diamondback.century", "bicycle", (0.82, 0.19, 0.83), 2),
    *(_walker(number) for number in range(1, 11)),
    _camera("rgb", _FILM),
    _camera("semantic_segmentation"),
    Blueprint(WALKER_CONTROLLER, (_text("role_name", "controller"),)),
)

BLUEPRINTS = {blueprint.id: blueprint for blueprint in _ALL}
DEFINITIONS = [blueprint.to_rpc(uid) for uid, blueprint in enumerate(_ALL, 1)]
