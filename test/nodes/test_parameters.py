# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from unet_perception.errors import ConfigError
from unet_perception.nodes.parameters import (
    CAMERA_SOURCE_OPTIONS,
    PERCEPTION_OPTIONS,
    CameraSourceConfig,
    PerceptionConfig,
    read_options,
)


def perception(**given: object) -> PerceptionConfig:
    return PerceptionConfig.from_values(read_options(PERCEPTION_OPTIONS, given))


def test_defaults() -> None:
    assert perception() == PerceptionConfig("carla_unet", "auto", "auto", 0, 0.5)
    values = read_options(CAMERA_SOURCE_OPTIONS, {})
    config = CameraSourceConfig.from_values(values)
    assert (config.rate, config.label_set, config.data) == (20.0, "carla-0.8", "")


def test_a_whole_number_is_a_number() -> None:
    alpha = perception(overlay_alpha=1).overlay_alpha
    assert (alpha, type(alpha)) == (1.0, float)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("model", "", "path of a bundle"),
        ("model", 3, "path of a bundle"),
        ("engine", "cuda", "auto, openvino, pytorch"),
        ("precision", "int4", "auto, fp32, bf16"),
        ("threads", -1, "0 to 1024"),
        ("threads", 2.0, "whole number"),
        ("threads", True, "whole number"),
        ("overlay_alpha", 1.01, "0 to 1"),
        ("overlay_alpha", float("nan"), "0 to 1"),
        ("overlay_alpha", "0.5", "0 to 1"),
        ("overlay_alpha", False, "0 to 1"),
    ],
)
def test_a_wrong_value_is_refused_naming_what_is_allowed(
    name: str, value: object, allowed: str
) -> None:
    with pytest.raises(ConfigError, match=name) as caught:
        perception(**{name: value})
    assert repr(value) in str(caught.value)
    assert allowed in str(caught.value)


def test_an_unknown_name_is_refused_naming_those_there_are() -> None:
    with pytest.raises(ConfigError, match="overlay_alhpa is not known.*overlay_alpha"):
        perception(overlay_alhpa=0.5)


def test_parameters_of_ros_itself_pass() -> None:
    given = {"use_sim_time": True, "qos_overrides./parameter_events.publisher.depth": 3}
    assert read_options(PERCEPTION_OPTIONS, given) == read_options(PERCEPTION_OPTIONS, {})


def test_the_shipped_configuration_is_the_defaults(repo: Path) -> None:
    document = yaml.safe_load((repo / "config/perception.yaml").read_text(encoding="utf-8"))
    given = document["/**"]["ros__parameters"]
    assert read_options(PERCEPTION_OPTIONS, given) == given
    assert given == {option.name: option.default for option in PERCEPTION_OPTIONS}
