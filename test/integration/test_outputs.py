# SPDX-License-Identifier: Apache-2.0
"""What else the node publishes: labels, camera_info, drawings, diagnostics."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from harness.camera import pixels, stamp
from harness.peer import values
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import String

from unet_perception.imaging import Frame, colorize, overlay
from unet_perception.labels import LabelSet, load_label_set
from unet_perception.model.bundle import load_bundle
from unet_perception.ros.transport.outputs import reliable

LABEL_SET = load_label_set("carla-0.8")


def test_labels_reach_a_latecomer(peer: Any, model: Any) -> None:
    peer.perception(model)
    time.sleep(0.5)
    message = peer.subscribe(String, "/perception/labels", reliable(1, latched=True)).wait()
    data = json.loads(message.data)
    assert data == LABEL_SET.as_dict()
    assert data["unlabeled"] == 255
    assert LabelSet.from_dict(data) == LABEL_SET


def test_drawings_are_made_only_for_those_who_look(
    peer: Any, model: Any, camera: Any, segmenter: Any
) -> None:
    peer.perception(model, overlay_alpha=0.25)
    masks = peer.subscribe(Image, "/perception/mask")
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    images = peer.publisher(Image, "/image")
    peer.wait_for_reader("/image", reliable=True)
    rgb = camera.rgb(3, 120, 160)
    images.publish(camera.message(rgb, "bgra8", padding=4, stamp=1))
    masks.wait(lambda m: stamp(m) == 1)
    state = states.wait(lambda m: values(m)["published"] == "1")
    assert values(state)["drawn"] == "0"

    overlays = peer.subscribe(Image, "/perception/overlay")
    colors = peer.subscribe(Image, "/perception/color_mask")
    time.sleep(1.0)
    images.publish(camera.message(rgb, "bgra8", padding=4, stamp=2))
    drawn = overlays.wait(lambda m: stamp(m) == 2)
    colored = colors.wait(lambda m: stamp(m) == 2)
    assert drawn.encoding == colored.encoding == "rgb8"
    assert len(overlays) == len(colors) == 1
    ids = segmenter.segment(Frame(rgb, "rgb8")).ids
    expected = overlay(Frame(rgb, "rgb8"), ids, LABEL_SET.palette, 0.25)
    assert np.array_equal(pixels(drawn), expected)
    assert np.array_equal(pixels(colored), colorize(ids, LABEL_SET.palette, (120, 160)))
    # The drawing shows the classes of the mask, pixel by pixel.
    mask = pixels(masks.wait(lambda m: stamp(m) == 2))
    assert np.array_equal(pixels(colored), LABEL_SET.palette[mask])


def test_camera_info_follows_each_mask(peer: Any, model: Any, camera: Any) -> None:
    peer.perception(model, "-r", "image:=/car/front/image")
    relayed = peer.subscribe(CameraInfo, "/perception/camera_info")
    infos = peer.publisher(CameraInfo, "/car/front/camera_info")
    images = peer.publisher(Image, "/car/front/image")
    peer.wait_for_reader("/car/front/image", reliable=True)
    peer.wait_for_reader("/car/front/camera_info", reliable=True)
    info = CameraInfo(width=80, height=60, distortion_model="plumb_bob", d=[0.1] * 5)
    info.k = [40.0, 0.0, 41.0, 0.0, 42.0, 31.0, 0.0, 0.0, 1.0]
    info.p = [40.0, 0.0, 41.0, 7.0, 0.0, 42.0, 31.0, 8.0, 0.0, 0.0, 1.0, 0.0]
    infos.publish(info)
    time.sleep(0.5)
    image = camera.message(camera.rgb(1), stamp=4)
    image.header.frame_id = "car/front"
    images.publish(image)
    received = relayed.wait()
    assert received.header == image.header
    info.header = image.header
    assert received == info

    images.publish(camera.message(camera.rgb(1, 30, 40), stamp=5))
    half = relayed.wait(lambda m: stamp(m) == 5)
    assert (half.width, half.height) == (40, 30)
    assert list(half.k) == [20.0, 0.0, 20.5, 0.0, 21.0, 15.5, 0.0, 0.0, 1.0]


def test_a_remapped_camera_info_is_read(peer: Any, model: Any, camera: Any) -> None:
    peer.perception(model, "-r", "camera_info:=/calibration")
    relayed = peer.subscribe(CameraInfo, "/perception/camera_info")
    infos = peer.publisher(CameraInfo, "/calibration", reliable(1, latched=True))
    infos.publish(CameraInfo(width=80, height=60, distortion_model="equidistant"))
    images = peer.publisher(Image, "/image")
    peer.wait_for_reader("/image", reliable=True)
    peer.wait_for_reader("/calibration", reliable=True)
    time.sleep(0.3)
    images.publish(camera.message(camera.rgb(1), stamp=1))
    assert relayed.wait().distortion_model == "equidistant"


def test_diagnostics_tell_the_state(peer: Any, model: Any, camera: Any) -> None:
    peer.perception(model)
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    silent = states.wait(lambda m: "no frames" in m.status[0].message)
    assert silent.status[0].level == b"\x01"
    assert silent.status[0].name == "perception: perception"
    images = peer.publisher(Image, "/image")
    peer.wait_for_reader("/image", reliable=True)
    for number in range(60):
        images.publish(camera.message(camera.rgb(number), stamp=number))
        time.sleep(0.05)
    state = states.wait(lambda m: int(values(m)["published"]) > 30)
    assert state.status[0].level == b"\x00"
    found = values(state)
    assert 2 < float(found["rate_hz"]) < 25
    percentiles = [float(found[f"latency_p{p}_ms"]) for p in (50, 95, 99)]
    assert 0 < percentiles[0] <= percentiles[1] <= percentiles[2] < 1000
    assert found["engine"] == "openvino"
    assert found["precision"] == "fp32"
    assert found["engine_version"]
    assert found["device"]
    assert found["model"] == str(model)
    assert found["model_sha256"] == load_bundle(model).sha256
    assert found["model_origin"].startswith("of unknown origin")
    assert found["label_set"] == "carla-0.8"
    assert found["input_topic"] == "/image"
    assert found["input_qos"] == "sensor_msgs/msg/Image RELIABLE VOLATILE KEEP_LAST 1"
