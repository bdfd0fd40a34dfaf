# SPDX-License-Identifier: Apache-2.0
"""The playback server as a whole: ports, threads, and answers to calls."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from unet_perception.errors import ConfigError, SimulatorError, UnetPerceptionError
from unet_perception.labels import carla_label_set, load_label_set
from unet_perception.playback.server.calls import METHODS, Calls, Method
from unet_perception.playback.server.cameras import CameraWork
from unet_perception.playback.server.faults import Faults
from unet_perception.playback.server.rpc import RpcError, RpcServer
from unet_perception.playback.server.settings import EpisodeSettings
from unet_perception.playback.server.simulation import Simulation
from unet_perception.playback.server.streams import Streams
from unet_perception.playback.server.traffic_manager import TrafficManager
from unet_perception.playback.server.world import RefusedError, World
from unet_perception.playback.stage import START_TOWN, TOWNS, Stage
from unet_perception.serving.exhaustion import tell_exhaustion_seldom

log = logging.getLogger(__name__)

PROTOCOL_VERSION = "0.9.16"
START_S = 10.0
WAKE_S = 0.05

MALFORMED = (
    *(TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError),
    *(RecursionError, struct.error),
)
"""What arguments of another form than the method's raise."""


@dataclass(frozen=True)
class ServerOptions:
    """How the server appears.

    Attributes:
        host: Address to listen on.
        port: RPC port; streams are on the next one where it is free. 0 takes any.
        version: Version that the server claims; it decides the label set of the ids.
        town: Town to start in.
        rate: Frames a second while no client sets a fixed step.
        synchronous: Start in synchronous mode, as a crashed client leaves a server.
        faults: What goes wrong on purpose.
    """

    host: str = "127.0.0.1"
    port: int = 2000
    version: str = PROTOCOL_VERSION
    town: str = START_TOWN
    rate: float = 20.0
    synchronous: bool = False
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        """Refuse values that cannot work."""
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"port is {self.port}; it must be 0 to 65535")
        if not 1.0 <= self.rate <= 1000.0:
            raise ConfigError(f"rate is {self.rate}; it must be 1 to 1000 frames a second")
        if self.town not in TOWNS:
            raise ConfigError(f"town is {self.town!r}; it must be one of {', '.join(TOWNS)}")
        unknown = sorted(set(self.faults.errors) - set(METHODS))
        if unknown:
            raise ConfigError(f"fail names {unknown[0]!r}; it must be one of {', '.join(METHODS)}")


class PlaybackServer:
    """Serves clients for as long as the ``with`` block runs."""

    def __init__(
        self,
        options: ServerOptions,
        stage: Stage,
    ) -> None:
        """Prepare the world.

        Args:
            options: How it appears.
            stage: What its world is like.

        Raises:
            UnetPerceptionError: The version is not known or the scene cannot be opened.
        """
        self.options = options
        self._streams = Streams()
        label_set = load_label_set(carla_label_set(options.version))
        self._cameras = CameraWork(self._streams, stage, label_set, options.faults)
        self.world = World(
            self._streams,
            stage,
            lambda camera: self._cameras.check(self.world, camera),
            EpisodeSettings(synchronous_mode=options.synchronous),
            town=options.town,
        )
        # A folder that cannot be played is refused now, not at the first camera.
        self._cameras.backdrop(self.world.town)
        self._calls = Calls(self.world, options.version)
        self._simulation = Simulation(self._calls, self._cameras, options.rate)
        self._rpc = RpcServer(self.answer)
        self._traffic = TrafficManager(self.world)
        self._loop = asyncio.new_event_loop()
        tell_exhaustion_seldom(self._loop, log)
        self._thread = threading.Thread(target=self._loop.run_forever, name="rpc")
        self.port = 0

    def __enter__(self) -> PlaybackServer:
        """Open the ports and start the world.

        Raises:
            SimulatorError: A port cannot be had.
        """
        host, port = self.options.host, self.options.port
        self._thread.start()
        try:
            self.port = self._run(self._rpc.listen(host, port))
            self._listen_for_subscribers(host)
            self._calls.traffic_port = self._run(self._traffic.rpc.listen(host, 0))
        except OSError as error:
            self._close_ports()
            raise SimulatorError(f"cannot listen on {host}:{port}: {_reason(error)}") from error
        self._simulation.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close everything."""
        self._simulation.stop()
        self._close_ports()

    def wait_for_goodbyes(self, seconds: float) -> None:
        """Serve on until no client is connected, or for so long at most."""
        end = time.monotonic() + seconds
        while self._rpc.connections and time.monotonic() < end:
            time.sleep(WAKE_S)

    def _listen_for_subscribers(self, host: str) -> None:
        try:
            self._streams.listen(host, self.port + 1 if self.port < 65535 else 0)
        except OSError:
            # Tokens name the port, so the next one is custom, not protocol.
            self._streams.listen(host, 0)

    def _close_ports(self) -> None:
        self._streams.close()
        for rpc in (self._rpc, self._traffic.rpc):
            self._run(rpc.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(START_S)

    async def answer(self, name: str, arguments: list[Any], host: str) -> Any:
        """Return the result of a call; see ``rpc.Answer``."""
        fire_and_forget = bool(arguments) and arguments[0] == [True]
        method = METHODS.get(name)
        if method is None:
            log.warning("unknown method %s", name)
            if fire_and_forget:
                return [[False]]
            raise RpcError(
                f"the playback server has no function '{name}' with {len(arguments)} arguments"
            )
        if name in self.options.faults.errors:
            return method.wrap.refused(self.options.faults.errors[name])
        try:
            call = partial(self._call, method, arguments[1:], host)
            result = await self._simulation.at_frame(call) if method.at_frame else call()
            return method.wrap.done(result)
        except RefusedError as refusal:
            return method.wrap.refused(str(refusal))
        except UnetPerceptionError as error:
            log.warning("%s: %s", name, error)
            return method.wrap.refused(str(error))
        except MALFORMED as error:
            log.warning("%s refused: %s", name, error)
            raise RpcError(f"{name}: {error}") from error

    def _call(self, method: Method, arguments: list[Any], host: str) -> Any:
        with self.world.lock:
            self._calls.host = host
            result = method.call(self._calls, *arguments)
            self._simulation.wake()
        return result


def _reason(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "the port is in use; is another server running there? Choose another port"
    if isinstance(error, socket.gaierror):
        return str(error.strerror).lower()
    # asyncio's own text repeats the address; from Python 3.13 on it has this one without a number.
    return os.strerror(error.errno or errno.EADDRNOTAVAIL).lower()
