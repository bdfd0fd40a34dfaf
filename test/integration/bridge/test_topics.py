# SPDX-License-Identifier: Apache-2.0
"""What the bridge publishes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from harness.camera import pixels
from harness.peer import values, wait_until
from harness.topics import EGO, RGB, SEMANTIC, nanoseconds
from harness.world import UNTOUCHED, world
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import String

from unet_perception.labels import load_label_set
from unet_perception.ros.transport.outputs import reliable

LABEL_SET = "carla-0.9.14"


def test_pictures_ids_and_clock_belong_together(peer: Any, bridge: Any, server: Any) -> None:
    clocks = peer.subscribe(Clock, "/clock", reliable(200))
    images = peer.subscribe(Image, f"{RGB}/image")
    masks = peer.subscribe(Image, f"{SEMANTIC}/image")
    infos = peer.subscribe(CameraInfo, f"{RGB}/camera_info")
    colors = peer.subscribe(Image, f"{SEMANTIC}/image_color")
    status = peer.subscribe(DiagnosticArray, "/diagnostics")
    before = world(server)
    node = bridge()
    masks.wait(lambda m: len(masks) >= 30)
    wait_until(lambda: len(images) >= 30 and len(infos) >= 30, "as many pictures")
    told = status.wait(lambda m: values(m)["frame"] != "0")
    labels = peer.subscribe(String, f"{EGO}/labels", reliable(1, latched=True)).wait()
    assert world(server)[0], "not in synchronous mode"
    assert node.stop() == 0
    assert world(server) == before

    times = [m.clock.sec * 10**9 + m.clock.nanosec for m in clocks.messages]
    assert times == sorted(set(times))
    mask_at = {nanoseconds(m.header): m for m in masks.messages}
    info_at = {nanoseconds(m.header): m for m in infos.messages}
    shared = [m for m in images.messages if nanoseconds(m.header) in mask_at]
    assert len(shared) >= 25
    seen = set()
    for image in shared:
        at = nanoseconds(image.header)
        assert at in times
        assert (image.height, image.width, image.encoding) == (600, 800, "bgra8")
        number = int(pixels(image)[0, 0, 2])
        seen.add(number)
        assert np.all(pixels(image) == (3, 2 * number, number, 255))
        mask = mask_at[at]
        assert mask.encoding == "mono8"
        assert np.all(pixels(mask) == number)
        assert image.header.frame_id == "ego_vehicle/rgb_front"
        assert mask.header.frame_id == "ego_vehicle/semantic_segmentation_front"
        if at in info_at:
            info = info_at[at]
            assert info.header == image.header
            assert (info.width, info.height) == (800, 600)
            assert info.k[0] == pytest.approx(400.0)
            assert (info.k[2], info.k[5]) == (400.0, 300.0)
    assert len(seen) > 10

    palette = load_label_set(LABEL_SET).palette
    drawn = [m for m in colors.messages if nanoseconds(m.header) in mask_at]
    assert drawn
    for color in drawn:
        ids = pixels(mask_at[nanoseconds(color.header)])
        assert color.encoding == "rgb8"
        assert np.array_equal(pixels(color), palette[ids])
    assert json.loads(labels.data) == load_label_set(LABEL_SET).as_dict()

    assert told.status[0].name == "carla_bridge: carla"
    assert told.status[0].message.startswith("ticking at ")
    facts = values(told)
    assert facts["server"] == f"localhost:{server.port}"
    assert facts["server_version"] == "0.9.16"
    assert facts["town"] == "Town10HD_Opt"
    assert (facts["reconnects"], facts["swept"]) == ("0", "0")
    assert int(facts["images_rgb_front"]) > 0


@pytest.mark.parametrize("server", [("--carla-version", "0.9.13")], indirect=True)
def test_labels_are_those_of_the_servers_version(peer: Any, bridge: Any, server: Any) -> None:
    labels = peer.subscribe(String, f"{EGO}/labels", reliable(1, latched=True))
    node = bridge()
    told = json.loads(labels.wait().data)
    assert told == load_label_set("carla-0.9.10").as_dict()
    node.wait_for_output("connected to CARLA 0.9.13")
    assert "version 0.9.13 and the client 0.9.16" in node.output
    assert node.stop() == 0


@pytest.mark.parametrize("server", [("--drop", "rgb=3")], indirect=True)
def test_pictures_without_a_partner_are_counted(peer: Any, bridge: Any, server: Any) -> None:
    status = peer.subscribe(DiagnosticArray, "/diagnostics")
    node = bridge()
    told = values(status.wait(lambda m: int(values(m)["incomplete_sets"]) >= 5))
    assert int(told["images_rgb_front"]) < int(told["images_semantic_segmentation_front"])
    assert node.stop() == 0


def test_a_passive_bridge_follows(peer: Any, bridge: Any, server: Any, tmp_path: Path) -> None:
    cameras = tmp_path / "cameras.yaml"
    cameras.write_text("cameras:\n  rear: {type: rgb, width: 80, height: 60, yaw: 180, x: -2}\n")
    images = peer.subscribe(Image, f"{RGB}/image")
    rear = peer.subscribe(Image, f"{EGO}/rear/image")
    ticker = bridge()
    images.wait()
    alone = world(server)
    follower = bridge(passive=True, cameras=cameras)
    follower.wait_for_output("following")
    rear.wait(lambda m: len(rear) >= 10)
    assert nanoseconds(rear.messages[-1].header) >= nanoseconds(images.messages[0].header)
    assert (rear.messages[0].width, rear.messages[0].height) == (80, 60)
    assert follower.stop() == 0
    assert world(server) == alone
    seen = len(images)
    wait_until(lambda: len(images) > seen + 3, "pictures of the one that ticks")
    assert ticker.stop() == 0


def test_another_town_is_followed(peer: Any, bridge: Any, server: Any) -> None:
    images = peer.subscribe(Image, f"{RGB}/image")
    node = bridge()
    images.wait()
    world(server, 'client.load_world("Town03")')
    node.wait_for_output("connected again to CARLA 0.9.16")
    assert "Town03" in node.output.splitlines()[-1]
    seen = len(images)
    wait_until(lambda: len(images) > seen + 3, "pictures of the new town")
    assert node.stop() == 0
    assert world(server) == UNTOUCHED


def test_pictures_come_again_after_a_restart_of_the_server(
    peer: Any, bridge: Any, server: Any
) -> None:
    images = peer.subscribe(Image, f"{RGB}/image")
    status = peer.subscribe(DiagnosticArray, "/diagnostics")
    node = bridge(timeout=2.0, autopilot=True)
    images.wait(lambda m: nanoseconds(m.header) > 10**9)
    server.kill()
    told = status.wait(lambda m: m.status[0].level == b"\2")
    assert told.status[0].message.startswith("connection lost")
    assert "does not answer" in values(told)["last_error"]
    seen = len(images)
    server.start()
    wait_until(lambda: len(images) > seen + 10, "pictures after the restart")
    back = status.wait(lambda m: values(m)["reconnects"] == "1")
    assert back.status[0].level == b"\0"
    assert node.output.count("trying to connect again") == 1
    assert node.output.count("connected again to CARLA") == 1
    assert "simulation time begins anew" in node.output
    assert node.stop() == 0
    assert world(server) == UNTOUCHED
