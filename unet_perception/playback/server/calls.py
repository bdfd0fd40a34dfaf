# SPDX-License-Identifier: Apache-2.0
"""The RPC methods of CARLA 0.9.16 that the playback server answers, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

from unet_perception.playback.server import actions, batch
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
    wrap: Wrap = Wrap.VALUE
    at_frame: bool = False


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


def _episode_info(calls: Calls) -> list[Any]:
    world = calls.world
    return [world.episode, [token(world.stream_id, world.streams.port)]]


def _sensor_token(calls: Calls, stream_id: int) -> list[bytes]:
    calls.world.streams.announce(stream_id)
    return [token(stream_id, calls.world.streams.port)]


def _set_settings(calls: Calls, value: list[Any]) -> int:
    calls.world.settings = EpisodeSettings.from_rpc(value)
    if not calls.world.settings.synchronous_mode:
        calls.cues = 0
    return calls.world.frame


def _set_weather(calls: Calls, value: list[Any]) -> None:
    calls.world.chosen_weather = weather_from_rpc(value)


def _tick_cue(calls: Calls) -> int:
    if not calls.world.settings.synchronous_mode:
        return calls.world.frame + 1
    calls.cues += 1
    return calls.world.frame + calls.cues


def _load(calls: Calls, name: str, reset_settings: bool, _layers: int = 0) -> None:
    calls.world.load(name, reset_settings)
    calls.cues = 0


def _copy_opendrive(calls: Calls, text: str, _parameters: Any = None) -> None:
    if not isinstance(text, str):
        raise ValueError("an OpenDRIVE map is text")
    calls.world.opendrive_text = text
    calls.world.load(OPENDRIVE_TOWN, False)


def _spawn(calls: Calls, description: list[Any], place: list[Any], parent: int, *_: Any) -> Any:
    return calls.world.spawn(description, Transform.from_rpc(place), parent).to_rpc()


def _batch(calls: Calls, commands: list[Any], tick: bool = False) -> list[Any]:
    results = batch.run_batch(calls.world, commands)
    if tick:
        calls.cues += 1
    return results


def _act(action: actions.Action, calls: Calls, actor_id: int, value: Any) -> None:
    action(calls.world, calls.world.actor(actor_id), value)


def _actors(calls: Calls, wanted: list[int]) -> list[Any]:
    actors = calls.world.actors
    return [actors[actor_id].to_rpc() for actor_id in wanted if actor_id in actors]


def _bounding_box(calls: Calls, actor_id: int) -> list[Any]:
    actor = calls.world.actors.get(actor_id)
    # An error here would end a client that runs a traffic manager.
    return actor.bounding_box() if actor else [[0.0] * 3, [0.0] * 3, [0.0] * 3, 0]


def _lights(calls: Calls, actor_id: int) -> list[int]:
    actor = calls.world.actor(actor_id)
    return [actor.lights if isinstance(actor, Vehicle) else 0]


def _all_lights(calls: Calls) -> list[list[int]]:
    vehicles = calls.world.actors.values()
    return [[v.id, v.lights] for v in vehicles if isinstance(v, Vehicle)]


_NOTHING = Method(lambda calls, *_: [])
_TRUE = Method(lambda calls, *_: True)
_IGNORED = Method(lambda calls, *_: None, Wrap.VOID)

METHODS: dict[str, Method] = {
    "version": Method(lambda calls: calls.version),
    "get_available_maps": Method(lambda calls, *_: list(MAPS)),
    "get_actor_definitions": Method(lambda calls, *_: DEFINITIONS),
    # No file to download: then the client keeps no cache and needs no navigation mesh.
    "get_required_files": _NOTHING,
    "get_episode_info": Method(_episode_info),
    "get_episode_settings": Method(lambda calls, *_: calls.world.settings.to_rpc()),
    "set_episode_settings": Method(_set_settings),
    "get_map_info": Method(lambda calls, *_: calls.world.map_info()),
    "get_map_data": Method(lambda calls, *_: calls.world.map_data()),
    "get_weather_parameters": Method(lambda calls, *_: list(calls.world.weather)),
    "set_weather_parameters": Method(_set_weather, Wrap.VOID),
    "load_new_episode": Method(_load, Wrap.VOID),
    "copy_opendrive_to_file": Method(_copy_opendrive, Wrap.VOID),
    "load_map_layer": _IGNORED,
    "unload_map_layer": _IGNORED,
    "reset_all_traffic_lights": _IGNORED,
    "query_lights_state": _NOTHING,
    "get_environment_objects": _NOTHING,
    "get_all_level_BBs": _NOTHING,
    "get_names_of_all_objects": _NOTHING,
    "tick_cue": Method(_tick_cue),
    "get_sensor_token": Method(_sensor_token),
    "get_spectator": Method(lambda calls, *_: calls.world.spectator.to_rpc()),
    "spawn_actor": Method(lambda calls, what, place: _spawn(calls, what, place, 0), at_frame=True),
    "spawn_actor_with_parent": Method(_spawn, at_frame=True),
    "destroy_actor": Method(lambda calls, actor_id: calls.world.destroy(actor_id), at_frame=True),
    "apply_batch": Method(_batch, Wrap.BARE, at_frame=True),
    "get_actors_by_id": Method(_actors),
    "get_actor_bounding_box": Method(_bounding_box),
    "get_physics_control": Method(lambda calls, *_: PHYSICS),
    "set_actor_simulate_physics": _IGNORED,
    "set_actor_collisions": _IGNORED,
    "apply_control_to_vehicle": Method(partial(_act, actions.control_vehicle), Wrap.VOID),
    "apply_control_to_walker": Method(partial(_act, actions.control_walker), Wrap.VOID),
    "set_actor_transform": Method(partial(_act, actions.set_transform), Wrap.VOID),
    "set_actor_location": Method(partial(_act, actions.set_location), Wrap.VOID),
    "set_actor_autopilot": Method(partial(_act, actions.set_autopilot), Wrap.VOID),
    "set_vehicle_light_state": Method(partial(_act, actions.set_lights), Wrap.VOID),
    "get_vehicle_light_state": Method(_lights),
    "get_vehicle_light_states": Method(_all_lights),
    "get_traffic_manager_running": Method(lambda calls, _port: [calls.host, calls.traffic_port]),
    "is_traffic_manager_running": _TRUE,
    "add_traffic_manager_running": _TRUE,
    "destroy_traffic_manager": _TRUE,
}
