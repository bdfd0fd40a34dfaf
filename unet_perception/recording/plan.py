# SPDX-License-Identifier: Apache-2.0
"""What to record: towns x weathers x times of day x routes, so many pairs of each."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Any

from unet_perception.carla.weather import TIMES, check_field, preset
from unet_perception.errors import ConfigError, DatasetError

MAX_PAIRS = 10_000_000
MAX_ACTORS = 1000
_NAME = re.compile(r"[A-Za-z0-9_.]+")
_TOWN = re.compile(r"[A-Za-z0-9_./]*[A-Za-z0-9_]")


@dataclass(frozen=True)
class RecordingSet:
    """One drive of a plan.

    Attributes:
        name: ``Town01-ClearNoon-sunset-r0``; the same in every plan that has this drive.
        town: CARLA map; empty for the one that is loaded.
        weather: All of CARLA's weather parameters by name.
        route: Number of the route, from 0.
        seed: Picks the route's spawn point and its traffic: the same in all weathers.
        pairs: How many to record.
    """

    name: str
    town: str
    weather: Mapping[str, float]
    route: int
    seed: int
    pairs: int


@dataclass(frozen=True)
class Plan:
    """A plan, named and typed as its YAML file has it.

    Attributes:
        pairs: Pairs of each set.
        towns: CARLA maps, the outermost loop; none takes the one that is loaded.
        weathers: Names of CARLA's presets, or mappings with a ``name`` of their own, weather
            parameters, and the preset they start from, ``base``, which is ClearNoon.
        times: ``noon``, ``sunset``, ``night``, or degrees of the sun above the horizon; none
            leaves each weather the sun that it has.
        routes: Drives from different spawn points in each of these.
        val: Towns or sets that go into ``val.txt``; the others go into ``train.txt``.
        min_distance: Metres between kept frames.
        keep_standing: Keep frames while the ego stands.
        vehicle: Blueprint of the ego vehicle.
        vehicles: Other vehicles.
        walkers: Walkers.
        seed: Picks routes and traffic.

    Raises:
        ConfigError: A value is not allowed, or two sets would be the same.
    """

    pairs: int = 200
    towns: Sequence[str] = ()
    weathers: Sequence[str | Mapping[str, Any]] = ("ClearNoon",)
    times: Sequence[str | float] = ()
    routes: int = 1
    val: Sequence[str] = ()
    min_distance: float = 1.0
    keep_standing: bool = False
    vehicle: str = "vehicle.tesla.model3"
    vehicles: int = 30
    walkers: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        """Check every value."""
        for key in ("towns", "weathers", "times", "val"):
            self._check(key, isinstance(getattr(self, key), (list, tuple)), "a list")
            object.__setattr__(self, key, tuple(getattr(self, key)))
        self._check("pairs", _whole(self.pairs, 1, MAX_PAIRS), f"1 to {MAX_PAIRS}")
        self._check("routes", _whole(self.routes, 1, 10_000), "1 to 10000")
        self._check("seed", _whole(self.seed, 0, 2**31 - 1), f"0 to {2**31 - 1}")
        for key in ("vehicles", "walkers"):
            self._check(key, _whole(getattr(self, key), 0, MAX_ACTORS), f"0 to {MAX_ACTORS}")
        self._check("min_distance", _number(self.min_distance, 0, 1000), "0 to 1000 metres")
        self._check("keep_standing", isinstance(self.keep_standing, bool), "true or false")
        blueprint = isinstance(self.vehicle, str) and bool(self.vehicle.strip())
        self._check("vehicle", blueprint, "the name of a blueprint")
        self._check("weathers", bool(self.weathers), "a list of at least one")
        for town in self.towns:
            fits = isinstance(town, str) and _TOWN.fullmatch(town)
            self._check("towns", bool(fits), "a list of CARLA maps, such as Town01")
        self._check("val", all(isinstance(name, str) for name in self.val), "a list of names")
        self._check_sets()

    @property
    def sets(self) -> tuple[RecordingSet, ...]:
        """All combinations, by town, weather, time and route."""
        return tuple(self._expand())

    def remaining(self, done_by_set: Mapping[str, int]) -> list[tuple[RecordingSet, int]]:
        """Return the sets that are not complete, and how many pairs each lacks.

        Args:
            done_by_set: How many pairs there are, by the names of sets.

        Raises:
            DatasetError: There are pairs of a set that the plan does not have, or too many.
        """
        wanted = {drive.name: drive.pairs for drive in self.sets}
        for name, done in done_by_set.items():
            if name not in wanted:
                raise DatasetError(f"there are pairs of set {name}, which the plan does not have")
            if done > wanted[name]:
                raise DatasetError(f"set {name} has {done} pairs; the plan has {wanted[name]}")
        lacking = [(drive, drive.pairs - done_by_set.get(drive.name, 0)) for drive in self.sets]
        return [(drive, pairs) for drive, pairs in lacking if pairs]

    def _expand(self) -> Iterator[RecordingSet]:
        weathers = [_weather(item) for item in self.weathers]
        times: list[tuple[str, float | None]] = [_time(item) for item in self.times]
        for town, (weather, values), (time, altitude), route in product(
            self.towns or ("",), weathers, times or [("", None)], range(self.routes)
        ):
            sun = {} if altitude is None else {"sun_altitude_angle": altitude}
            parts = (town.split("/")[-1] or "loaded", weather, time, f"r{route}")
            yield RecordingSet(
                name="-".join(part for part in parts if part),
                town=town,
                weather=MappingProxyType({**values, **sun}),
                route=route,
                seed=zlib.crc32(f"{self.seed}/{route}".encode()) & 0x7FFFFFFF,
                pairs=self.pairs,
            )

    def _check_sets(self) -> None:
        names: set[str] = set()
        known: set[str] = set()
        for drive in self.sets:
            if drive.name in names:
                raise ConfigError(f"set {drive.name} comes twice: something is listed twice")
            names.add(drive.name)
            known |= {drive.name, drive.town.split("/")[-1]}
        for name in self.val:
            # With the town that happens to be loaded, its name is not known yet.
            if name not in known and (self.towns or "-" in name):
                raise ConfigError(f"val has {name!r}, which is no town and no set of the plan")

    def _check(self, key: str, allowed: bool, what: str) -> None:
        if not allowed:
            raise ConfigError(f"{key} is {getattr(self, key)!r}; it must be {what}")


def _weather(item: object) -> tuple[str, Mapping[str, float]]:
    if isinstance(item, str):
        return item, preset(item)
    if not isinstance(item, Mapping) or not isinstance(item.get("name"), str):
        raise ConfigError(
            f"weathers has {item!r}; it must be the name of a preset, or a mapping with a name"
        )
    name = item["name"]
    if not _NAME.fullmatch(name):
        raise ConfigError(f"weather {name!r} must have letters, digits, dots and underscores only")
    try:
        values = dict(preset(item.get("base", "ClearNoon")))
        for key, value in item.items():
            if key not in ("name", "base"):
                values[key] = check_field(key, value)
    except ConfigError as error:
        raise ConfigError(f"weather {name}: {error}") from error
    return name, values


def _time(item: object) -> tuple[str, float | None]:
    if isinstance(item, str) and item in TIMES:
        return item, TIMES[item]
    if not _number(item, -90, 90):
        raise ConfigError(
            f"times has {item!r}; it must be {', '.join(TIMES)}, or degrees from -90 to 90"
        )
    altitude = float(item)  # type: ignore[arg-type]
    return f"sun{altitude:g}".replace("-", "m"), altitude


def _whole(value: object, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


def _number(value: object, low: float, high: float) -> bool:
    return type(value) in (int, float) and low <= value <= high  # type: ignore[operator]
