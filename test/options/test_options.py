# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from unet_perception.errors import ConfigError
from unet_perception.options.camera_source import (
    CAMERA_SOURCE_OPTIONS,
    CameraSourceConfig,
)
from unet_perception.options.carla_bridge import (
    CARLA_BRIDGE_OPTIONS,
    CarlaBridgeConfig,
)
from unet_perception.options.option import Option, read_options
from unet_perception.options.perception import (
    OUTPUTS,
    PERCEPTION_OPTIONS,
    Limits,
    LiveConfig,
    PerceptionConfig,
)


def perception(**given: object) -> PerceptionConfig:
    return PerceptionConfig.from_values(read_options(PERCEPTION_OPTIONS, given))


def live(**given: object) -> LiveConfig:
    return LiveConfig.from_values(read_options(PERCEPTION_OPTIONS, given))


def test_defaults() -> None:
    assert perception() == PerceptionConfig(
        ("",), "", "carla_unet", "auto", "auto", 0, autostart=True, engine_build_only=False
    )
    nobody: frozenset[str] = frozenset()
    assert live() == LiveConfig(frozenset(OUTPUTS), 0.5, nobody, 0.0, False, Limits())
    values = read_options(CAMERA_SOURCE_OPTIONS, {})
    config = CameraSourceConfig(**values)
    assert (config.rate, config.label_set, config.data) == (20.0, "carla-0.8", "")


def test_a_whole_number_is_a_number() -> None:
    alpha = live(overlay_alpha=1).overlay_alpha
    assert (alpha, type(alpha)) == (1.0, float)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("input_image_topic", "/carla//image", "name of a topic"),
        ("input_image_topic", "/carla/hero/rgb image", "name of a topic"),
        ("input_image_topic", "/carla/hero/0/image", "name of a topic"),
        ("model", "", "path of a bundle"),
        ("model", 3, "path of a bundle"),
        ("engine", "onnx", "auto, tensorrt, cuda, openvino, pytorch"),
        ("precision", "int4", "auto, fp32, bf16"),
        ("threads", -1, "0 to 1024"),
        ("threads", 2.0, "whole number"),
        ("threads", True, "whole number"),
        ("engine_build_only", "yes", "true or false"),
        ("overlay_alpha", 1.01, "0 to 1"),
        ("overlay_alpha", float("nan"), "0 to 1"),
        ("overlay_alpha", "0.5", "0 to 1"),
        ("overlay_alpha", False, "0 to 1"),
        ("cameras", ["front", "front"], "different names"),
        ("cameras", ["front", ""], "different names"),
        ("cameras", ["rear view"], "letters, digits"),
        ("cameras", "front", "different names"),
        ("outputs", ["mask", "depth"], "mask, overlay, color_mask, camera_info"),
        ("highlight", ["Roads", "Roads"], "names of classes"),
        ("rate_limit", -0.1, "0 to 1000"),
        ("skip_static", 1, "true or false"),
        ("latency_warn_ms", -1.0, "0 or more"),
    ],
)
def test_a_wrong_value_is_refused_naming_what_is_allowed(
    name: str, value: object, allowed: str
) -> None:
    with pytest.raises(ConfigError, match=name) as caught:
        perception(**{name: value})
    assert repr(value) in str(caught.value)
    assert allowed in str(caught.value)


def test_topics_of_cameras() -> None:
    assert perception().input_topic("") == "image"
    assert perception(cameras=["rear"]).input_topic("rear") == "rear/image"
    given = perception(cameras=("a", "b"), input_image_topic="/car/{camera}/image")
    assert [given.input_topic(name) for name in given.cameras] == ["/car/a/image", "/car/b/image"]
    with pytest.raises(ConfigError, match=r"'/car/image', one topic for 2 cameras.*\{camera\}"):
        perception(cameras=["a", "b"], input_image_topic="/car/image")


def test_an_empty_word_stands_for_none() -> None:
    assert live(outputs=[""]).outputs == frozenset()
    assert live(highlight=["Roads"]).highlight == {"Roads"}


def test_an_unknown_name_is_refused_naming_those_there_are() -> None:
    with pytest.raises(ConfigError, match="overlay_alhpa is not known.*overlay_alpha"):
        perception(overlay_alhpa=0.5)


def test_parameters_of_ros_itself_pass() -> None:
    given = {"use_sim_time": True, "qos_overrides./parameter_events.publisher.depth": 3}
    assert read_options(PERCEPTION_OPTIONS, given) == read_options(PERCEPTION_OPTIONS, {})


def bridge(**given: object) -> CarlaBridgeConfig:
    return CarlaBridgeConfig(**read_options(CARLA_BRIDGE_OPTIONS, given))


def test_the_bridge_ticks_in_real_time_unless_told_otherwise() -> None:
    assert bridge(fixed_delta_seconds=0.1).wall_rate == pytest.approx(10.0)
    assert bridge(fixed_delta_seconds=0.1, tick_rate=50).wall_rate == pytest.approx(50.0)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("host", "", "a host name"),
        ("port", 0, "1 to 65534"),
        ("port", 65535, "1 to 65534"),
        ("timeout", 0.0, "0.5 to 600"),
        ("fixed_delta_seconds", 1.5, "0.001 to 1"),
        ("tick_rate", -1.0, "0 to 1000"),
        ("role_name", "", "letters"),
        ("role_name", "ego vehicle", "letters"),
        ("role_name", "7", "letters"),
        ("vehicle", "", "blueprint"),
        ("spawn_point", -2, "-1 to"),
        ("vehicles", -1, "0 to 1000"),
        ("seed", 2**31, "0 to 2147483647"),
    ],
)
def test_a_wrong_value_of_the_bridge_is_refused(name: str, value: object, allowed: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is .*{allowed}"):
        bridge(**{name: value})


@pytest.mark.parametrize(
    ("name", "options"),
    [("perception", PERCEPTION_OPTIONS), ("carla_bridge", CARLA_BRIDGE_OPTIONS)],
)
def test_a_shipped_configuration_is_the_defaults(
    repo: Path, name: str, options: tuple[Option, ...]
) -> None:
    given = shipped(repo, name)
    assert read_options(options, given) == given
    assert given == {option.name: option.default for option in options}


def test_the_preset_for_carlas_own_topics_is_allowed(repo: Path) -> None:
    values = read_options(PERCEPTION_OPTIONS, shipped(repo, "perception_native"))
    assert values["input_image_topic"] == "/carla/hero/rgb/image"


def shipped(repo: Path, name: str) -> dict[str, object]:
    document = yaml.safe_load((repo / f"config/{name}.yaml").read_text(encoding="utf-8"))
    given: dict[str, object] = document["/**"]["ros__parameters"]
    return given
