# SPDX-License-Identifier: Apache-2.0
"""rviz2 and the live page are started where they are wanted and can be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from unet_perception.errors import ConfigError
from unet_perception.files.share import share_path


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """An environment with rviz2 and a display."""
    (tmp_path / "lib/rviz2").mkdir(parents=True)
    (tmp_path / "lib/rviz2/rviz2").touch()
    return {"AMENT_PREFIX_PATH": f"/absent:{tmp_path}", "DISPLAY": ":0"}


def rviz(system: Any) -> Any:
    return next((part for part in system.parts if part.name == "rviz2"), None)


@pytest.mark.parametrize(
    ("given", "started"),
    [
        ({}, True),
        ({"rviz": "true"}, True),
        ({"rviz": "false"}, False),
        ({"view": "none"}, False),
        ({"view": "rviz"}, True),
        ({"view": "rviz", "rviz": "true"}, True),
    ],
)
def test_it_is_started_as_asked(
    carla: Any, installed: dict[str, str], given: dict[str, str], started: bool
) -> None:
    system = carla(installed, **given)
    assert (rviz(system) is not None) == started
    assert system.notes == ()


@pytest.mark.parametrize("missing", ["AMENT_PREFIX_PATH", "DISPLAY"])
def test_where_it_cannot_run_auto_says_so_and_a_wish_is_refused(
    carla: Any, installed: dict[str, str], missing: str
) -> None:
    del installed[missing]
    system = carla(installed)
    assert rviz(system) is None
    assert "without rviz2" in system.notes[0]
    with pytest.raises(ConfigError, match="rviz2 cannot be started: .*; or rviz:=false"):
        carla(installed, rviz="true")


def test_wayland_is_a_display(carla: Any, installed: dict[str, str]) -> None:
    del installed["DISPLAY"]
    assert rviz(carla({**installed, "WAYLAND_DISPLAY": "wayland-0"})) is not None


def test_yes_and_no_at_once_are_refused(carla: Any, installed: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="view is 'none', but rviz is 'true'"):
        carla(installed, view="none", rviz="true")


def test_it_shows_the_topics_where_they_are(carla: Any, installed: dict[str, str]) -> None:
    usual = rviz(carla(installed))
    assert usual.arguments == ("-d", str(share_path("config/overlay.rviz")))
    assert usual.remaps == {}
    assert not usual.needed
    moved = rviz(carla(installed, namespace="car1", role_name="hero", use_sim_time="true"))
    assert moved.remaps == {
        "/carla/ego_vehicle/rgb_front/image": "/carla/hero/rgb_front/image",
        "/perception/overlay": "/car1/perception/overlay",
        "/perception/color_mask": "/car1/perception/color_mask",
    }
    assert moved.parameters == {"use_sim_time": True}
    native = rviz(carla(installed, source="native"))
    assert native.remaps == {"/carla/ego_vehicle/rgb_front/image": "/carla/hero/rgb/image"}
    relative = rviz(carla(installed, source="topic", input_image_topic="image", namespace="car1"))
    assert relative.remaps["/carla/ego_vehicle/rgb_front/image"] == "/car1/image"


def test_another_configuration_can_be_shown(
    carla: Any, installed: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "my.rviz").touch()
    system = carla(installed, rviz_config=str(tmp_path / "my.rviz"))
    assert rviz(system).arguments == ("-d", str(tmp_path / "my.rviz"))


def live_page(system: Any) -> Any:
    return next((part for part in system.parts if part.name == "live_view"), None)


def test_the_live_page_is_started_as_asked(carla: Any, installed: dict[str, str]) -> None:
    assert live_page(carla(installed)) is None
    system = carla(installed, view="web", namespace="car1")
    page = live_page(system)
    assert page.parameters == {"node": "/car1/perception", "host": "127.0.0.1", "port": 8080}
    assert not page.needed
    assert rviz(system) is None
    assert system.notes == ("the live page is at http://127.0.0.1:8080/",)


def test_both_may_be_asked_for(carla: Any, installed: dict[str, str]) -> None:
    system = carla(installed, view="web", rviz="true", view_port="0", use_sim_time="true")
    assert rviz(system) is not None
    assert live_page(system).parameters["port"] == 0
    assert live_page(system).parameters["use_sim_time"] is True


def test_an_address_without_a_page_is_refused(carla: Any, installed: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="argument view_port is '9000', but .* view:=web"):
        carla(installed, view_port="9000")
