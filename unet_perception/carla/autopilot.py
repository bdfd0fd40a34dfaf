# SPDX-License-Identifier: Apache-2.0
"""CARLA's traffic manager, in step with the session while it lasts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import carla

TRAFFIC_MANAGER_PORT = 8000


class Autopilot:
    """Hands vehicles to the traffic manager, and takes them back.

    Args:
        client: The connected client.
        sync: Whether this process ticks the server: the traffic manager then waits for it.
    """

    def __init__(self, client: carla.Client, sync: bool) -> None:
        """Start or find the traffic manager."""
        self._client = client
        self._sync = sync
        self._driven: dict[int, carla.Vehicle] = {}
        self._manager = client.get_trafficmanager(TRAFFIC_MANAGER_PORT)
        if sync:
            try:
                self._manager.set_synchronous_mode(True)
            except RuntimeError:
                # It was of a server that has been restarted since.
                self.abandon()
                self._manager = client.get_trafficmanager(TRAFFIC_MANAGER_PORT)
                self._manager.set_synchronous_mode(True)

    def seed(self, seed: int) -> None:
        """Make its choices repeat."""
        self._manager.set_random_device_seed(seed)

    def drive(self, vehicles: Sequence[carla.Vehicle], enabled: bool = True) -> None:
        """Let vehicles that a frame has shown already drive by themselves, or stop that."""
        for vehicle in vehicles:
            vehicle.set_autopilot(enabled, TRAFFIC_MANAGER_PORT)
            if enabled:
                self._driven[vehicle.id] = vehicle
            else:
                self._driven.pop(vehicle.id, None)

    def release(self) -> None:
        """Take all vehicles back, so that it asks for none that is gone, and let it run free."""
        self.drive(list(self._driven.values()), False)
        if self._sync:
            self._manager.set_synchronous_mode(False)

    def abandon(self) -> None:
        """Drop the traffic manager of a server that is lost.

        The client keeps one for each port as long as the process lives: a later session
        would be given this one, which nobody answers any more.
        """
        # It also asks the traffic manager itself, whose silence is no news; seen to take 2 s.
        with suppress(RuntimeError):
            self._manager.shut_down()
