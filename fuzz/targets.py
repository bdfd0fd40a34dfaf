# SPDX-License-Identifier: Apache-2.0
"""All targets."""

from __future__ import annotations

from importlib import import_module

from fuzz.target import Target

ROOMS = ("images", "settings", "datasets", "models", "simulator", "page", "recordings")


def targets_of(room: str) -> tuple[Target, ...]:
    """Return the targets of one of ``ROOMS``."""
    found: tuple[Target, ...] = import_module(f"fuzz.{room}").TARGETS
    return found


def all_targets() -> tuple[Target, ...]:
    """Return all of them."""
    return tuple(target for room in ROOMS for target in targets_of(room))


def find_target(name: str) -> Target:
    """Return one by its name."""
    return next(target for target in targets_of(name.partition(".")[0]) if target.name == name)
