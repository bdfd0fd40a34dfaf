# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from unet_perception.ros.transport.dead_ports import FIRST_PORT, PORTS_A_DOMAIN, dead_ports_held

# Has a port mapped, as writers have; a reader holds the lock as well.
PROCESS = """
import fcntl, mmap, os, select, sys, time
path, reads = sys.argv[1], sys.argv[2] == "reads"
with open(path, "r+b") as file:
    mapped = mmap.mmap(file.fileno(), 0)
if reads:
    lock = open(path + "_el", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
print("ready", flush=True)
# As a writer with no reader does with each message.
while sys.argv[2] == "makes it anew" and not select.select([sys.stdin], [], [], 0.04)[0]:
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
def process(port: Path) -> Iterator[Callable[[str], None]]:
    started: list[subprocess.Popen[str]] = []

    def start(role: str) -> None:
        command = [sys.executable, "-c", PROCESS, str(port), role]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
        assert started[-1].stdout
        assert started[-1].stdout.readline() == "ready\n"

    yield start
    for each in started:
        each.communicate("")


def number(port: Path) -> int:
    return int(port.name.rpartition("port")[2])


def lock_of(port: Path) -> Path:
    return port.with_name(port.name + "_el")


def test_one_to_which_others_write_is_held_and_then_released(
    port: Path, process: Callable[[str], None], environment: dict[str, str]
) -> None:
    process("writes")
    with dead_ports_held(environment) as held:
        assert held == [number(port)]
        with dead_ports_held(environment) as again:
            assert again == []
    assert not lock_of(port).exists()
    with dead_ports_held(environment) as held:
        assert held == [number(port)]


def test_one_that_its_writer_makes_anew_is_held(
    port: Path, process: Callable[[str], None], environment: dict[str, str]
) -> None:
    process("makes it anew")
    times = 0
    for _ in range(10):
        with dead_ports_held(environment) as held:
            times += held == [number(port)]
    # One look would see it six times or so; on a busy machine the writer itself may pause.
    assert times >= 9


def test_one_whose_reader_lives_is_left_to_it(
    port: Path, process: Callable[[str], None], environment: dict[str, str]
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
    port: Path, process: Callable[[str], None], other: str
) -> None:
    process("writes")
    with dead_ports_held({"ROS_DOMAIN_ID": other}) as held:
        assert number(port) not in held
