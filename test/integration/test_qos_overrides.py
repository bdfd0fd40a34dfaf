# SPDX-License-Identifier: Apache-2.0
"""QoS that the user sets: it is used, and who does not fit is named in log and diagnostics."""

from __future__ import annotations

from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from harness.camera import stamp
from harness.peer import values, wait_until
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from unet_perception.ros.transport.outputs import reliable

BEST_EFFORT = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=5, reliability=ReliabilityPolicy.BEST_EFFORT
)
OFFERED = "qos_overrides./perception/mask.publisher"
ASKED = "qos_overrides./image.subscription"


def profile_of(infos: list[Any]) -> Any:
    return infos[0].qos_profile


def test_a_publisher_takes_the_users_qos(peer: Any, model: Any, camera: Any) -> None:
    given = {"reliability": "best_effort", "durability": "transient_local", "depth": "7"}
    flags = [x for key, value in given.items() for x in ("-p", f"{OFFERED}.{key}:={value}")]
    node = peer.perception(model, *flags)
    profile = profile_of(peer.node.get_publishers_info_by_topic("/perception/mask"))
    assert profile.reliability == ReliabilityPolicy.BEST_EFFORT
    assert profile.durability == DurabilityPolicy.TRANSIENT_LOCAL

    # Who asks for more is named, with what to do about it.
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    unheard = peer.subscribe(Image, "/perception/mask", reliable(1))
    words = (
        "/perception/mask: /peer receives nothing, as it asks for RELIABLE, while BEST_EFFORT is "
        f"offered: let it ask for BEST_EFFORT, or set {OFFERED}.reliability to reliable here"
    )
    node.wait_for_output(words)
    states.wait(lambda m: values(m)["transport_problem"] == words)

    # The others are served.
    masks = peer.subscribe(Image, "/perception/mask", BEST_EFFORT)
    images = peer.publisher(Image, "/image")
    peer.wait_for_reader("/image", reliable=True)
    images.publish(camera.message(camera.rgb(1), stamp=1))
    assert stamp(masks.wait()) == 1
    assert len(unheard) == 0


def test_every_topic_of_the_node_takes_the_users_qos(peer: Any, model: Any) -> None:
    topics = [f"/perception/{name}" for name in ("overlay", "camera_info", "latency", "labels")]
    peer.perception(
        model,
        *(
            flag
            for topic in topics
            for flag in ("-p", f"qos_overrides.{topic}.publisher.reliability:=best_effort")
        ),
    )
    found = peer.node.get_publishers_info_by_topic
    for topic in topics:
        profile = profile_of(wait_until(lambda topic=topic: found(topic), topic))
        assert profile.reliability == ReliabilityPolicy.BEST_EFFORT, topic


def test_a_latched_mask_that_is_not_offered_is_named(peer: Any, model: Any) -> None:
    node = peer.perception(model)
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    profile = reliable(1, latched=True)
    subscription = peer.node.create_subscription(
        Image, "/perception/mask", lambda message: None, profile
    )
    words = (
        "/perception/mask: /peer receives nothing, as it asks for TRANSIENT_LOCAL, while VOLATILE "
        f"is offered: let it ask for VOLATILE, or set {OFFERED}.durability to transient_local here"
    )
    node.wait_for_output(words)
    states.wait(lambda m: values(m)["transport_problem"] == words)
    peer.node.destroy_subscription(subscription)
    wait_until(lambda: not values(states.messages[-1])["transport_problem"], "no problem")
    assert node.output.count(words) == 1


def test_a_subscription_keeps_what_the_user_fixed(peer: Any, model: Any, camera: Any) -> None:
    node = peer.perception(model, "-p", f"{ASKED}.reliability:=best_effort")
    masks = peer.subscribe(Image, "/perception/mask")
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    images = peer.publisher(Image, "/image", reliable(1, latched=True))
    # Durability is followed, reliability is not.
    state = states.wait(lambda m: "TRANSIENT_LOCAL" in values(m)["input_qos"])
    assert values(state)["input_qos"] == (
        "sensor_msgs/msg/Image BEST_EFFORT TRANSIENT_LOCAL KEEP_LAST 1"
    )
    images.publish(camera.message(camera.rgb(1), stamp=1))
    masks.wait(lambda m: stamp(m) == 1)
    assert node.stop() == 0


def test_a_publisher_that_does_not_fit_what_the_user_fixed_is_named(
    peer: Any, another_peer: Any, model: Any, camera: Any
) -> None:
    node = peer.perception(model, "-p", f"{ASKED}.reliability:=reliable")
    masks = peer.subscribe(Image, "/perception/mask")
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    another_peer.publisher(Image, "/image", BEST_EFFORT)
    words = (
        "/image: nothing is received from /peer, which offers BEST_EFFORT, while "
        f"{ASKED}.reliability asks for RELIABLE: remove that override, or let /peer offer RELIABLE"
    )
    node.wait_for_output(words)
    states.wait(lambda m: values(m)["transport_problem"] == words)
    strong = peer.publisher(Image, "/image")
    peer.wait_for_reader("/image", reliable=True)
    strong.publish(camera.message(camera.rgb(1), stamp=1))
    masks.wait(lambda m: stamp(m) == 1)


def test_a_wrong_override_stops_the_node_with_its_name(peer: Any, model: Any) -> None:
    flag = f"{OFFERED}.reliability:=sometimes"
    node = peer.start("perception", "--ros-args", "-p", f"model:={model}", "-p", flag)
    assert node.wait() == 1
    words = f"parameter {OFFERED}.reliability is 'sometimes'; it must be reliable or best_effort"
    assert words in node.output
