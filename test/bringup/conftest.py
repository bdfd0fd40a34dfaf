# SPDX-License-Identifier: Apache-2.0
"""Arguments as a user gives them, and the systems that come of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from unet_perception.bringup import stacks, systems
from unet_perception.bringup.arguments import read_arguments, text
from unet_perception.bringup.parts import System


@pytest.fixture(autouse=True)
def carla_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """CARLA's client counts as installed, wherever the tests run."""
    monkeypatch.setattr(systems, "has_carla_client", lambda: True)
    monkeypatch.setattr(stacks, "has_carla_client", lambda: True)


@pytest.fixture
def describe() -> Callable[..., System]:
    """Returns a system for arguments that are given as texts."""

    def make(
        options: Any, system: Any, environment: dict[str, str] | None = None, **given: str
    ) -> System:
        texts = {option.name: text(option.default) for option in options}
        return system(read_arguments(options, {**texts, **given}), environment or {})

    return make


@pytest.fixture
def carla(describe: Any) -> Callable[..., System]:
    """Returns the system of ``carla.launch.py`` for arguments that are given as texts."""

    def make(environment: dict[str, str] | None = None, **given: str) -> System:
        return describe(systems.CARLA_SYSTEM, systems.carla_system, environment, **given)

    return make
