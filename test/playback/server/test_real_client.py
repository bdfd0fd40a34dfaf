# SPDX-License-Identifier: Apache-2.0
"""CARLA's own client, unmodified, takes the playback server for CARLA."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from real_client import in_child
from upstream_script import drive

carla = pytest.importorskip("carla", reason="the carla client is not installed")

WAIT_S = 30.0
TICKS = 1000
PAIRS = 28


class Listener:
    """Images of one camera: frame, simulated second, size and one pixel."""

    def __init__(self, camera: Any) -> None:
        self._images: queue.Queue[Any] = queue.Queue()
        self.camera = camera  # Its stream ends with it.
        camera.listen(self._take)

    def _take(self, image: Any) -> None:
        pixels = np.frombuffer(image.raw_data, np.uint8).reshape(image.height, image.width, 4)
        self._images.put(
            (image.frame, image.timestamp, pixels[-1, -1].tolist(), image.fov, pixels.copy())
        )

    def next(self) -> Any:
        return self._images.get(timeout=WAIT_S)

    def rest(self) -> int:
        return self._images.qsize()


def synchronous(world: Any, delta: float = 0.05) -> None:
    settings = world.get_settings()
    settings.synchronous_mode = True
    settings.fixed_delta_seconds = delta
    world.apply_settings(settings)


def spawn_ego(world: Any, point: int = 0, role: str = "ego_vehicle") -> Any:
    blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
    blueprint.set_attribute("role_name", role)
    return world.spawn_actor(blueprint, world.get_map().get_spawn_points()[point])


def spawn_camera(world: Any, kind: str, ego: Any, **attributes: object) -> Any:
    blueprint = world.get_blueprint_library().find(f"sensor.camera.{kind}")
    for name, value in attributes.items():
        blueprint.set_attribute(name, str(value))
    place = carla.Transform(carla.Location(x=2.0, z=2.0))
    return world.spawn_actor(blueprint, place, attach_to=ego)


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
def test_the_ego_follows_the_drive_and_stands_without_a_driver(
    carla_server: Any, connect: Any
) -> None:
    client = connect(carla_server)
    world = client.get_world()
    synchronous(world)
    ego = spawn_ego(world)
    camera = spawn_camera(world, "semantic_segmentation", ego)
    listener = Listener(camera)
    world.tick()
    start = ego.get_transform()
    standing = [listener.next()]
    for _ in range(4):
        world.tick()
        standing.append(listener.next())
    assert ego.get_transform().location.distance(start.location) == 0.0
    ego.set_autopilot(True)
    for _ in range(200):
        world.tick()
        driven = listener.next()
    moved = ego.get_transform().location.distance(start.location)
    assert 40.0 < moved < 85.0
    assert ego.get_velocity().length() == pytest.approx(8.0, abs=0.1)
    # The camera moves with it.
    expected = ego.get_transform().transform(carla.Location(x=2.0, z=2.0))
    assert camera.get_transform().location.distance(expected) < 0.05
    assert (driven[4] != standing[0][4]).mean() > 0.02
    waypoint = world.get_map().get_waypoint(ego.get_location())
    assert waypoint.transform.location.distance(ego.get_location()) < 1.0
    ego.set_autopilot(False)
    ego.apply_control(carla.VehicleControl(brake=1.0))
    for _ in range(40):
        world.tick()
    assert ego.get_velocity().length() == 0.0


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
def test_settings_and_worlds_come_and_go(carla_server: Any, connect: Any) -> None:
    client = connect(carla_server)
    world = client.get_world()
    before = world.get_settings()
    assert not before.synchronous_mode
    ego = spawn_ego(world)
    old = world.id
    world = client.load_world("Town05")
    assert world.get_map().name == "Carla/Maps/Town05"
    assert world.id != old
    assert not ego.is_alive
    assert not world.get_actors().filter("vehicle.*")
    synchronous(world)
    world = client.load_world("Town02", reset_settings=False)
    assert world.get_settings().synchronous_mode
    assert world.get_map().name == "Carla/Maps/Town02"
    world = client.load_world("Town02")
    assert not world.get_settings().synchronous_mode
    with pytest.raises(RuntimeError, match="map not found"):
        client.load_world("Town99")


@in_child
def test_a_free_running_world_keeps_its_rate_and_does_not_lose_actors(
    start_carla_server: Callable[..., Any], connect: Any, numbered_pairs: Path
) -> None:
    world = connect(start_carla_server("--data", str(numbered_pairs), "--rate", "50")).get_world()
    ego = spawn_ego(world)
    assert [actor.id for actor in world.get_actors().filter("vehicle.*")] == [ego.id]
    listener = Listener(spawn_camera(world, "rgb", ego))
    listener.next()
    start = time.monotonic()
    frames = [listener.next()[0] for _ in range(100)]
    rate = (frames[-1] - frames[0]) / (time.monotonic() - start)
    assert 35.0 < rate < 60.0
    assert ego.destroy()
    world.wait_for_tick()
    assert not world.get_actors().filter("vehicle.*")


@in_child
def test_spawning_into_another_vehicle_is_refused(carla_server: Any, connect: Any) -> None:
    world = connect(carla_server).get_world()
    spawn_ego(world)
    blueprint = world.get_blueprint_library().find("vehicle.audi.tt")
    point = world.get_map().get_spawn_points()[0]
    assert world.try_spawn_actor(blueprint, point) is None
    with pytest.raises(RuntimeError, match="collision at spawn position"):
        world.spawn_actor(blueprint, point)


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
def test_batches_spawn_drive_and_destroy(carla_server: Any, connect: Any) -> None:
    client = connect(carla_server)
    world = client.get_world()
    library = world.get_blueprint_library()
    points = world.get_map().get_spawn_points()
    spawn, future = carla.command.SpawnActor, carla.command.FutureActor
    autopilot = carla.command.SetAutopilot
    commands = [
        spawn(library.find("vehicle.audi.tt"), point).then(autopilot(future, True))
        for point in (points[2], points[2], points[3])
    ]
    results = client.apply_batch_sync(commands, False)
    assert [bool(result.error) for result in results] == [False, True, False]
    assert "collision" in results[1].error
    ids = [result.actor_id for result in results if not result.error]
    for _ in range(20):
        world.wait_for_tick()
    assert all(world.get_actor(actor).get_velocity().length() > 1.0 for actor in ids)
    destroyed = client.apply_batch_sync(
        [carla.command.DestroyActor(i) for i in (*ids, 9999)], False
    )
    assert [bool(result.error) for result in destroyed] == [False, False, True]
    world.wait_for_tick()
    assert not world.get_actors().filter("vehicle.*")


@in_child
def test_walkers_walk(carla_server: Any, connect: Any) -> None:
    world = connect(carla_server).get_world()
    synchronous(world)
    blueprint = world.get_blueprint_library().filter("walker.*")[0]
    walker = world.spawn_actor(blueprint, world.get_map().get_spawn_points()[4])
    world.tick()
    start = walker.get_location()
    walker.apply_control(carla.WalkerControl(carla.Vector3D(0.0, 1.0, 0.0), 1.5))
    for _ in range(20):
        world.tick()
    assert walker.get_location().y - start.y == pytest.approx(1.5, abs=0.16)


@in_child
def test_two_clients_share_the_world_and_a_camera(
    start_carla_server: Callable[..., Any], connect: Any, numbered_pairs: Path
) -> None:
    server = start_carla_server("--data", str(numbered_pairs))
    first, second = connect(server).get_world(), connect(server).get_world()
    synchronous(first)
    ego = spawn_ego(first)
    camera = spawn_camera(first, "rgb", ego)
    first.tick()
    mine = Listener(camera)
    theirs = Listener(second.get_actor(camera.id))
    frames = [world.tick() for world in (first, second) * 10]
    assert frames == sorted(set(frames))
    assert [mine.next()[0] for _ in frames] == frames
    assert [theirs.next()[0] for _ in frames] == frames


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
def test_a_server_can_be_found_synchronous_with_nobody_ticking(
    start_carla_server: Callable[..., Any], connect: Any
) -> None:
    world = connect(start_carla_server("--sync"), timeout=1.0).get_world()
    assert world.get_settings().synchronous_mode
    with pytest.raises(RuntimeError, match="time-out"):
        world.wait_for_tick(0.5)
    assert world.tick() == 1


@in_child
def test_calls_can_be_answered_with_an_error(
    start_carla_server: Callable[..., Any], connect: Any
) -> None:
    server = start_carla_server("--fail", "spawn_actor=no room in this town")
    with pytest.raises(RuntimeError, match="no room in this town"):
        spawn_ego(connect(server).get_world())


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
def test_it_is_frozen_and_goes_on_and_is_restarted(carla_server: Any, connect: Any) -> None:
    client = connect(carla_server, timeout=1.0)
    world = client.get_world()
    synchronous(world)
    carla_server.freeze()
    with pytest.raises(RuntimeError, match="time-out"):
        world.tick()
    carla_server.resume()
    client.set_timeout(WAIT_S)
    assert world.tick() > 0
    old = world.id
    carla_server.restart()
    world = connect(carla_server).get_world()
    assert world.id != old
    assert not world.get_settings().synchronous_mode
