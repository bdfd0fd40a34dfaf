# SPDX-License-Identifier: Apache-2.0
"""What can be changed while the node works, and what is refused."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from harness.camera import pixels, stamp
from harness.peer import values
from rcl_interfaces.srv import DescribeParameters
from sensor_msgs.msg import Image

from unet_perception.imaging import Frame, overlay
from unet_perception.labels import load_label_set
from unet_perception.options.perception import PERCEPTION_OPTIONS

LABEL_SET = load_label_set("carla-0.8")


def test_the_overlays_weight_and_classes_change_at_once(
    peer: Any, model: Any, camera: Any, segmenter: Any
) -> None:
    from unet_perception.nodes.perception.drawing import highlighted

    peer.perception(model, overlay_alpha=0.25)
    overlays = peer.subscribe(Image, "/perception/overlay")
    masks = peer.subscribe(Image, "/perception/mask")
    images = peer.publisher(Image, "/image")
    peer.wait_for_reader("/image", reliable=True)
    time.sleep(1.0)
    rgb = camera.rgb(3, 120, 160)
    ids = segmenter.segment(Frame(rgb, "rgb8")).ids
    shown = LABEL_SET.classes[int(ids[0, 0])].name
    settings = (
        (1, {}, 0.25, frozenset[str]()),
        (2, {"overlay_alpha": 0.75}, 0.75, frozenset[str]()),
        (3, {"highlight": [shown]}, 0.75, frozenset({shown})),
        (4, {"highlight": [""], "overlay_alpha": 1.0}, 1.0, frozenset[str]()),
    )
    for number, given, alpha, names in settings:
        if given:
            assert peer.set_parameters(**given) == []
        images.publish(camera.message(rgb, stamp=number))
        drawn = overlays.wait(lambda m, number=number: stamp(m) == number)
        palette = highlighted(LABEL_SET, names)
        assert np.array_equal(pixels(drawn), overlay(Frame(rgb, "rgb8"), ids, palette, alpha))
    masks.wait(lambda m: stamp(m) == 4)
    # Outputs can be left out one by one.
    assert peer.set_parameters(outputs=["overlay"]) == []
    images.publish(camera.message(rgb, stamp=5))
    overlays.wait(lambda m: stamp(m) == 5)
    assert [stamp(message) for message in masks.messages] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("overlay_alpha", 1.5, "range"),
        ("outputs", ["mask", "depth"], "some of mask, overlay"),
        ("outputs", ["mask", "mask"], "some of mask, overlay"),
        ("highlight", ["Unicorns"], "'Unicorns', which is no class of carla-0.8"),
        ("rate_limit", -1.0, "range"),
        ("skip_static", 1, "type"),
        ("engine", "pytorch", "it acts when the node is configured"),
        ("cameras", ["front"], "it acts when the node is configured"),
        ("cameras", ["front", "front"], "different names"),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(
    peer: Any, model: Any, name: str, value: object, told: str
) -> None:
    peer.perception(model)
    (reason,) = peer.set_parameters(**{name: value})
    assert told in reason
    assert peer.set_parameters(overlay_alpha=0.5) == []


def test_every_parameter_is_described(peer: Any, model: Any) -> None:
    peer.perception(model)
    names = [option.name for option in PERCEPTION_OPTIONS]
    answer = peer.call(
        DescribeParameters,
        "/perception/describe_parameters",
        DescribeParameters.Request(names=names),
    )
    assert len(answer.descriptors) == len(names)
    for descriptor in answer.descriptors:
        assert descriptor.description
        assert descriptor.additional_constraints
    by_name = {descriptor.name: descriptor for descriptor in answer.descriptors}
    alpha = by_name["overlay_alpha"].floating_point_range[0]
    assert (alpha.from_value, alpha.to_value) == (0.0, 1.0)
    assert by_name["threads"].integer_range[0].to_value == 1024


def test_a_rate_limit_leaves_frames_out_evenly(peer: Any, model: Any, camera: Any) -> None:
    peer.perception(model, rate_limit=10.0)
    masks = peer.subscribe(Image, "/perception/mask")
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    images = peer.publisher(Image, "/image")
    peer.wait_for_reader("/image", reliable=True)
    rgb = camera.rgb(1)
    begin = time.monotonic()
    for number in range(80):
        images.publish(camera.message(rgb, stamp=number + 1))
        time.sleep(0.025)
    seconds = time.monotonic() - begin

    def settled(message: Any) -> bool:
        # A starved machine loses frames in the middleware: 80 were sent, fewer may have come.
        counts = {key: int(values(message)[key]) for key in ("published", "limited", "dropped")}
        received = int(values(message)["received"])
        return counts["limited"] > 0 and sum(counts.values()) == received >= 40

    states.wait(settled)
    assert 0 < len(masks) <= 10 * seconds + 2
    # At once, without a limit again.
    assert peer.set_parameters(rate_limit=0.0) == []
    images.publish(camera.message(rgb, stamp=101))
    images.publish(camera.message(rgb, stamp=102))
    masks.wait(lambda m: stamp(m) == 102)


def test_a_picture_that_stands_still_gets_its_mask_again(
    peer: Any, model: Any, camera: Any
) -> None:
    peer.perception(model, skip_static="true")
    masks = peer.subscribe(Image, "/perception/mask")
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    images = peer.publisher(Image, "/image")
    peer.wait_for_reader("/image", reliable=True)
    shown = [1, 1, 1, 2, 1, 1]
    for number, seed in enumerate(shown):
        images.publish(camera.message(camera.rgb(seed), stamp=number))
        mask = masks.wait(lambda m, number=number: stamp(m) == number)
        assert np.array_equal(pixels(mask), camera.mask(camera.rgb(seed)))
    state = states.wait(lambda m: values(m)["published"] == "6")
    assert values(state)["unchanged"] == "3"
