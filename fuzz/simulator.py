# SPDX-License-Identifier: Apache-2.0
"""What clients of CARLA's protocol send to the playback server."""

from __future__ import annotations

import asyncio
import logging
import socket
from functools import cache
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from fuzz.scratch import folder
from fuzz.target import Target
from unet_perception.carla.owner import owner_of
from unet_perception.dataset import DatasetInfo, write_info, write_pair
from unet_perception.playback.server.rpc import Requests, RpcError
from unet_perception.playback.server.server import PlaybackServer, ServerOptions
from unet_perception.playback.server.streams import Streams
from unet_perception.playback.server.wire import STREAM_ID
from unet_perception.playback.stage import FolderStage

_PLACE = [[10.0, 2.0, 0.5], [0.0, 90.0, 0.0]]
_CAR = [1, "vehicle.tesla.model3", [["role_name", 4, "ego"]]]
_CAMERA = [2, "sensor.camera.rgb", [["image_size_x", 2, "16"], ["image_size_y", 2, "12"]]]
_WALKER = [3, "walker.pedestrian.0001", []]
_CONTROL = [0.5, 0.0, 0.0, False, False, False, 1]
_SETTINGS = [True, False, [True, 0.05], True, 0.01, 10, 0.0, True, 1.0, 1.0, True]
_CALLS: tuple[tuple[Any, ...], ...] = (
    ("version",),
    ("get_episode_info",),
    ("get_sensor_token", 7),
    ("set_episode_settings", _SETTINGS),
    ("tick_cue",),
    ("load_new_episode", "Town01", True, 0),
    ("copy_opendrive_to_file", "<OpenDRIVE/>", []),
    ("spawn_actor", _CAR, _PLACE),
    ("spawn_actor", _CAMERA, _PLACE),
    ("spawn_actor", _WALKER, _PLACE),
    ("spawn_actor_with_parent", _CAMERA, _PLACE, 25, 0),
    ("destroy_actor", 26),
    ("apply_batch", [[[0, [_CAR, _PLACE, [False], 0, "", [[[16, [0, True]]]]]]]], True),
    ("apply_batch", [[[2, [25, _CONTROL]]], [[4, [27, [1.0, 0.0, 0.0], 1.0, False]]], [[1, [26]]]]),
    ("get_actors_by_id", [24, 25, 26]),
    ("get_actor_bounding_box", 25),
    ("set_weather_parameters", [1.0] * 14),
    ("set_actor_transform", 25, _PLACE),
    ("set_actor_location", 25, [1.0, 2.0, 3.0]),
    ("apply_control_to_vehicle", 25, _CONTROL),
    ("apply_control_to_walker", 27, [[1.0, 0.0, 0.0], 1.5, False]),
    ("set_actor_autopilot", 25, True),
    ("set_vehicle_light_state", 25, [3]),
    ("get_vehicle_light_states",),
    ("get_map_info",),
    ("get_map_data",),
    ("get_weather_parameters",),
    ("no_such_call", 1),
)


def _call(number: int, name: str, *arguments: Any) -> bytes:
    data: bytes = msgpack.packb([0, number, name, [[False], *arguments]])
    return data


def _read_requests(data: bytes) -> None:
    # In two pieces, as a network may cut it.
    requests = Requests()
    middle = len(data) // 2
    for piece in (data[:middle], data[middle:]):
        for request in requests.feed(piece):
            assert isinstance(request.method, str)


def _request_seeds() -> list[bytes]:
    return [_call(i, *call) for i, call in enumerate(_CALLS)]


class _Stage(FolderStage):
    """One whose roads are laid once for all inputs."""

    drive = cache(FolderStage.drive)


@cache
def _stage() -> FolderStage:
    root: Path = folder("stage")
    rgb = np.zeros((12, 16, 3), np.uint8)
    write_pair(root, "000000", rgb, np.zeros((12, 16), np.uint8))
    write_info(root, DatasetInfo(label_set="carla-0.9.14"))
    return _Stage(root, "auto", None)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def _calls(data: bytes) -> None:
    """Answer calls as the server does, in a world of their own, and make a frame after each."""
    logging.disable(logging.CRITICAL)
    server = PlaybackServer(ServerOptions(port=0, synchronous=True), _stage())
    _loop().run_until_complete(_answer_all(server, data))


async def _answer_all(server: PlaybackServer, data: bytes) -> None:
    for request in Requests().feed(data):
        try:
            result = await server.answer(request.method, request.arguments, "127.0.0.1")
        except RpcError:
            continue
        request.reply(result=result)
        server.world.step(0.05)
        server.world.drive.place(0.0)


def _calls_seeds() -> list[bytes]:
    spawned = [_call(i, *call) for i, call in enumerate(_CALLS[7:12])]
    return [*_request_seeds(), *(b"".join(spawned) + _call(9, *call) for call in _CALLS)]


@cache
def _streams() -> tuple[Streams, int]:
    streams = Streams()
    stream_id = streams.open()
    streams.publish(stream_id, (b"newest",), lossless=False, keep=True)
    return streams, stream_id


def _subscription(data: bytes) -> None:
    streams, stream_id = _streams()
    mine, client = socket.socketpair()
    with mine, client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        streams.serve(mine)
    assert not streams.wanted(stream_id)


def _subscription_seeds() -> list[bytes]:
    return [STREAM_ID.pack(_streams()[1]), STREAM_ID.pack(1) + b"more"]


def _role_name(data: bytes) -> None:
    owner = owner_of(data.decode("utf-8", "replace"))
    if owner is not None:
        owner.dead()


TARGETS = (
    Target(
        *("simulator.requests", _read_requests, _request_seeds, (ValueError,)),
        form="msgpack",
        inputs=200_000,
        max_bytes=1_024,
    ),
    Target(
        "simulator.calls",
        _calls,
        _calls_seeds,
        (ValueError,),
        form="msgpack",
        inputs=30_000,
        max_bytes=1_024,
    ),
    Target(
        *("simulator.subscription", _subscription, _subscription_seeds), inputs=20_000, max_bytes=64
    ),
    Target(
        *("simulator.role_name", _role_name, lambda: [b"unet_perception/a:12:345/front"]),
        inputs=1_500_000,
        max_bytes=128,
    ),
)
