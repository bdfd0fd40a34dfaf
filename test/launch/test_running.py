# SPDX-License-Identifier: Apache-2.0
"""The launch files as ``launch`` runs them: arguments, ends, deaths, rviz, recording."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from harness.peer import wait_until
from rcl_interfaces.srv import GetParameters
from sensor_msgs.msg import Image

from unet_perception.bringup.systems import CARLA_SYSTEM, PERCEPTION_SYSTEM
from unet_perception.demo.stack import free_port
from unet_perception.options.option import Option

QUIET = ("rviz:=false",)


def playing(*more: str) -> list[str]:
    """Arguments of a system on a playback server, at a rate that a busy machine can hold."""
    return ["source:=playback", f"port:={free_port()}", "fixed_delta_seconds:=0.1", *QUIET, *more]


@pytest.mark.parametrize("file", ["carla", "playback"])
def test_they_start_and_end_in_good_order(launch_file: Any, peer: Any, file: str) -> None:
    given = playing() if file == "carla" else playing()[1:]
    started = launch_file(file, *given)
    assert peer.subscribe(Image, "/perception/mask").wait().encoding == "mono8"
    assert started.interrupt() == 0, started.output
    assert started.output.count("process has finished cleanly") == 3, started.output
    assert "could not" not in started.output


def test_a_carla_server_is_used_and_left_as_it_was(
    launch_file: Any, peer: Any, start_carla_server: Any
) -> None:
    server = start_carla_server("--town", "Town02")
    started = launch_file(
        "carla",
        *(f"port:={server.port}", "town:=Town03", "role_name:=hero", "traffic:=2,1"),
        *("autopilot:=true", "fixed_delta_seconds:=0.1", *QUIET),
    )
    mask = peer.subscribe(Image, "/perception/mask").wait()
    assert mask.header.frame_id == "hero/rgb_front"
    assert "Town03" in started.output
    assert started.interrupt() == 0, started.output
    assert "could not" not in started.output
    assert server.popen.poll() is None


@pytest.mark.parametrize("source", ["native", "topic"])
def test_a_camera_without_the_bridge_is_segmented_and_recorded(
    launch_file: Any, peer: Any, tmp_path: Path, source: str
) -> None:
    peer.start("camera_source", "--ros-args", "-p", "rate:=5.0")
    camera = "/carla/ego_vehicle/rgb_front/image"
    ids = "/carla/ego_vehicle/semantic_segmentation_front/image"
    out = tmp_path / "recorded"
    started = launch_file(
        "carla",
        *(f"source:={source}", f"input_image_topic:={camera}", *QUIET),
        *(f"record:={out}", f"ids_topic:={ids}", "ids_label_set:=carla-0.8"),
    )
    peer.subscribe(Image, "/perception/mask").wait()
    wait_until((out / "manifest.jsonl").is_file, "a first pair")
    assert started.interrupt() == 0, started.output
    assert ("in domain 0" in started.output) == (source == "native")


def test_perception_alone_takes_what_it_is_told(
    launch_file: Any, peer: Any, tmp_path: Path
) -> None:
    params = tmp_path / "params.yaml"
    params.write_text(
        "/car1/perception:\n  ros__parameters: {precision: bf16, overlay_alpha: 0.25}\n"
    )
    started = launch_file(
        "perception",
        *("input_image_topic:=/car/front", "namespace:=car1", f"params:={params}"),
        *("engine:=openvino", "precision:=fp32", "use_sim_time:=true", "log_level:=warn", *QUIET),
    )
    names = ["input_image_topic", "engine", "precision", "overlay_alpha", "use_sim_time"]
    answer = peer.call(
        GetParameters, "/car1/perception/get_parameters", GetParameters.Request(names=names)
    )
    topic, engine, precision, alpha, sim_time = answer.values
    told = (topic.string_value, engine.string_value, precision.string_value)
    assert told == ("/car/front", "openvino", "fp32")
    assert alpha.double_value == 0.25
    assert sim_time.bool_value
    wait_until(lambda: peer.node.get_subscriptions_info_by_topic("/car/front"), "a subscription")
    assert started.interrupt() == 0, started.output
    assert "[INFO] [1" not in started.output


def known(arguments: tuple[Option, ...]) -> str:
    """What is said of an argument that is not one of these."""
    return f"is not known; known are {', '.join(sorted(each.name for each in arguments))}"


@pytest.mark.parametrize(
    ("file", "given", "told"),
    [
        ("carla", "source:=bag", "argument source is 'bag'; it must be one of carla, native"),
        ("carla", "sorce:=playback", f"argument sorce {known(CARLA_SYSTEM)}"),
        ("carla", "view:=html", "argument view is 'html'; it must be one of auto, none, rviz, web"),
        ("perception", "engine:=warp", "argument engine is 'warp'; it must be one of auto"),
        ("perception", "host:=far", f"argument host {known(PERCEPTION_SYSTEM)}"),
        ("playback", "data:=absent", "argument data is 'absent'; it must be a folder with"),
        ("record", "source:=carla", "argument out is missing; name the folder to record into"),
    ],
)
def test_a_wrong_argument_ends_with_a_sentence(
    launch_file: Any, file: str, given: str, told: str
) -> None:
    started = launch_file(file, given)
    assert started.wait() == 1
    assert told in started.output
    assert "Traceback" not in started.output
    assert "process started" not in started.output


def test_a_part_that_cannot_start_ends_the_launch_with_its_reason(launch_file: Any) -> None:
    started = launch_file("carla", "port:=9", "timeout:=1", *QUIET)
    assert started.wait() == 1
    told = "carla_bridge ended with exit code 1: carla_bridge: stopped: no CARLA server at"
    assert told in started.output


def test_a_death_ends_the_launch_and_is_named(launch_file: Any, peer: Any) -> None:
    started = launch_file("carla", *playing())
    peer.subscribe(Image, "/perception/mask").wait()
    (pid,) = started.pids("perception")
    os.kill(pid, signal.SIGKILL)
    assert started.wait() == 1
    assert "perception was ended by SIGKILL" in started.output
    assert started.output.count("process has finished cleanly") == 2, started.output


def test_what_died_comes_again_where_that_was_asked_for(launch_file: Any, peer: Any) -> None:
    started = launch_file("carla", *playing("respawn:=true"))
    masks = peer.subscribe(Image, "/perception/mask")
    masks.wait()
    os.kill(started.pids("perception")[0], signal.SIGKILL)
    started.wait_for("perception was ended by SIGKILL")
    wait_until(lambda: len(started.pids("perception")) == 2, "a second perception node")
    seen = len(masks)
    wait_until(lambda: len(masks) > seen + 3, "masks of the second node")
    assert "starting it again" in started.output
    assert started.interrupt() == 0, started.output


@pytest.fixture
def rviz(tmp_path: Path) -> dict[str, str]:
    """An environment in which rviz2 is a script that says how it was called, and may be closed."""
    folder = tmp_path / "prefix/lib/rviz2"
    folder.mkdir(parents=True)
    index = tmp_path / "prefix/share/ament_index/resource_index/packages"
    index.mkdir(parents=True)
    (index / "rviz2").touch()
    script = folder / "rviz2"
    script.write_text(
        f'#!/bin/sh\necho "called with $*"\nuntil [ -e {tmp_path}/close ]; do sleep 0.1; done\n'
    )
    script.chmod(0o755)
    prefixes = f"{tmp_path / 'prefix'}:{os.environ['AMENT_PREFIX_PATH']}"
    return {"AMENT_PREFIX_PATH": prefixes, "DISPLAY": ":0"}


def test_rviz_is_started_and_may_be_closed(
    launch_file: Any, peer: Any, rviz: dict[str, str], tmp_path: Path
) -> None:
    given = [x for x in playing("namespace:=car1") if x not in QUIET]
    started = launch_file("carla", *given, **rviz)
    started.wait_for("called with")
    (line,) = [x for x in started.output.splitlines() if "called with" in x]
    assert "-d " in line
    assert "config/overlay.rviz" in line
    assert "-r /perception/overlay:=/car1/perception/overlay" in line
    (tmp_path / "close").touch()
    started.wait_for("rviz2 was closed; the rest goes on")
    masks = peer.subscribe(Image, "/car1/perception/mask")
    masks.wait()
    assert started.interrupt() == 0, started.output


def test_pairs_are_recorded_until_there_are_enough(launch_file: Any, tmp_path: Path) -> None:
    out = tmp_path / "recorded"
    started = launch_file(
        "record",
        *(f"out:={out}", "source:=playback", f"port:={free_port()}"),
        *("pairs:=3", "weathers:=ClearNoon"),
    )
    assert started.wait() == 0, started.output
    assert "record has ended" in started.output
    assert len(list((out / "CameraRGB").iterdir())) == 3


def test_pairs_are_recorded_beside_the_live_system(launch_file: Any, tmp_path: Path) -> None:
    out = tmp_path / "recorded"
    started = launch_file("carla", *playing(f"record:={out}"))
    wait_until((out / "manifest.jsonl").is_file, "a first pair")
    time.sleep(1.0)
    assert started.interrupt() == 0, started.output
    assert len(list((out / "CameraRGB").iterdir())) == len(list((out / "CameraMask").iterdir()))
