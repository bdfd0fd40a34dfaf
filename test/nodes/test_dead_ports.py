# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from unet_perception.nodes.dead_ports import FIRST_PORT, PORTS_A_DOMAIN, dead_ports_held

DOMAIN = 231
ENVIRONMENT = {"ROS_DOMAIN_ID": str(DOMAIN)}
PORT = FIRST_PORT + PORTS_A_DOMAIN * DOMAIN + os.getpid() % PORTS_A_DOMAIN

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


@pytest.fixture(params=["fastdds", "fastrtps"])
def port(request: pytest.FixtureRequest) -> Iterator[Path]:
    path = Path(f"/dev/shm/{request.param}_port{PORT}")
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


def lock_of(port: Path) -> Path:
    return port.with_name(port.name + "_el")


def test_one_to_which_others_write_is_held_and_then_released(
    port: Path, process: Callable[[str], None]
) -> None:
    process("writes")
    with dead_ports_held(ENVIRONMENT) as held:
        assert held == [PORT]
        with dead_ports_held(ENVIRONMENT) as again:
            assert again == []
    assert not lock_of(port).exists()
    with dead_ports_held(ENVIRONMENT) as held:
        assert held == [PORT]


def test_one_that_its_writer_makes_anew_is_held(process: Callable[[str], None]) -> None:
    process("makes it anew")
    times = 0
    for _ in range(10):
        with dead_ports_held(ENVIRONMENT) as held:
            times += held == [PORT]
    # One look would see it six times or so; on a busy machine the writer itself may pause.
    assert times >= 9


def test_one_whose_reader_lives_is_left_to_it(port: Path, process: Callable[[str], None]) -> None:
    process("reads")
    process("writes")
    with dead_ports_held(ENVIRONMENT) as held:
        assert held == []
    assert lock_of(port).exists()


def test_one_that_nobody_has_mapped_may_be_used_again(port: Path) -> None:
    assert port.exists()
    with dead_ports_held(ENVIRONMENT) as held:
        assert held == []


@pytest.mark.parametrize("domain", ["230", "0", "", "words"])
def test_other_domains_are_left_alone(process: Callable[[str], None], domain: str) -> None:
    process("writes")
    with dead_ports_held({"ROS_DOMAIN_ID": domain}) as held:
        assert PORT not in held
