# SPDX-License-Identifier: Apache-2.0
"""config/overlay.rviz, against what rviz2 reads of such a file.

The keys are those of rviz2 in Jazzy and Kilted: rviz ignores others without a word.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from unet_perception.bringup.stacks import camera_topic
from unet_perception.bringup.viewer import NODE, SHOWN
from unet_perception.options.perception import OUTPUTS

IMAGE = {"Class", "Name", "Enabled", "Value", "Topic"}
IMAGE_MORE = {"Normalize Range", "Min Value", "Max Value", "Median window"}
TOPIC = {"Value", "Depth", "History Policy", "Reliability Policy", "Durability Policy"}
MANAGER = {
    *("Class", "Name", "Enabled", "Value", "Global Options", "Displays", "Tools"),
    *("Transformation", "Views"),
}
GEOMETRY = {"X", "Y", "Width", "Height", "QMainWindow State", "Hide Left Dock", "Hide Right Dock"}
PLUGINS = {
    "rviz_common/Displays",
    "rviz_default_plugins/Image",
    "rviz_default_plugins/MoveCamera",
    "rviz_default_plugins/Orbit",
    "rviz_default_plugins/TF",
}
PICTURES = ("Camera", "Overlay", "Mask")


@pytest.fixture(scope="module")
def config(repo: Path) -> Any:
    return yaml.safe_load((repo / "config/overlay.rviz").read_text())


@pytest.fixture(scope="module")
def displays(config: Any) -> list[dict[str, Any]]:
    return config["Visualization Manager"]["Displays"]


def test_it_has_only_keys_and_plugins_that_rviz_knows(config: Any, repo: Path) -> None:
    assert set(config) == {"Panels", "Visualization Manager", "Window Geometry"}
    manager = config["Visualization Manager"]
    assert set(manager) <= MANAGER
    assert set(manager["Global Options"]) == {"Background Color", "Fixed Frame", "Frame Rate"}
    for display in manager["Displays"]:
        assert IMAGE <= set(display) <= IMAGE | IMAGE_MORE
        assert set(display["Topic"]) == TOPIC
    names = {panel["Name"] for panel in config["Panels"]} | set(PICTURES)
    assert set(config["Window Geometry"]) == GEOMETRY | names
    text = (repo / "config/overlay.rviz").read_text()
    assert set(re.findall(r"Class: (\w+/\w+)", text)) == PLUGINS


def test_it_shows_camera_overlay_and_mask_at_once(displays: Any) -> None:
    assert [display["Name"] for display in displays] == list(PICTURES)
    assert all(display["Enabled"] is True and display["Value"] is True for display in displays)
    topics = [display["Topic"]["Value"] for display in displays]
    assert topics == [camera_topic(), *(f"{NODE}/{shown}" for shown in SHOWN)]
    assert set(SHOWN) <= set(OUTPUTS)


def test_it_asks_for_what_the_nodes_offer_and_the_newest_picture(displays: Any) -> None:
    for display in displays:
        assert {key: value for key, value in display["Topic"].items() if key != "Value"} == {
            "Depth": 1,
            "History Policy": "Keep Last",
            "Reliability Policy": "Reliable",
            "Durability Policy": "Volatile",
        }


def test_the_pictures_are_side_by_side(config: Any) -> None:
    geometry = config["Window Geometry"]
    assert all(geometry[name] == {"collapsed": False} for name in PICTURES)
    docks = docks_of(bytes.fromhex(geometry["QMainWindow State"]))
    left, *others = [docks[name] for name in PICTURES]
    assert all(dock["visible"] and dock["size"] == left["size"] for dock in (left, *others))
    assert [dock["position"] for dock in others] == sorted(dock["position"] for dock in others)
    assert left["position"] == 0 < others[0]["position"]
    assert set(docks) == {*PICTURES, "Displays"}


def docks_of(state: bytes) -> dict[str, dict[str, Any]]:
    """Read the docks of Qt 5's QMainWindow::saveState()."""
    assert state.startswith(b"\x00\x00\x00\xff\x00\x00\x00\x00\xfd")
    found = {}
    # A widget of a dock area: marker, name as UTF-16, flags, then four numbers of which the
    # first two are place and size.
    for match in re.finditer(rb"\xfb\x00\x00\x00", state):
        length = state[match.end()]
        name = state[match.end() + 1 : match.end() + 1 + length].decode("utf-16-be")
        rest = state[match.end() + 1 + length :]
        place, size = (int.from_bytes(rest[i : i + 4], "big") for i in (1, 5))
        found[name] = {"visible": bool(rest[0] & 1), "position": place, "size": size}
    return found
