# SPDX-License-Identifier: Apache-2.0
"""The RPC methods of CARLA 0.9.16 that the playback server answers, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from unet_perception.playback.server import batch
from unet_perception.playback.server.actors import Vehicle
from unet_perception.playback.server.blueprints import DEFINITIONS
from unet_perception.playback.server.settings import EpisodeSettings, weather_from_rpc
from unet_perception.playback.server.wire import token
from unet_perception.playback.server.world import MAPS, OPENDRIVE_TOWN, World
from unet_perception.playback.transform import Transform

PHYSICS = [
    [[0.0, 500.0], [5000.0, 500.0]],
    *(5000.0, 1.0, 0.15, 2.0, 0.35, True, 0.5, 10.0, 4.0, [[4.0, 0.5, 0.65]], 1800.0, 0.3),
    [0.0, 0.0, 0.0],
    [[0.0, 1.0], [120.0, 0.5]],
    [[3.5, 0.25, 70.0, 37.0, 1500.0, 3000.0, 3.0, 20.0, 3000.0, [0.0, 0.0, 0.0]]] * 4,
    False,
]
"""``carla.VehiclePhysicsControl`` of any vehicle: a plausible car; nothing here drives by it."""


class Wrap(Enum):
    """How a method's result is told from its error."""

    VALUE = "value"
    VOID = "void"
    BARE = "bare"

    def done(self, result: Any) -> Any:
        """Wrap a result."""
        return {Wrap.VALUE: [[1, result]], Wrap.VOID: [[False]], Wrap.BARE: result}[self]

    def refused(self, reason: str) -> Any:
        """Wrap a refusal; its text reaches the client's user."""
        return {
            Wrap.VALUE: [[0, [reason]]],
            Wrap.VOID: [[True, [reason]]],
            Wrap.BARE: [[[0, [reason]]]],
        }[self]


@dataclass(frozen=True)
class Method:
    """One method.

    Attributes:
        call: Takes the calls' object and the arguments; runs under the world's lock.
        wrap: Form of the answer.
        at_frame: In a free-running world it runs right before a frame and is answered
            after it: clients look for the actors that it made in the newest state.
    """

    call: Callable[..., Any]
    wrap: Wrap
    at_frame: bool = False


METHODS: dict[str, Method] = {}


