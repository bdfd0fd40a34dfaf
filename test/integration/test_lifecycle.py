# SPDX-License-Identifier: Apache-2.0
"""The perception node as a managed node, through its own services."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from harness.camera import pixels, stamp
from harness.peer import ENGINE, values, wait_until
from sensor_msgs.msg import Image
from std_srvs.srv import SetBool


def start(peer: Any, model: Path, **parameters: object) -> Any:
    given = {"model": model, **ENGINE, "autostart": "false", **parameters}
    flags = [x for key, value in given.items() for x in ("-p", f"{key}:={value}")]
    return peer.start("perception", "--ros-args", *flags)


def publishers(peer: Any, topic: str) -> int:
    return len(peer.node.get_publishers_info_by_topic(topic))


def readers(peer: Any, topic: str) -> int:
    return len(peer.node.get_subscriptions_info_by_topic(topic))


def test_the_whole_way_there_and_back_twice(peer: Any, model: Path, camera: Any) -> None:
    started = start(peer, model)
    assert peer.state() == "unconfigured"
    assert not peer.change_state("activate")
    masks = peer.subscribe(Image, "/perception/mask")
    images = peer.publisher(Image, "/image")
    for episode in (1, 2):
        assert peer.change_state("configure")
        assert peer.state() == "inactive"
        wait_until(lambda: publishers(peer, "/perception/mask") == 1, "the mask's topic")
        assert readers(peer, "/image") == 0
        assert peer.change_state("activate")
        assert peer.state() == "active"
        peer.wait_for_reader("/image", reliable=True)
        rgb = camera.rgb(episode)
        images.publish(camera.message(rgb, stamp=episode))
        mask = masks.wait(lambda m, episode=episode: stamp(m) == episode)
        assert np.array_equal(pixels(mask), camera.mask(rgb))
        assert peer.change_state("deactivate")
        wait_until(lambda: readers(peer, "/image") == 0, "the frames to be left alone")
        assert peer.change_state("cleanup")
        wait_until(lambda: publishers(peer, "/perception/mask") == 0, "the topic to go")
        assert peer.state() == "unconfigured"
    assert started.stop() == 0, started.output


def test_another_model_and_other_cameras_by_configuring_again(
    peer: Any, model: Path, tmp_path: Path
) -> None:
    started = start(peer, model)
    other = tmp_path / "other"
    shutil.copytree(model, other)
    assert peer.change_state("configure")
    refusals = peer.set_parameters(model=str(other), overlay_alpha=0.1)
    assert len(refusals) == 1
    assert "model cannot be set now" in refusals[0]
    assert "inactive" in refusals[0]
    assert "cleanup" in refusals[0]
    assert peer.change_state("cleanup")
    assert peer.set_parameters(model=str(other), cameras=["left", "right"]) == []
    assert peer.change_state("configure")
    for topic in ("/perception/left/mask", "/perception/right/overlay"):
        wait_until(lambda topic=topic: publishers(peer, topic) == 1, topic)
    assert peer.change_state("activate")
    wait_until(lambda: readers(peer, "/left/image") == readers(peer, "/right/image") == 1, "input")
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    state = states.wait(lambda m: len(m.status) == 2)
    names = [status.name for status in state.status]
    assert names == ["perception: perception left", "perception: perception right"]
    assert values(state)["model"] == str(other)
    assert started.stop() == 0, started.output


def test_a_configuration_that_fails_leaves_a_node_that_can_be_put_right(
    peer: Any, model: Path, tmp_path: Path
) -> None:
    started = start(peer, tmp_path / "gone")
    assert not peer.change_state("configure")
    assert peer.state() == "unconfigured"
    wait_until(lambda: str(tmp_path / "gone") in started.output, "the reason in the log")
    assert publishers(peer, "/perception/mask") == 0
    assert peer.set_parameters(model=str(model)) == []
    assert peer.change_state("configure")
    assert started.stop() == 0, started.output


def test_shutdown_ends_the_process(peer: Any, model: Path) -> None:
    started = start(peer, model)
    assert peer.change_state("configure")
    assert peer.change_state("activate")
    assert peer.change_state("shutdown")
    assert started.wait() == 0, started.output


def test_frames_are_left_alone_until_enabled_again(peer: Any, model: Path, camera: Any) -> None:
    peer.perception(model)
    masks = peer.subscribe(Image, "/perception/mask")
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    images = peer.publisher(Image, "/image")
    peer.wait_for_reader("/image", reliable=True)
    answer = peer.call(SetBool, "/perception/enable", SetBool.Request(data=False))
    assert answer.success
    assert "left alone" in answer.message
    wait_until(lambda: readers(peer, "/image") == 0, "the frames to be left alone")
    states.wait(lambda m: m.status[0].message == "disabled by ~/enable")
    assert peer.state() == "active"
    images.publish(camera.message(camera.rgb(1), stamp=1))
    assert peer.call(SetBool, "/perception/enable", SetBool.Request(data=True)).success
    peer.wait_for_reader("/image", reliable=True)
    images.publish(camera.message(camera.rgb(2), stamp=2))
    masks.wait(lambda m: stamp(m) == 2)
    assert [stamp(message) for message in masks.messages] == [2]
