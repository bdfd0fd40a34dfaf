# SPDX-License-Identifier: Apache-2.0
"""What soak.py does to the system, and for how long."""

from __future__ import annotations

import os
import random
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from soak_system import System

from unet_perception.bringup.stacks import VIEW, camera_topic

FAULT_S = 10.0
"""How long a component is stopped, starved, or without file handles."""

GARBAGE_S = 5.0
TOLD_S = 2.0
"""Longer than the node's diagnostics are apart."""

HOGS = 4
SPARE_HANDLES = 2
CONNECTIONS = 40

BRIDGE, PERCEPTION, PLAYBACK = "carla_bridge", "perception", "playback"
EVERYTHING = "machine"


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        name: What.
        target: The component that it happens to.
        inject: Does it, undoes it, and returns what was seen in a few words.
    """

    name: str
    target: str
    inject: Callable[[System, random.Random], str]

    def __str__(self) -> str:
        """Return the fault in words."""
        return f"{self.name} {self.target}"


def all_faults() -> tuple[Fault, ...]:
    """Return every fault, each as likely as the others."""
    components = (PLAYBACK, BRIDGE, PERCEPTION, VIEW)
    return (
        *(Fault("SIGTERM", name, _terminate(name)) for name in components),
        *(Fault("SIGKILL", name, _kill(name)) for name in components),
        *(Fault("SIGSTOP", name, _freeze(name)) for name in components),
        *(Fault("no file handles", name, _no_handles(name)) for name in components),
        Fault("garbage", PERCEPTION, _garbage_on_the_topic),
        Fault("garbage", PLAYBACK, _garbage_to(lambda system: (system.port, system.port + 1))),
        Fault("garbage", VIEW, _garbage_to(lambda system: (system.page_port,))),
        Fault("CPU starved", EVERYTHING, _starve),
        Fault("SIGKILL of two", EVERYTHING, _kill_two),
    )


def _terminate(name: str) -> Callable[[System, random.Random], str]:
    def inject(system: System, chance: random.Random) -> str:
        del chance
        code = system.end(name, signal.SIGTERM)
        told = f"exit code {code}"
        if name == BRIDGE:
            told += f", {system.check_world()}"
        system.start(name)
        return told

    return inject


def _kill(name: str) -> Callable[[System, random.Random], str]:
    def inject(system: System, chance: random.Random) -> str:
        time.sleep(chance.uniform(0.0, 0.2))  # Any moment between two frames.
        system.end(name, signal.SIGKILL)
        time.sleep(chance.choice((0.0, 3.0)))
        system.start(name)
        return "started again"

    return inject


def _kill_two(system: System, chance: random.Random) -> str:
    names = chance.sample((PLAYBACK, BRIDGE, PERCEPTION, VIEW), 2)
    for name in names:
        system.end(name, signal.SIGKILL)
    for name in names:
        system.start(name)
    return f"{' and '.join(names)}, started again"


def _freeze(name: str) -> Callable[[System, random.Random], str]:
    def inject(system: System, chance: random.Random) -> str:
        del chance
        pid = system.pid(name)
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(FAULT_S)
        finally:
            os.kill(pid, signal.SIGCONT)
        return f"{FAULT_S:g} s"

    return inject


def _no_handles(name: str) -> Callable[[System, random.Random], str]:
    def inject(system: System, chance: random.Random) -> str:
        open_now = system.open_files(name)
        was = system.limit_files(name, open_now + chance.randrange(SPARE_HANDLES))
        try:
            port = {PLAYBACK: system.port, VIEW: system.page_port}.get(name)
            until = time.monotonic() + FAULT_S
            while time.monotonic() < until:
                if port is not None:
                    _knock(port, b"", 0.2)  # It has to accept, and cannot.
                time.sleep(0.2)
            system.check()
        finally:
            system.limit_files(name, was)
        return f"{open_now} open, {FAULT_S:g} s"

    return inject


def _garbage_on_the_topic(system: System, chance: random.Random) -> str:
    seed = str(chance.randrange(2**31))
    before = system.seen().get("node", {}).get("refused", "0")
    system.run("soak_garbage.py", camera_topic(), seed, f"{GARBAGE_S:g}")
    time.sleep(TOLD_S)
    return f"refused {before} -> {system.seen().get('node', {}).get('refused', '0')}"


def _garbage_to(
    ports: Callable[[System], tuple[int, ...]],
) -> Callable[[System, random.Random], str]:
    def inject(system: System, chance: random.Random) -> str:
        for number in range(CONNECTIONS):
            data = chance.randbytes(chance.randrange(1, 4096))
            if chance.random() < 0.5:
                data = b"GET /" + data
            for port in ports(system):
                _knock(port, data, chance.choice((0.0, 0.05)))
            if not number % 10:
                system.check()
        return f"{CONNECTIONS} connections a port"

    return inject


def _knock(port: int, data: bytes, stay_s: float) -> None:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5.0) as peer:
            peer.sendall(data)
            time.sleep(stay_s)
    except OSError:
        return  # Being hung up on is an answer.


def _starve(system: System, chance: random.Random) -> str:
    del chance
    hogs = [system.starve(f"hog {number}") for number in range(HOGS)]
    try:
        time.sleep(FAULT_S)
    finally:
        for hog in hogs:
            system.finish(hog)
    return f"{HOGS} busy processes, {FAULT_S:g} s"
