# SPDX-License-Identifier: Apache-2.0
"""What a user can set of the bridge; the names are those of CARLA and of its ROS bridge."""

from __future__ import annotations

import re
from dataclasses import dataclass

from unet_perception.options.option import Option, number, switch

ROLE_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
SEED_MAX = 2**31 - 1

CARLA_BRIDGE_OPTIONS = (
    Option("host", "localhost", "machine that CARLA runs on", "a host name or an address", bool),
    number("port", 2000, "CARLA's port", 1, 65534),
    number("timeout", 10.0, "seconds to wait for an answer of CARLA", 0.5, 600.0),
    Option(
        "town",
        "",
        "map to drive in, such as Town03; empty for the one that is loaded",
        "the name of a map of the server, or empty",
    ),
    switch("passive", False, "follow whoever ticks the world, and leave its settings alone"),
    switch("synchronous_mode", True, "tick the world ourselves; false lets the server run freely"),
    number("fixed_delta_seconds", 0.05, "simulated seconds of a tick", 0.001, 1.0),
    number(
        "tick_rate",
        0.0,
        "ticks in a second of wall time; 0 for real time, 1 / fixed_delta_seconds",
        0.0,
        1000.0,
    ),
    Option(
        "role_name",
        "ego_vehicle",
        "role name of the vehicle that carries the cameras; also the name in the topics",
        "letters, digits and _, and no digit first",
        lambda value: ROLE_NAME.fullmatch(value) is not None,
    ),
    Option(
        "vehicle",
        "vehicle.tesla.model3",
        "blueprint to spawn where no vehicle has the role; passive waits for one instead",
        "the name of a blueprint, or a pattern such as vehicle.audi.*",
        bool,
    ),
    number(
        "spawn_point",
        -1,
        "number of the map's spawn point to use; -1 for the first free one, in an order that "
        "the seed gives",
        -1,
        100_000,
    ),
    switch("autopilot", False, "let CARLA's traffic manager drive the vehicle"),
    number("vehicles", 0, "other vehicles to spawn", 0, 1000),
    number("walkers", 0, "walkers to spawn", 0, 1000),
    number("seed", 0, "picks spawn points and blueprints", 0, SEED_MAX),
    Option(
        "cameras",
        "",
        "YAML file that lists the cameras; empty for the shipped carla_cameras.yaml",
        "the path of a file, or empty",
    ),
    switch(
        "recover",
        False,
        "take a server that waits for ticks that nobody gives out of synchronous mode",
    ),
)


@dataclass(frozen=True)
class CarlaBridgeConfig:
    """Settings of the bridge; see ``CARLA_BRIDGE_OPTIONS``."""

    host: str
    port: int
    timeout: float
    town: str
    passive: bool
    synchronous_mode: bool
    fixed_delta_seconds: float
    tick_rate: float
    role_name: str
    vehicle: str
    spawn_point: int
    autopilot: bool
    vehicles: int
    walkers: int
    seed: int
    cameras: str
    recover: bool

    @property
    def wall_rate(self) -> float:
        """Ticks in a second of wall time."""
        return self.tick_rate or 1.0 / self.fixed_delta_seconds
