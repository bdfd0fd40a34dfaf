# SPDX-License-Identifier: Apache-2.0
"""The system that soak.py breaks: server, bridge, perception, page, each started anew at will."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from realtime_processes import memory
from realtime_variants import HERE
from soak_scene import ENGINE, MODEL

from unet_perception.bringup.parts import Part
from unet_perception.bringup.stacks import (
    DEMO_CAMERAS,
    ROLE,
    camera_topic,
    carla_bridge,
    live_view,
    perception,
    playback_server,
)
from unet_perception.demo.processes import ProcessGroup
from unet_perception.demo.stack import free_port
from unet_perception.doctor.machine import unused_segments
from unet_perception.files.share import shipped
from unet_perception.options.live_view import DEFAULT_HOST
from unet_perception.options.option import Value
from unet_perception.playback.street import Street
from unet_perception.ros.transport.shared_memory import SEGMENT, mapped_by
from unet_perception.ros.transport.torn_ports import SAID

WORLD_S = 60.0
STOP_S = 60.0
"""The page has the processor last, and a machine under test may have little of it."""

WATCH = "watch"
TAIL = 1 << 16
"""Bytes; longer than two lines of the watching process."""


class Broken(Exception):  # noqa: N818
    """The system did what it must never do."""


@dataclass
class Component:
    """One part and the process that plays it now.

    Attributes:
        part: How it is started.
        generation: How often it was started.
        most_mib: The most memory that it held, without shared segments.
    """

    part: Part
    generation: int = 0
    most_mib: float = 0.0

    @property
    def process(self) -> str:
        """Name of the process that plays it now, and of its log."""
        return f"{self.part.name}.{self.generation}"


@dataclass
class System:
    """All processes; they end with the ``with`` block.

    Attributes:
        folder: Scene, logs and state.
        rate: Camera frames a second.
        environment: Of all processes.
        killed: Nodes that could not remove their shared memory.
        removed: Segments of theirs that have been removed.
    """

    folder: Path
    rate: float
    environment: Mapping[str, str]
    killed: int = 0
    removed: int = 0
    components: dict[str, Component] = field(default_factory=dict)
    _segments: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Choose ports; nothing is started."""
        self.port, self.page_port = free_port(), free_port()
        bridge: dict[str, Value] = {
            "port": self.port,
            "role_name": ROLE,
            "autopilot": True,
            "cameras": str(shipped(DEMO_CAMERAS)),
            "fixed_delta_seconds": 1.0 / self.rate,
        }
        parts = (
            playback_server(self.port, self.folder / "pairs", Street.LABEL_SET),
            carla_bridge(bridge),
            perception({"model": MODEL, **ENGINE}, camera_topic()),
            # Faults are to slow it down, not whatever else the machine does.
            live_view("/perception", self.page_port, parameters={"nice": 0}),
        )
        self.components = {part.name: Component(part) for part in parts}
        logs = self.folder / "logs"
        logs.mkdir(exist_ok=True)
        self._group = ProcessGroup(logs, self.environment, STOP_S)
        self._report = self.folder / "watch.jsonl"

    @property
    def page(self) -> str:
        """Address of the page."""
        return f"http://{DEFAULT_HOST}:{self.page_port}/"

    def __enter__(self) -> System:
        """Start everything."""
        self._report.unlink(missing_ok=True)  # An earlier soak's.
        self._group.start(WATCH, [str(HERE / "soak_watch.py"), str(self.folder), str(self._report)])
        for name in self.components:
            self.start(name)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything that still runs."""
        self._group.stop()
        self.remove_segments()

    def start(self, name: str) -> None:
        """Start a component that does not run."""
        component = self.components[name]
        component.generation += 1
        self._group.start(component.process, component.part.python_arguments())

    def pid(self, name: str) -> int:
        """Return the process id of a component."""
        return self._group.pid(self.components[name].process)

    def run(self, script: str, *arguments: str) -> None:
        """Run one of our scripts beside the system, to its end."""
        self._group.start(script, [str(HERE / script), *arguments], needed=False)
        if code := self._group.wait(script):
            raise Broken(
                f"{script} ended with exit code {code}: {self._group.last_words(script, 3)}"
            )

    def starve(self, name: str) -> str:
        """Start a process that does nothing, as fast as it can; return its name for ``finish``."""
        self._group.start(name, ["-c", "while True: pass"], needed=False)
        return name

    def finish(self, name: str) -> None:
        """End what ``starve`` started."""
        self._group.end(name)

    def end(self, name: str, number: signal.Signals) -> int:
        """End a component and return its exit code."""
        self._note_segments()
        if number == signal.SIGKILL:
            self.killed += 1
        code = self._group.end(self.components[name].process, number)
        if number == signal.SIGTERM and code != 0:
            raise Broken(f"{name} ended with exit code {code} after SIGTERM: {self.words(name)}")
        return code

    def check(self) -> None:
        """Look at every process.

        Raises:
            ProcessDiedError: One ended that nobody has ended.
        """
        self._group.check()
        self._note_segments()
        for name, component in self.components.items():
            try:
                held = memory(self.pid(name))
            except (KeyError, OSError):
                continue  # It is just being ended, or has just been started.
            component.most_mib = max(component.most_mib, held.own)

    def words(self, name: str) -> str:
        """Return what a component said last."""
        lines = self._group.last_words(self.components[name].process, 3)
        return " / ".join(lines) or "it said nothing"

    @property
    def restarts(self) -> int:
        """How often a node has started again by itself, being deaf."""
        logs = (self.folder / "logs").glob("*.log")
        return sum(path.read_text(errors="replace").count(SAID) for path in logs)

    def seen(self) -> dict[str, Any]:
        """Return the watching process's newest line; empty before the first."""
        try:
            with self._report.open("rb") as report:
                report.seek(max(0, report.seek(0, os.SEEK_END) - TAIL))
                lines = report.read().splitlines(keepends=True)
        except FileNotFoundError:
            return {}
        whole = [line for line in lines[-2:] if line.endswith(b"\n")]
        return dict(json.loads(whole[-1])) if whole else {}

    def _world(self) -> dict[str, Any]:
        command = [sys.executable, str(HERE / "soak_world.py"), str(self.port)]
        done = subprocess.run(
            command,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=WORLD_S,
            check=False,
        )
        if done.returncode:
            raise Broken(f"the server does not answer CARLA's client: {done.stderr.strip()}")
        return dict(json.loads(done.stdout))

    def check_world(self) -> str:
        """Look at the world after its bridge has ended; return what was found, in words.

        Raises:
            Broken: It is not as it was.
        """
        world = self._world()
        if world["synchronous_mode"] or world["actors"]:
            raise Broken(f"the bridge left the world as {world}")
        return "the world as it was"

    def open_files(self, name: str) -> int:
        """Return how many file handles a component has."""
        return len(os.listdir(f"/proc/{self.pid(name)}/fd"))

    def limit_files(self, name: str, most: int) -> int:
        """Set the most file handles that a component may have; return what it was."""
        pid = self.pid(name)
        soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (min(most, hard), hard))
        return soft

    def remove_segments(self) -> int:
        """Remove the shared memory that killed nodes left; return how many segments."""
        left = [path for path in unused_segments() if path.name in self._segments]
        for path in left:
            path.unlink(missing_ok=True)
        self.removed += len(left)
        return len(left)

    def _note_segments(self) -> None:
        for name in self.components:
            with suppress(KeyError, OSError):  # It is not there just now.
                self._segments |= mapped_by(self.pid(name), SEGMENT)
