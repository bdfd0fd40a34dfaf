# SPDX-License-Identifier: Apache-2.0
"""The systems of the launch files, started as processes: what they show without ``launch``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from harness.peer import ENGINE, wait_until
from sensor_msgs.msg import Image

from unet_perception.bringup.arguments import read_arguments, text
from unet_perception.bringup.recording import RECORD_SYSTEM, record_system
from unet_perception.bringup.systems import CARLA_SYSTEM, carla_system
from unet_perception.demo.processes import ProcessDiedError, ProcessGroup
from unet_perception.demo.stack import free_port

pytestmark = pytest.mark.skipif(not find_spec("carla"), reason="CARLA's client is not installed")


@pytest.fixture
def group(domain: int, tmp_path: Path) -> Iterator[ProcessGroup]:
    folder = tmp_path / "logs"
    folder.mkdir()
    environment = {
        **os.environ,
        "ROS_DOMAIN_ID": str(domain),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    with ProcessGroup(folder, environment) as result:
        yield result


@pytest.fixture
def start(group: ProcessGroup) -> Callable[..., None]:
    """Starts a launch file's system for arguments that are given as texts."""

    def start_all(options: Any, system: Any, **given: str) -> None:
        texts = {option.name: text(option.default) for option in options}
        for part in system(read_arguments(options, {**texts, **given}), {}).parts:
            group.start(part.name, part.python_arguments())

    return start_all


def test_playback_shows_masks_that_fit_and_all_end_in_good_order(
    peer: Any, start: Any, group: ProcessGroup
) -> None:
    from harness import system

    start(CARLA_SYSTEM, carla_system, source="playback", port=str(free_port()), engine="openvino")
    system.check_topics(peer)
    system.check_headers(peer)
    system.check_masks_against_truth(peer)
    system.check_diagnostics(peer)
    group.check()
    assert group.stop() == {"playback": 0, "carla_bridge": 0, "perception": 0}
    assert "could not" not in " ".join(group.last_words("carla_bridge", 50))


def test_names_and_texts_arrive_as_they_were_given(
    peer: Any, start: Any, model: Path, tmp_path: Path
) -> None:
    params = tmp_path / "params.yaml"
    # The node's full name wins over /** in ROS; arguments must win over both.
    params.write_text("/car1/perception:\n  ros__parameters: {precision: bf16, threads: 1}\n")
    start(
        CARLA_SYSTEM,
        carla_system,
        source="playback",
        port=str(free_port()),
        role_name="y",
        namespace="car1",
        params=str(params),
        model=str(model),
        engine=ENGINE["engine"],
        precision=ENGINE["precision"],
        fixed_delta_seconds="0.1",
    )
    mask = peer.subscribe(Image, "/car1/perception/mask").wait()
    assert mask.header.frame_id == "y/rgb_front"


def test_a_part_that_cannot_start_is_named_with_its_reason(start: Any, group: ProcessGroup) -> None:
    start(CARLA_SYSTEM, carla_system, port="9", timeout="1")

    def died() -> str:
        try:
            group.check()
        except ProcessDiedError as error:
            return str(error)
        return ""

    told = wait_until(died, "the bridge's end")
    assert "carla_bridge ended with exit code 1: carla_bridge: stopped: no CARLA server" in told


def test_recording_ends_by_itself_when_it_is_complete(
    start: Any, group: ProcessGroup, tmp_path: Path, numbered_pairs: Path
) -> None:
    out = tmp_path / "recorded"
    start(
        RECORD_SYSTEM,
        record_system,
        out=str(out),
        source="playback",
        port=str(free_port()),
        pairs="3",
        weathers="ClearNoon",
    )

    def ended() -> str:
        try:
            group.check()
        except ProcessDiedError as error:
            return str(error)
        return ""

    assert "record ended with exit code 0" in wait_until(ended, "the recorder's end")
    assert len(list((out / "CameraRGB").iterdir())) == 3
