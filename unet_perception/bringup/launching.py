# SPDX-License-Identifier: Apache-2.0
"""Systems as launch descriptions. Only launch files import this: it needs ``launch``."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    ExecuteProcess,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
)
from launch.event_handlers import OnProcessIO
from launch.events import Shutdown
from launch_ros.actions import Node

from unet_perception.bringup.arguments import read_arguments, refuse_unknown, text
from unet_perception.bringup.parts import Command, Part, RosNode, System
from unet_perception.errors import UnetPerceptionError
from unet_perception.options.option import Option
from unet_perception.ros.transport.profile import shipped_profile

RESPAWN_DELAY_S = 2.0
TERM_AFTER_S = "10"
KILL_AFTER_S = "30"
"""After SIGTERM: CARLA's bridge takes that long where the server has gone."""

LAUNCHS_OWN = frozenset(
    {"launch-prefix", "launch-prefix-filter", "sigterm_timeout", "sigkill_timeout", "emulate_tty"}
)
"""Arguments that ``launch`` itself understands, in every launch file."""

Describe = Callable[[Mapping[str, Any], Mapping[str, str]], System]


class PartEndedError(UnetPerceptionError):
    """A part of the system ended on its own."""


def launch_description(arguments: tuple[Option, ...], system: Describe) -> LaunchDescription:
    """Return a launch description.

    Args:
        arguments: What can be given.
        system: Returns what is started, from the arguments' values and the environment.
    """
    declared = [
        DeclareLaunchArgument(
            each.name,
            default_value=text(each.default),
            description=f"{each.description}; {each.allowed}",
        )
        for each in arguments
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=_start, args=[arguments, system])])


def _start(context: LaunchContext, arguments: tuple[Option, ...], system: Describe) -> list[Any]:
    given = context.launch_configurations
    refuse_unknown(_given_by_hand(context), arguments)
    started = system(read_arguments(arguments, given), context.environment)
    environment = shipped_profile(context.environment)
    actions: list[Any] = [LogInfo(msg=note) for note in started.notes]
    for part in started.parts:
        actions += _actions(part, started.respawn, environment)
    return actions


def _given_by_hand(context: LaunchContext) -> list[str]:
    # Of a launch file that another one includes, the command line's arguments are the other's.
    own = Path(str(context.get_locals_as_dict().get("current_launch_file_path", ""))).name
    if own not in {Path(word).name for word in sys.argv}:
        return []
    names = [word.partition(":=")[0] for word in context.argv if ":=" in word]
    return [name for name in names if name not in LAUNCHS_OWN]


def _actions(part: Part, respawn: bool, environment: Mapping[str, str]) -> list[Any]:
    # What ends by itself, or was closed, is not to come again.
    again = respawn and part.needed and not (isinstance(part, Command) and part.finishes)
    end = _End(part, again)
    settings = {
        "output": "screen",
        "additional_env": {**environment, **_own_environment(part)},
        "on_exit": end.ended,
        "respawn": again,
        "respawn_delay": RESPAWN_DELAY_S,
        "sigterm_timeout": TERM_AFTER_S,
        "sigkill_timeout": KILL_AFTER_S,
    }
    if isinstance(part, RosNode):
        action = _node(part, settings)
    else:
        cmd = [sys.executable, *part.python_arguments()]
        action = ExecuteProcess(cmd=cmd, name=part.name, **settings)
    listen = OnProcessIO(target_action=action, on_stderr=end.heard)
    return [RegisterEventHandler(listen), action]


def _own_environment(part: Part) -> Mapping[str, str]:
    return part.environment if isinstance(part, Command) else {}


def _node(part: RosNode, settings: Mapping[str, Any]) -> Any:
    return Node(
        package=part.package,
        executable=part.executable,
        name=part.name,
        namespace=part.namespace,
        arguments=list(part.arguments),
        remappings=list(part.remaps.items()),
        # Not launch's own parameters: a file with the node's full name would win over them.
        ros_arguments=list(part.settings()),
        **settings,
    )


class _End:
    """Says which part ended and why, and ends the launch with it."""

    def __init__(self, part: Part, again: bool) -> None:
        self._part = part
        self._again = again
        self._last_words = ""

    def heard(self, event: Any) -> None:
        lines = event.text.decode(errors="replace").split("\n")
        self._last_words = next((x.strip() for x in reversed(lines) if x.strip()), self._last_words)

    def ended(self, event: Any, context: LaunchContext) -> Any:
        if context.is_shutdown:
            return None
        name, code = self._part.name, event.returncode
        if code == 0 and not self._part.needed:
            return LogInfo(msg=f"{name} was closed; the rest goes on")
        how = f"ended with exit code {code}" if code >= 0 else f"was ended by {_signal(-code)}"
        sentence = f"{name} {how}" + (f": {self._last_words}" if self._last_words else "")
        if self._again:
            return LogInfo(msg=f"{sentence}; starting it again")
        if code == 0:
            reason = f"{name} has ended"
            return [LogInfo(msg=reason), EmitEvent(event=Shutdown(reason=reason))]
        raise PartEndedError(sentence)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
