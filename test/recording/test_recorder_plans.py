# SPDX-License-Identifier: Apache-2.0
"""Streets, several views, and commands between sets, recorded for real."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("carla", reason="the carla client is not installed")
from recording_process import SMALL, RecordingProcess

from unet_perception.dataset import read_image, read_mask
from unet_perception.dataset.manifest import read_manifest
from unet_perception.playback.scenes import CameraView, Moment, Scene
from unet_perception.playback.server.server import PlaybackServer, ServerOptions
from unet_perception.playback.source import SourceFrame
from unet_perception.playback.stage import StreetStage

VIEWS = """cameras:
  rgb_front: {type: rgb, width: 80, height: 60}
  ids_front: {type: semantic_segmentation, width: 80, height: 60}
  rgb_left: {type: rgb, width: 64, height: 48, yaw: -60}
  ids_left: {type: semantic_segmentation, width: 64, height: 48, yaw: -60}
"""


class Noting(StreetStage):
    """The street, which keeps what it has drawn, by frame."""

    def __init__(self) -> None:
        self.drawn: dict[int, SourceFrame] = {}

    def scene(self, town: str) -> Any:
        return NotingScene(super().scene(town), self.drawn)


class NotingScene:
    def __init__(self, scene: Scene, drawn: dict[int, SourceFrame]) -> None:
        self._scene = scene
        self._drawn = drawn
        self.label_set = scene.label_set

    def check(self, view: CameraView) -> None:
        self._scene.check(view)

    def render(self, view: CameraView, moment: Moment) -> SourceFrame:
        frame = self._scene.render(view, moment)
        self._drawn[moment.index] = frame
        return frame


@pytest.mark.exhaustive
def test_the_street_comes_back_as_it_was_drawn(
    record: Callable[..., RecordingProcess], tmp_path: Path
) -> None:
    (tmp_path / "cameras.yaml").write_text(SMALL.replace("80, height: 60", "96, height: 72"))
    stage = Noting()
    with PlaybackServer(ServerOptions(port=0), stage) as server:
        plan = ["--weathers", "HardRainSunset", "--pairs", "60", "--min-distance", "0.5"]
        running = record(server, *plan)
        assert running.wait() == 0, running.output
    entries = read_manifest(tmp_path / "out")
    assert len(entries) == 60
    for entry in entries:
        drawn = stage.drawn[entry.frame]
        assert np.array_equal(read_image(tmp_path / f"out/CameraRGB/{entry.name}.png"), drawn.rgb)
        assert np.array_equal(read_mask(tmp_path / f"out/CameraMask/{entry.name}.png"), drawn.ids)
    assert len({drawn.rgb.tobytes() for drawn in stage.drawn.values()}) > 60


def test_several_views_are_of_one_frame(
    record: Callable[..., RecordingProcess], server: Any, tmp_path: Path
) -> None:
    (tmp_path / "cameras.yaml").write_text(VIEWS)
    running = record(server, "--weathers", "ClearNoon", "--pairs", "40", "--keep-standing")
    assert running.wait() == 0, running.output
    entries = read_manifest(tmp_path / "out")
    assert len(entries) == 40
    for entry in entries:
        folders = {Path(name).parent.name: tmp_path / "out" / name for name in entry.files}
        assert set(folders) == {"CameraRGB", "CameraMask", "CameraRGB_left", "CameraMask_left"}
        number = entry.frame % 28
        for suffix, shape in (("", (60, 80)), ("_left", (48, 64))):
            picture = read_image(folders[f"CameraRGB{suffix}"])
            mask = read_mask(folders[f"CameraMask{suffix}"])
            assert picture.shape[:2] == mask.shape == shape
            assert (picture[..., 0] == number).all()
            assert (mask == number).all()


def test_a_command_runs_between_sets_and_its_failure_ends_the_recording(
    record: Callable[..., RecordingProcess], server: Any, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    plan = ["--weathers", "ClearNoon", "WetNoon", "CloudyNoon", "--pairs", "4", "--keep-standing"]
    running = record(server, *plan, "--restart", f"echo again >> {told}")
    assert running.wait() == 0, running.output
    assert told.read_text().split() == ["again", "again"]
    more = [*plan[:4], "WetSunset", *plan[4:]]
    running = record(server, *more, "--routes", "2", "--restart", "exit 3")
    assert running.wait() == 1
    assert "restart command 'exit 3' ended with exit code 3" in running.output
    assert len(read_manifest(tmp_path / "out")) == 16


def test_a_command_may_restart_the_server(
    record: Callable[..., RecordingProcess],
    start_carla_server: Callable[..., Any],
    numbered_pairs: Path,
    tmp_path: Path,
) -> None:
    server = start_carla_server("--data", str(numbered_pairs))
    again = f"{sys.executable} -m unet_perception.cli playback --port {server.port}"
    started = tmp_path / "pid"
    script = tmp_path / "restart.sh"
    script.write_text(
        f"kill -9 {server.popen.pid}\n"
        f"(sleep 2; exec {again} --data {numbered_pairs}) > /dev/null 2>&1 < /dev/null &\n"
        f"echo $! > {started}\n"
    )
    plan = ["--weathers", "ClearNoon", "WetNoon", "--pairs", "4", "--keep-standing"]
    running = record(server, *plan, "--timeout", "1", "--restart", f"sh {script}")
    try:
        assert running.wait() == 0, running.output
    finally:
        if started.exists():
            os.kill(int(started.read_text()), signal.SIGKILL)
    assert len(read_manifest(tmp_path / "out")) == 8
