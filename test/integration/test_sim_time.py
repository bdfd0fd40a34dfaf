# SPDX-License-Identifier: Apache-2.0
"""Simulated time: stamps pass untouched, and a pause is no fault."""

from __future__ import annotations

from typing import Any

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from harness.peer import values
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from std_msgs.msg import Float32MultiArray


def test_a_simulation_that_is_paused(peer: Any, model: Any, camera: Any) -> None:
    peer.perception(model, use_sim_time="true")
    masks = peer.subscribe(Image, "/perception/mask")
    latencies = peer.subscribe(Float32MultiArray, "/perception/latency")
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    images = peer.publisher(Image, "/image")
    clock = peer.publisher(Clock, "/clock")
    peer.wait_for_reader("/image", reliable=True)
    for step in range(1, 21):
        clock.publish(Clock(clock=Time(sec=7, nanosec=step * 50_000_000)))
        message = camera.message(camera.rgb(step))
        message.header.stamp = Time(sec=7, nanosec=step * 50_000_000)
        images.publish(message)
        masks.wait(lambda m, step=step: m.header.stamp.nanosec == step * 50_000_000)
    latency = latencies.wait()
    waited, engine, whole = latency.data
    assert 0 <= waited < whole
    assert 0 < engine < whole
    # Simulated time goes on in steps: what it says of a mask is at most a step.
    state = states.wait(lambda m: "stamp_to_mask_p50_ms" in values(m))
    assert 0 <= float(values(state)["stamp_to_mask_max_ms"]) <= 60.0

    # Nothing comes any more, neither time nor frames.
    paused = states.wait(lambda m: m.status[0].message.startswith("paused: simulated time"))
    assert paused.status[0].level == DiagnosticStatus.OK
    # Time goes on without frames: that is another matter.
    for step in range(1, 60):
        clock.publish(Clock(clock=Time(sec=9, nanosec=step * 10_000_000)))
        if any(m.status[0].message.startswith("no frames") for m in states.messages[-2:]):
            break
        before = len(states)
        states.wait(lambda m, before=before: len(states) > before)
    assert states.messages[-1].status[0].level == DiagnosticStatus.WARN


def test_stamps_of_another_clock_give_no_latency(peer: Any, model: Any, camera: Any) -> None:
    peer.perception(model)
    states = peer.subscribe(DiagnosticArray, "/diagnostics")
    masks = peer.subscribe(Image, "/perception/mask")
    images = peer.publisher(Image, "/image")
    peer.wait_for_reader("/image", reliable=True)
    images.publish(camera.message(camera.rgb(1), stamp=12))
    masks.wait()
    state = states.wait(lambda m: values(m)["published"] == "1")
    assert "stamp_to_mask_p50_ms" not in values(state)
    assert float(values(state)["latency_p50_ms"]) > 0
