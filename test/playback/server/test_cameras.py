# SPDX-License-Identifier: Apache-2.0
"""CARLA's own client, unmodified, gets the cameras that it asks for."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from real_client import in_child

carla = pytest.importorskip("carla", reason="the carla client is not installed")

from upstream_script import Listener, drive, spawn_camera, spawn_ego, synchronous  # noqa: E402

TICKS = 1000
PAIRS = 28


@pytest.mark.exhaustive
@in_child
def test_a_thousand_synchronous_ticks_with_two_cameras_lose_nothing(
    start_carla_server: Callable[..., Any], connect: Any, numbered_pairs: Path
) -> None:
    images = drive(connect(start_carla_server("--data", str(numbered_pairs))), TICKS)
    assert len(images) == TICKS
    for frame, rgb, ids in images:
        assert frame == rgb.frame == ids.frame
        assert rgb.stamp == ids.stamp
        # The pictures tell their number, and the mask's class is that number.
        assert rgb.red == ids.red
    # The folder is played in order, again and again.
    numbers = [rgb.red for _, rgb, _ in images]
    assert (np.diff(numbers) % PAIRS == 1).all()


@in_child
def test_cameras_have_the_size_the_field_of_view_and_the_rate_that_was_asked_for(
    start_carla_server: Callable[..., Any], connect: Any, numbered_pairs: Path
) -> None:
    world = connect(start_carla_server("--data", str(numbered_pairs))).get_world()
    synchronous(world)
    ego = spawn_ego(world)
    size = {"image_size_x": 320, "image_size_y": 200}
    small = Listener(spawn_camera(world, "rgb", ego, **size, fov=70.0))
    slow = Listener(spawn_camera(world, "semantic_segmentation", ego, **size, sensor_tick=0.2))
    frames = [world.tick() for _ in range(21)]
    taken = [small.next() for _ in frames]
    assert [image[0] for image in taken] == frames
    assert {image[4].shape for image in taken} == {(200, 320, 4)}
    assert {image[3] for image in taken} == {70.0}
    assert [slow.next()[0] for _ in range(6)] == frames[::4]
    assert slow.rest() == 0


@in_child
def test_weather_changes_the_picture(carla_server: Any, connect: Any) -> None:
    world = connect(carla_server).get_world()
    synchronous(world)
    ego = spawn_ego(world)
    listener = Listener(spawn_camera(world, "rgb", ego))
    means = {}
    for name in ("ClearNoon", "ClearNight"):
        world.set_weather(getattr(carla.WeatherParameters, name))
        world.tick()
        means[name] = listener.next()[4][..., :3].mean()
        weather = world.get_weather()
        assert (
            weather.sun_altitude_angle == getattr(carla.WeatherParameters, name).sun_altitude_angle
        )
    assert means["ClearNight"] < means["ClearNoon"] / 2


@in_child
def test_two_vehicles_carry_cameras_of_their_own(carla_server: Any, connect: Any) -> None:
    world = connect(carla_server).get_world()
    synchronous(world)
    listeners = []
    for point in (0, 8):
        ego = spawn_ego(world, point, f"car_{point}")
        listeners.append(Listener(spawn_camera(world, "semantic_segmentation", ego)))
    frame = world.tick()
    first, second = (listener.next() for listener in listeners)
    assert first[0] == second[0] == frame
    assert (first[4] != second[4]).mean() > 0.02


@in_child
@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"image_size_x": 0}, "width"),
        ({"fov": 179.5}, "fov"),
        ({"sensor_tick": -1.0}, "sensor_tick"),
        ({"image_size_x": 100000}, "width"),
    ],
)
def test_a_camera_that_cannot_be_drawn_is_refused(
    carla_server: Any, connect: Any, attributes: dict[str, Any], words: str
) -> None:
    world = connect(carla_server).get_world()
    ego = spawn_ego(world)
    with pytest.raises(RuntimeError, match=words):
        spawn_camera(world, "rgb", ego, **attributes)


@in_child
def test_ids_are_of_the_version_that_is_claimed(
    start_carla_server: Callable[..., Any], connect: Any, numbered_pairs: Path
) -> None:
    server = start_carla_server("--data", str(numbered_pairs), "--carla-version", "0.9.13")
    client = connect(server)
    assert client.get_server_version() == "0.9.13"
    world = client.get_world()
    synchronous(world)
    ego = spawn_ego(world)
    rgb = Listener(spawn_camera(world, "rgb", ego))
    ids = Listener(spawn_camera(world, "semantic_segmentation", ego))
    seen = {}
    for _ in range(28):
        world.tick()
        seen[rgb.next()[2][2]] = ids.next()[2][2]
    # 0.9.14's Roads (1), Car (14) and Sky (11) are 7, 10 and 13 in 0.9.10.
    assert (seen[1], seen[14], seen[11]) == (7, 10, 13)


@in_child
def test_images_can_be_lost_and_late(
    start_carla_server: Callable[..., Any], connect: Any, numbered_pairs: Path
) -> None:
    faults = ["--drop", "semantic_segmentation=3", "--delay", "rgb=0.05"]
    world = connect(start_carla_server("--data", str(numbered_pairs), *faults)).get_world()
    synchronous(world)
    ego = spawn_ego(world)
    rgb = Listener(spawn_camera(world, "rgb", ego))
    ids = Listener(spawn_camera(world, "semantic_segmentation", ego))
    start = time.monotonic()
    frames = [world.tick() for _ in range(9)]
    assert [rgb.next()[0] for _ in frames] == frames
    assert time.monotonic() - start > 9 * 0.05
    kept = [frame for index, frame in enumerate(frames) if index % 3 != 2]
    assert [ids.next()[0] for _ in kept] == kept


@in_child
def test_a_folder_is_resampled_without_inventing_classes(
    start_carla_server: Callable[..., Any], connect: Any, tmp_path: Path
) -> None:
    from unet_perception.dataset import DatasetInfo, write_info, write_pair

    ids = np.repeat(np.array([[1, 14], [11, 24]], np.uint8), 30, axis=0).repeat(40, axis=1)
    rgb = np.repeat(ids[..., None] * 8, 3, axis=2)
    write_pair(tmp_path / "data", "0", rgb, ids)
    write_info(tmp_path / "data", DatasetInfo("carla-0.9.14"))
    world = connect(start_carla_server("--data", str(tmp_path / "data"))).get_world()
    synchronous(world)
    ego = spawn_ego(world)
    for width, height in ((160, 120), (50, 30)):
        size = {"image_size_x": width, "image_size_y": height}
        picture = Listener(spawn_camera(world, "rgb", ego, **size))
        mask = Listener(spawn_camera(world, "semantic_segmentation", ego, **size))
        world.tick()
        classes = mask.next()[4][..., 2]
        middle = (height // 2, width // 2)
        assert (classes[: middle[0], : middle[1]] == 1).all()
        assert (classes[middle[0] :, middle[1] :] == 24).all()
        assert set(np.unique(classes)) == {1, 14, 11, 24}
        assert picture.next()[4][1, 1, 0] == 8
