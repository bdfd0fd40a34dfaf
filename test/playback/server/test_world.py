# SPDX-License-Identifier: Apache-2.0
"""CARLA's own client, unmodified, finds a world that behaves as CARLA's."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from real_client import in_child

carla = pytest.importorskip("carla", reason="the carla client is not installed")

from upstream_script import WAIT_S, Listener, spawn_camera, spawn_ego, synchronous  # noqa: E402


@pytest.mark.exhaustive
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
    # A tick that was under way when the actor came does not have it yet.
    world.wait_for_tick()
    world.wait_for_tick()
    assert [actor.id for actor in world.get_actors().filter("vehicle.*")] == [ego.id]
    listener = Listener(spawn_camera(world, "rgb", ego))
    listener.next()
    start = time.monotonic()
    frames = [listener.next()[0] for _ in range(100)]
    rate = (frames[-1] - frames[0]) / (time.monotonic() - start)
    assert 35.0 < rate < 60.0
    assert ego.destroy()
    world.wait_for_tick()
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


@in_child
def test_a_walkers_controller_comes_and_goes(carla_server: Any, connect: Any) -> None:
    world = connect(carla_server).get_world()
    synchronous(world)
    library = world.get_blueprint_library()
    point = world.get_map().get_spawn_points()[4]
    walker = world.spawn_actor(library.filter("walker.*")[0], point)
    controller = world.spawn_actor(
        library.find("controller.ai.walker"), carla.Transform(), attach_to=walker
    )
    world.tick()
    assert controller.parent.id == walker.id
    controller.start()
    controller.set_max_speed(1.4)
    # There is no navigation mesh.
    assert world.get_random_location_from_navigation() is None
    for _ in range(10):
        world.tick()
    controller.stop()
    assert controller.destroy()
    assert walker.destroy()
    world.tick()
    assert [actor.type_id for actor in world.get_actors()] == ["spectator"]


@in_child
def test_a_world_is_made_from_an_opendrive_map(carla_server: Any, connect: Any) -> None:
    client = connect(carla_server)
    text = client.get_world().get_map().to_opendrive()
    assert text.startswith("<?xml")
    world = client.generate_opendrive_world(text, carla.OpendriveGenerationParameters())
    assert world.get_map().name == "Carla/Maps/OpenDriveMap"
    assert world.get_map().to_opendrive() == text
