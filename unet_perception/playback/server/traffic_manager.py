# SPDX-License-Identifier: Apache-2.0
"""A traffic manager at a port of its own, which clients take for another client's.

With one already running, a client only registers its vehicles there. Its calls carry no
metadata and want no result.
"""

from __future__ import annotations

from typing import Any

from unet_perception.playback.server.actors import Vehicle
from unet_perception.playback.server.rpc import RpcError, RpcServer
from unet_perception.playback.server.world import World


class TrafficManager:
    """Drives the vehicles that are registered; every other call is accepted and ignored."""

    def __init__(self, world: World) -> None:
        """Set the world whose vehicles it drives."""
        self._world = world
        self.rpc = RpcServer(self._answer)

    async def _answer(self, method: str, arguments: list[Any], _host: str) -> None:
        if method in ("register_vehicle", "unregister_vehicle"):
            try:
                ids = [int(actor[0]) for actor in arguments[0]]
            except (TypeError, ValueError, IndexError) as error:
                raise RpcError(f"{method}: {error}") from error
            self._set_autopilot(ids, method == "register_vehicle")

    def _set_autopilot(self, ids: list[int], enabled: bool) -> None:
        with self._world.lock:
            for actor_id in ids:
                actor = self._world.actors.get(actor_id)
                if isinstance(actor, Vehicle):
                    actor.autopilot = enabled
