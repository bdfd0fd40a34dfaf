# SPDX-License-Identifier: Apache-2.0
"""Stands in for ``launch`` and ``launch_ros``: it takes down what a launch file asks for."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

NAMES = {
    "launch": ("LaunchContext", "LaunchDescription"),
    "launch.actions": (
        *("DeclareLaunchArgument", "EmitEvent", "ExecuteProcess", "LogInfo"),
        *("OpaqueFunction", "RegisterEventHandler"),
    ),
    "launch.event_handlers": ("OnProcessIO",),
    "launch.events": ("Shutdown",),
    "launch_ros": (),
    "launch_ros.actions": ("Node",),
}
"""What upstream has, of Humble to Rolling, and no more: another name fails to be imported."""


@dataclass(frozen=True)
class Call:
    """A call of one of these names."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Context:
    """What a launch file sees of the launch."""

    is_shutdown = False

    def __init__(self, arguments: dict[str, str], environment: dict[str, str]) -> None:
        self.launch_configurations = arguments
        self.environment = environment
        self.argv = [f"{name}:={value}" for name, value in arguments.items()]

    def get_locals_as_dict(self) -> dict[str, str]:
        return {}


def modules() -> dict[str, ModuleType]:
    """Return modules for ``sys.modules``."""
    made = {}
    for name, contents in NAMES.items():
        made[name] = ModuleType(name)
        for each in contents:
            setattr(made[name], each, _taker(each))
    return made


def _taker(name: str) -> Any:
    def take(self: Any, *args: Any, **kwargs: Any) -> Call:
        return Call(name, args, kwargs)

    return type(name, (), {"__new__": take})


def described(file: Path) -> tuple[dict[str, Call], Any]:
    """Run a launch file; return its arguments by name, and its one function."""
    code = compile(file.read_text(), str(file), "exec")
    scope: dict[str, Any] = {"__name__": "launch_file"}
    exec(code, scope)
    *declared, last = scope["generate_launch_description"]().args[0]
    assert {call.name for call in declared} == {"DeclareLaunchArgument"}
    assert last.name == "OpaqueFunction"
    return {call.args[0]: call for call in declared}, last


def started(file: Path, environment: dict[str, str] | None = None, **given: str) -> list[Call]:
    """Return the actions of a launch file for arguments."""
    declared, last = described(file)
    values = {name: call.kwargs["default_value"] for name, call in declared.items()}
    context = Context({**values, **given}, environment or {})
    return list(last.kwargs["function"](context, *last.kwargs["args"]))


def forget() -> None:
    """Let the package's module that imports launch be imported anew."""
    sys.modules.pop("unet_perception.bringup.launching", None)
