# SPDX-License-Identifier: Apache-2.0
"""A wrong argument ends with a sentence that names it, its value and what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from unet_perception.bringup.arguments import read_arguments, refuse_unknown, text
from unet_perception.bringup.recording import RECORD_SYSTEM
from unet_perception.bringup.systems import CARLA_SYSTEM, PERCEPTION_SYSTEM, PLAYBACK_SYSTEM
from unet_perception.errors import ConfigError

TABLES = (CARLA_SYSTEM, PERCEPTION_SYSTEM, PLAYBACK_SYSTEM, RECORD_SYSTEM)


@pytest.mark.parametrize("table", TABLES)
def test_every_argument_has_a_name_of_its_own_a_description_and_a_default_that_fits(
    table: Any,
) -> None:
    defaults = {option.name: option.default for option in table}
    assert len(defaults) == len(table)
    assert all(option.description and option.allowed for option in table)
    assert read_arguments(table, {x: text(value) for x, value in defaults.items()}) == defaults


def test_the_issues_arguments_are_all_there() -> None:
    wanted = (
        "host port timeout town role_name passive synchronous_mode fixed_delta_seconds traffic "
        "source model engine precision input_image_topic namespace params use_sim_time log_level "
        "view record rviz respawn"
    )
    assert set(wanted.split()) <= {option.name for option in CARLA_SYSTEM}


def test_all_of_them_are_in_the_documentation(repo: Path) -> None:
    page = (repo / "docs/launch.md").read_text()
    assert [option.name for option in CARLA_SYSTEM if f"`{option.name}`" not in page] == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"source": "bag"}, "argument source is 'bag'; it must be one of carla, native"),
        ({"port": "x"}, "argument port is 'x'; it must be a whole number from 1 to 65534"),
        ({"port": "0"}, "argument port is '0'; it must be a whole number"),
        ({"passive": "y"}, "argument passive is 'y'; it must be true or false"),
        ({"timeout": "nan"}, "argument timeout is 'nan'; it must be a number from 0.5 to 600"),
        ({"engine": "warp"}, "argument engine is 'warp'; it must be one of auto, tensorrt"),
        ({"model": "absent"}, "argument model is 'absent'; it must be the name of a shipped"),
        ({"model": ""}, "argument model is ''; it must be the name of a shipped"),
        ({"view": "tv"}, "argument view is 'tv'; it must be one of auto, none, rviz, web"),
        ({"rviz": "yes"}, "argument rviz is 'yes'; it must be one of auto, true, false"),
        ({"params": "absent.yaml"}, "argument params is 'absent.yaml'; it must be the path"),
        ({"namespace": "my car"}, "argument namespace is 'my car'; it must be a name such as"),
        ({"input_image_topic": "a b"}, "argument input_image_topic is 'a b'; it must be the"),
        ({"traffic": "many"}, "argument traffic is 'many'; it must be a number up to 1000"),
        ({"traffic": "1,2,3"}, "argument traffic is '1,2,3'; it must be a number up to 1000"),
        ({"traffic": "1001"}, "argument traffic is '1001'; it must be a number up to 1000"),
        ({"log_level": "loud"}, "argument log_level is 'loud'; it must be one of debug, info"),
        ({"data": "absent"}, "argument data is 'absent'; it must be a folder with CameraRGB/"),
        ({"role_name": "7up"}, "argument role_name is '7up'; it must be letters, digits"),
    ],
)
def test_wrong_values_are_named(carla: Any, given: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError, match=told.replace(".", r"\.")) as caught:
        carla(**given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("given", ["true", "True", "1", " true "])
def test_booleans_may_be_written_as_launch_users_do(given: str) -> None:
    (respawn,) = [option for option in CARLA_SYSTEM if option.name == "respawn"]
    assert read_arguments([respawn], {"respawn": given}) == {"respawn": True}


def test_a_mistyped_name_is_not_taken_for_nothing() -> None:
    refuse_unknown(["host", "source"], CARLA_SYSTEM)
    with pytest.raises(ConfigError, match="argument sorce is not known; known are .* source"):
        refuse_unknown(["host", "sorce"], CARLA_SYSTEM)
