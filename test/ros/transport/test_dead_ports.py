# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pytest

from unet_perception.ros.transport import dead_ports
from unet_perception.ros.transport.dead_ports import FIRST_PORT, PORTS_A_DOMAIN, dead_ports_held

# Has a port mapped, and one of its own, as writers have; a reader holds the lock as well.
PROCESS = """
import ctypes, fcntl, mmap, os, select, sys, time
path, own, role = sys.argv[1:]
with open(path, "r+b") as file:
    mapped = mmap.mmap(file.fileno(), 0)
with open(own, "w+b") as file:
    file.truncate(4096)
    reads = mmap.mmap(file.fileno(), 0)
own_lock = open(own + "_el", "w")
fcntl.flock(own_lock, fcntl.LOCK_EX)
if role not in ("writes", "makes it anew"):
    lock = open(path + "_el", "w")
if role in ("reads", "looks for a reader"):
    fcntl.flock(lock, fcntl.LOCK_EX)
if role == "looks for a reader":
    # Until somebody else has come to the lock.
    IN_OPEN, libc = 0x20, ctypes.CDLL(None)
    opened = libc.inotify_init()
    libc.inotify_add_watch(opened, (path + "_el").encode(), IN_OPEN)
print("ready", flush=True)
if role == "looks for a reader":
    select.select([opened, sys.stdin], [], [])
    time.sleep(0.02)
    lock.close()
    os.unlink(path + "_el")
    print("has removed it", flush=True)
if role == "has looked for a reader":
    # Preempted between its last two steps, until somebody else has the lock.
    while not select.select([sys.stdin], [], [], 0.001)[0]:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.unlink(path + "_el")
            print("has removed it", flush=True)
            break
        fcntl.flock(lock, fcntl.LOCK_UN)
# As a writer with no reader does with each message.
while role == "makes it anew" and not select.select([sys.stdin], [], [], 0.04)[0]:
    mapped.close()
    os.unlink(path)
    time.sleep(0.02)
    with open(path, "w+b") as file:
        file.truncate(4096)
        mapped = mmap.mmap(file.fileno(), 0)
sys.stdin.read()
"""


@pytest.fixture
def environment(domain: int) -> dict[str, str]:
    return {"ROS_DOMAIN_ID": str(domain)}


@pytest.fixture(params=["fastdds", "fastrtps"])
def port(request: pytest.FixtureRequest, domain: int) -> Iterator[Path]:
    path = Path(f"/dev/shm/{request.param}_port{FIRST_PORT + PORTS_A_DOMAIN * domain + 11}")
    path.write_bytes(bytes(4096))
    yield path
    for file in (path, lock_of(path)):
        file.unlink(missing_ok=True)


@pytest.fixture
def process(port: Path) -> Iterator[Callable[[str], IO[str]]]:
    started: list[subprocess.Popen[str]] = []
    owned: list[Path] = []

    def start(role: str) -> IO[str]:
        own = port.with_name(
            port.name.replace(f"{number(port)}", f"{number(port) + 1 + len(started)}")
        )
        owned.extend((own, lock_of(own)))
        command = [sys.executable, "-c", PROCESS, str(port), str(own), role]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
        assert started[-1].stdout
        assert started[-1].stdout.readline() == "ready\n"
        return started[-1].stdout

    yield start
    for each in started:
        each.communicate("")
    for file in owned:
        file.unlink(missing_ok=True)


def number(port: Path) -> int:
    return int(port.name.rpartition("port")[2])


def lock_of(port: Path) -> Path:
    return port.with_name(port.name + "_el")


def is_locked(lock: Path) -> bool:
    """Whether Fast DDS, which looks by name, would step over the port."""
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_one_to_which_others_write_is_held_and_then_released(
    port: Path, process: Callable[[str], IO[str]], environment: dict[str, str]
) -> None:
    process("writes")
    with dead_ports_held(environment) as held:
        assert held == [number(port)]
    assert not lock_of(port).exists()
    with dead_ports_held(environment) as held:
        assert held == [number(port)]


def test_one_that_its_writer_makes_anew_is_held(
    port: Path, process: Callable[[str], IO[str]], environment: dict[str, str]
) -> None:
    process("makes it anew")
    times = 0
    for _ in range(10):
        with dead_ports_held(environment) as held:
            times += held == [number(port)]
    # One look would see it six times or so; on a busy machine the writer itself may pause.
    assert times >= 9


def test_one_is_held_until_the_last_of_those_who_start_has_its_own_port(
    port: Path, process: Callable[[str], IO[str]], environment: dict[str, str]
) -> None:
    process("writes")
    first, second = dead_ports_held(environment), dead_ports_held(environment)
    with ExitStack() as starting:
        with first as held:
            assert held == [number(port)]
            assert starting.enter_context(second) == [number(port)]
        assert is_locked(lock_of(port))
    assert not lock_of(port).exists()


@pytest.mark.parametrize("role", ["looks for a reader", "has looked for a reader"])
def test_one_whose_writer_touches_the_lock_meanwhile_is_held(
    role: str,
    port: Path,
    process: Callable[[str], IO[str]],
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # For a second: the machine may be busy.
    monkeypatch.setattr(dead_ports, "LOOKS", 50)
    said = process(role)
    with dead_ports_held(environment) as held:
        assert held == [number(port)]
        assert said.readline() == "has removed it\n"
        assert is_locked(lock_of(port))
    assert not lock_of(port).exists()


def test_one_whose_reader_lives_is_left_to_it(
    port: Path, process: Callable[[str], IO[str]], environment: dict[str, str]
) -> None:
    process("reads")
    process("writes")
    with dead_ports_held(environment) as held:
        assert held == []
    assert lock_of(port).exists()


def test_one_that_nobody_has_mapped_may_be_used_again(
    port: Path, environment: dict[str, str]
) -> None:
    assert port.exists()
    with dead_ports_held(environment) as held:
        assert held == []


@pytest.mark.parametrize("other", ["230", "0", "", "words"])
def test_other_domains_are_left_alone(
    port: Path, process: Callable[[str], IO[str]], other: str
) -> None:
    process("writes")
    with dead_ports_held({"ROS_DOMAIN_ID": other}) as held:
        assert number(port) not in held
