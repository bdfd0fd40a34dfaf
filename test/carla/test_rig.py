# SPDX-License-Identifier: Apache-2.0
"""Cameras deliver every frame, and what is missing of one is counted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from real_client import in_child

from unet_perception.carla.cameras import CameraSpec
from unet_perception.errors import SimulatorError

pytest.importorskip("carla")

from unet_perception.carla.config import SessionConfig
from unet_perception.carla.rig import CameraImage, Rig
from unet_perception.carla.session import Session

RGB = CameraSpec("rgb", "rgb", 96, 64)
IDS = CameraSpec("ids", "semantic_segmentation", 96, 64)


class Sink:
    """Keeps what a rig delivers."""

    def __init__(self) -> None:
        self.images: list[CameraImage] = []

    def of(self, camera: str) -> dict[int, CameraImage]:
        return {image.frame: image for image in self.images if image.spec.name == camera}

    def wait(self, done: Callable[[], bool], timeout: float = 10.0) -> None:
        end = time.monotonic() + timeout
        while not done():
            assert time.monotonic() < end
            time.sleep(0.01)


def session(server: Any) -> Session:
    return Session(SessionConfig(port=server.port, timeout=10.0))


@in_child
def test_every_frame_of_two_cameras_belongs_together(carla_server: Any) -> None:
    sink = Sink()
    with session(carla_server) as world:
        vehicle = world.ego("ego_vehicle")
        with Rig(world, vehicle, [RGB, IDS], sink.images.append) as rig:
            frames = [world.step().frame for _ in range(50)]
            sink.wait(lambda: rig.counts.sets >= 50)
            assert rig.counts.incomplete == rig.counts.late == rig.counts.damaged == 0
            assert rig.counts.frames == {"rgb": 50, "ids": 50}
            assert rig.counts.sets == 50
    rgb, ids = sink.of("rgb"), sink.of("ids")
    assert list(rgb) == list(ids) == frames
    assert [rgb[frame].stamp for frame in frames] == [ids[frame].stamp for frame in frames]
    assert sink.images[0].pixels.shape == (64, 96, 4)
    assert not sink.images[0].pixels.flags.writeable


@in_child
def test_pixels_outlive_everything_but_themselves(carla_server: Any) -> None:
    sink = Sink()
    with session(carla_server) as world:
        vehicle = world.ego("ego_vehicle")
        with Rig(world, vehicle, [RGB], sink.images.append):
            world.step()
            sink.wait(lambda: bool(sink.images))
            pixels = sink.images.pop().pixels
            before = pixels.copy()
            for _ in range(30):
                world.step()
                sink.images.clear()
    assert np.array_equal(pixels, before)


@in_child
def test_a_camera_with_a_rate_skips_ticks_and_keeps_its_partner(carla_server: Any) -> None:
    sink = Sink()
    cameras = [
        CameraSpec("rgb", "rgb", 96, 64, rate=5.0),
        CameraSpec("ids", "semantic_segmentation", 96, 64, rate=5.0),
        CameraSpec("other", "rgb", 96, 64),
    ]
    with session(carla_server) as world:
        vehicle = world.ego("ego_vehicle")
        with Rig(world, vehicle, cameras, sink.images.append) as rig:
            for _ in range(40):
                world.step()
            sink.wait(lambda: rig.counts.frames["other"] == 40 and rig.counts.sets >= 10)
            assert 10 <= rig.counts.sets <= 11
            assert rig.counts.incomplete == 0


@in_child
def test_lost_images_are_counted_and_never_replaced(
    start_carla_server: Callable[..., Any],
) -> None:
    server = start_carla_server("--drop", "semantic_segmentation=5")
    sink = Sink()
    with session(server) as world:
        vehicle = world.ego("ego_vehicle")
        with Rig(world, vehicle, [RGB, IDS], sink.images.append) as rig:
            for _ in range(41):
                world.step()
            sink.wait(lambda: rig.counts.frames["rgb"] == 41 and rig.counts.sets >= 32)
            counts = rig.counts
            assert counts.frames["ids"] < 41
            assert counts.sets == counts.frames["ids"]
            assert counts.incomplete in (7, 8)
    assert sink.of("ids").keys() < sink.of("rgb").keys()


@in_child
def test_a_slow_partner_is_waited_for(start_carla_server: Callable[..., Any]) -> None:
    server = start_carla_server("--delay", "semantic_segmentation=0.2")
    sink = Sink()
    with session(server) as world:
        vehicle = world.ego("ego_vehicle")
        with Rig(world, vehicle, [RGB, IDS], sink.images.append) as rig:
            for _ in range(10):
                world.step()
                time.sleep(0.05)
            sink.wait(lambda: rig.counts.sets == 10)
            assert rig.counts.incomplete == rig.counts.late == 0


@in_child
def test_an_error_in_a_callback_is_raised_by_the_next_step(carla_server: Any) -> None:
    def broken(image: CameraImage) -> None:
        raise ZeroDivisionError("in a callback")

    with session(carla_server) as world:
        vehicle = world.ego("ego_vehicle")
        with (
            Rig(world, vehicle, [RGB], broken),
            pytest.raises(ZeroDivisionError, match="in a callback"),
        ):
            for _ in range(100):
                world.step()
                time.sleep(0.01)
    assert world.cleanup_failures == ()


@in_child
def test_nothing_is_delivered_after_close(carla_server: Any) -> None:
    sink, entered = Sink(), threading.Event()

    def slow(image: CameraImage) -> None:
        entered.set()
        time.sleep(0.3)
        sink.images.append(image)

    with session(carla_server) as world:
        rig = Rig(world, world.ego("ego_vehicle"), [RGB], slow)
        world.step()
        assert entered.wait(5.0)
        rig.close()
        assert len(sink.images) == 1
        world.step()
        time.sleep(0.4)
        assert len(sink.images) == 1


@in_child
def test_what_the_server_refuses_is_said(carla_server: Any, world_state: Any) -> None:
    before = world_state(carla_server.port)
    with session(carla_server) as world:
        vehicle = world.ego("ego_vehicle")
        wrong = CameraSpec("rgb", "rgb", 96, 64, attributes={"lens": "1"})
        with pytest.raises(SimulatorError, match="takes no attribute lens=1; it takes .*fov"):
            Rig(world, vehicle, [wrong], print)
        large = CameraSpec("large", "rgb", 16384, 16384)
        with pytest.raises(SimulatorError, match="refused to spawn large"):
            Rig(world, vehicle, [RGB, large], print)
    assert world_state(carla_server.port) == before