def method(
    name: str, wrap: Wrap = Wrap.VALUE, at_frame: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function answer the method of that name."""

    def register(call: Callable[..., Any]) -> Callable[..., Any]:
        METHODS[name] = Method(call, wrap, at_frame)
        return call

    return register


@dataclass
class Calls:
    """What methods work on.

    Attributes:
        world: The world.
        version: The version that the server claims.
        traffic_port: Port of the traffic manager.
        cues: Ticks that were asked for and not made yet.
        host: Address of the server as the calling client sees it.
    """

    world: World
    version: str
    traffic_port: int = 0
    cues: int = 0
    host: str = ""


def _world_method(name: str, call: Callable[[World], Any]) -> None:
    METHODS[name] = Method(lambda calls, *_: call(calls.world), Wrap.VALUE)


def _constant(name: str, result: Any) -> None:
    METHODS[name] = Method(lambda calls, *_: result, Wrap.VALUE)


def _ignored(name: str) -> None:
    METHODS[name] = Method(lambda calls, *_: None, Wrap.VOID)


_constant("get_available_maps", list(MAPS))
_constant("get_actor_definitions", DEFINITIONS)
# No file to download: then the client keeps no cache and needs no navigation mesh.
_constant("get_required_files", [])
_constant("query_lights_state", [])
_constant("get_environment_objects", [])
_constant("get_all_level_BBs", [])
_constant("get_names_of_all_objects", [])
_constant("get_physics_control", PHYSICS)
_constant("add_traffic_manager_running", True)
_constant("destroy_traffic_manager", True)
_constant("is_traffic_manager_running", True)
_world_method("get_episode_settings", lambda world: world.settings.to_rpc())
_world_method("get_map_info", World.map_info)
_world_method("get_map_data", World.map_data)
_world_method("get_spectator", lambda world: world.spectator.to_rpc())
_world_method("get_weather_parameters", lambda world: list(world.weather))
for _name in (
    "reset_all_traffic_lights",
    "set_actor_simulate_physics",
    "set_actor_collisions",
    "load_map_layer",
    "unload_map_layer",
):
    _ignored(_name)


@method("version")
def _version(calls: Calls) -> str:
    return calls.version


@method("get_traffic_manager_running")
def _traffic_manager(calls: Calls, _port: int) -> list[Any]:
    return [calls.host, calls.traffic_port]


@method("get_episode_info")
def _episode_info(calls: Calls) -> list[Any]:
    world = calls.world
    return [world.episode, [token(world.stream_id, world.streams.port)]]


@method("get_sensor_token")
def _sensor_token(calls: Calls, stream_id: int) -> list[bytes]:
    calls.world.streams.announce(stream_id)
    return [token(stream_id, calls.world.streams.port)]


@method("set_episode_settings")
def _set_settings(calls: Calls, value: list[Any]) -> int:
    calls.world.settings = EpisodeSettings.from_rpc(value)
    if not calls.world.settings.synchronous_mode:
        calls.cues = 0
    return calls.world.frame


@method("tick_cue")
def _tick_cue(calls: Calls) -> int:
    if not calls.world.settings.synchronous_mode:
        return calls.world.frame + 1
    calls.cues += 1
    return calls.world.frame + calls.cues


@method("load_new_episode", Wrap.VOID)
def _load(calls: Calls, name: str, reset_settings: bool, _layers: int = 0) -> None:
    calls.world.load(name, reset_settings)
    calls.cues = 0


@method("copy_opendrive_to_file", Wrap.VOID)
def _copy_opendrive(calls: Calls, text: str, _parameters: Any = None) -> None:
    if not isinstance(text, str):
        raise ValueError("an OpenDRIVE map is text")
    calls.world.opendrive_text = text
    calls.world.load(OPENDRIVE_TOWN, False)


@method("spawn_actor", at_frame=True)
def _spawn(calls: Calls, description: list[Any], place: list[Any]) -> list[Any]:
    return calls.world.spawn(description, Transform.from_rpc(place)).to_rpc()


@method("spawn_actor_with_parent", at_frame=True)
def _spawn_attached(
    calls: Calls, description: list[Any], place: list[Any], parent: int, *_: Any
) -> list[Any]:
    return calls.world.spawn(description, Transform.from_rpc(place), parent).to_rpc()


@method("destroy_actor", at_frame=True)
def _destroy(calls: Calls, actor_id: int) -> bool:
    return calls.world.destroy(actor_id)


@method("apply_batch", Wrap.BARE, at_frame=True)
def _batch(calls: Calls, commands: list[Any], tick: bool = False) -> list[Any]:
    results = batch.run_batch(calls.world, commands)
    if tick:
        calls.cues += 1
    return results


@method("get_actors_by_id")
def _actors(calls: Calls, wanted: list[int]) -> list[Any]:
    actors = calls.world.actors
    return [actors[actor_id].to_rpc() for actor_id in wanted if actor_id in actors]


@method("get_actor_bounding_box")
def _bounding_box(calls: Calls, actor_id: int) -> list[Any]:
    actor = calls.world.actors.get(actor_id)
    # An error here would end a client that runs a traffic manager.
    return actor.bounding_box() if actor else [[0.0] * 3, [0.0] * 3, [0.0] * 3, 0]


@method("set_weather_parameters", Wrap.VOID)
def _set_weather(calls: Calls, value: list[Any]) -> None:
    calls.world.chosen_weather = weather_from_rpc(value)


@method("set_actor_transform", Wrap.VOID)
def _set_transform(calls: Calls, actor_id: int, place: list[Any]) -> None:
    calls.world.move(actor_id, Transform.from_rpc(place))


@method("set_actor_location", Wrap.VOID)
def _set_location(calls: Calls, actor_id: int, location: list[float]) -> None:
    turned = calls.world.actor(actor_id).transform[3:]
    calls.world.move(actor_id, Transform.from_rpc([location, turned]))


@method("apply_control_to_vehicle", Wrap.VOID)
def _control_vehicle(calls: Calls, actor_id: int, control: list[Any]) -> None:
    batch.control_vehicle(calls.world.actor(actor_id), [control])


@method("apply_control_to_walker", Wrap.VOID)
def _control_walker(calls: Calls, actor_id: int, control: list[Any]) -> None:
    batch.control_walker(calls.world.actor(actor_id), [control])


@method("set_actor_autopilot", Wrap.VOID)
def _set_autopilot(calls: Calls, actor_id: int, enabled: bool) -> None:
    batch.set_autopilot(calls.world.actor(actor_id), [enabled])


@method("set_vehicle_light_state", Wrap.VOID)
def _set_lights(calls: Calls, actor_id: int, state: list[int]) -> None:
    batch.set_lights(calls.world.actor(actor_id), [state])


@method("get_vehicle_light_state")
def _lights(calls: Calls, actor_id: int) -> list[int]:
    actor = calls.world.actor(actor_id)
    return [actor.lights if isinstance(actor, Vehicle) else 0]


@method("get_vehicle_light_states")
def _all_lights(calls: Calls) -> list[list[int]]:
    vehicles = calls.world.actors.values()
    return [[v.id, v.lights] for v in vehicles if isinstance(v, Vehicle)]
