# SPDX-License-Identifier: Apache-2.0
"""Whether rviz2 or the live page is started, and with which topics."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unet_perception.bringup.arguments import refuse_idle
from unet_perception.bringup.parts import RosNode
from unet_perception.bringup.stacks import camera_topic, live_view
from unet_perception.bringup.tables import VIEW_ADDRESS
from unet_perception.errors import ConfigError
from unet_perception.files.share import shipped

RVIZ = "rviz2"
CONFIG = "config/overlay.rviz"

NODE = "/perception"
SHOWN = ("overlay", "color_mask")
"""Topics of the node that the shipped configuration shows, beside the camera's."""


def viewer(
    values: Mapping[str, Any], camera: str, node: str, environment: Mapping[str, str]
) -> tuple[RosNode | None, str]:
    """Return rviz2 if it is wanted, and what to tell the user if not.

    Args:
        values: The arguments.
        camera: Topic of the camera, absolute.
        node: Full name of the perception node.
        environment: Environment of the launch.

    Raises:
        ConfigError: It is wanted and cannot be had, or both yes and no were said.
    """
    wanted = _wanted(values["rviz"], values["view"])
    if wanted == "false":
        return None, ""
    missing = _missing(environment)
    if missing and wanted == "true":
        raise ConfigError(f"rviz2 cannot be started: {missing}; or rviz:=false")
    if missing:
        return None, f"without rviz2, as {missing}; the overlay is on {node}/overlay"
    moved = {camera_topic(): camera}
    moved.update({f"{NODE}/{shown}": f"{node}/{shown}" for shown in SHOWN})
    config = values["rviz_config"]
    part = RosNode(
        RVIZ,
        package=RVIZ,
        arguments=("-d", str(Path(config).expanduser() if config else shipped(CONFIG))),
        parameters={"use_sim_time": True} if values["use_sim_time"] else {},
        remaps={old: new for old, new in moved.items() if old != new},
        needed=False,
    )
    return part, ""


def page(values: Mapping[str, Any], node: str) -> tuple[RosNode | None, str]:
    """Return the live page if it is wanted, and where it will be.

    Args:
        values: The arguments.
        node: Full name of the perception node.

    Raises:
        ConfigError: Its address is given, and it is not wanted.
    """
    if values["view"] != "web":
        refuse_idle(
            VIEW_ADDRESS, values, f"view:={values['view']} is no page; with view:=web it is"
        )
        return None, ""
    host, port = values["view_host"], values["view_port"]
    further = {"use_sim_time": True} if values["use_sim_time"] else {}
    where = f"http://{host}:{port}/" if port else "an address that it tells itself"
    return live_view(node, port, host, further), f"the live page is at {where}"


def _wanted(rviz: str, view: str) -> str:
    if view == "web":
        return "true" if rviz == "true" else "false"
    asked = {"auto": "auto", "none": "false", "rviz": "true"}[view]
    if "auto" in (asked, rviz) or asked == rviz:
        return rviz if asked == "auto" else asked
    raise ConfigError(f"argument view is {view!r}, but rviz is {rviz!r}; leave one of them out")


def _missing(environment: Mapping[str, str]) -> str:
    prefixes = environment.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    if not any((Path(prefix) / "lib" / RVIZ / RVIZ).is_file() for prefix in prefixes if prefix):
        distribution = environment.get("ROS_DISTRO", "$ROS_DISTRO")
        return f"it is not installed here (sudo apt install ros-{distribution}-rviz2)"
    if not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        return "there is no display (DISPLAY is not set)"
    return ""
