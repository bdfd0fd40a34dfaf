# SPDX-License-Identifier: Apache-2.0
"""Fixtures that every part of the suite shares."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from unet_perception.dataset import DatasetInfo, write_info, write_pair

sys.path.insert(0, str(Path(__file__).parent / "harness"))  # for what tests share

REPO = Path(__file__).resolve().parent.parent
NUMBERED_PAIRS = 28
PR_SET_CHILD_SUBREAPER = 36

# An example's time says how loaded the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def end_orphans() -> Iterator[None]:
    """Ends what tests started in processes that then crashed."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    yield
    for listing in Path("/proc/self/task").glob("*/children"):
        for pid in map(int, listing.read_text().split()):
            if b"unet_perception" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def repo() -> Path:
    """The source tree."""
    return REPO


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real CARLA frames and golden outputs, which lie beside the source tree or nowhere."""
    path = REPO.parent / "shared"
    if not path.is_dir():
        pytest.skip("no ../shared with real CARLA frames and golden outputs")
    return path


@pytest.fixture(scope="session")
def numbered_pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pair N is ``(N, 2 N, 3)`` all over; its mask is class N."""
    root = tmp_path_factory.mktemp("pairs")
    for number in range(NUMBERED_PAIRS):
        rgb = np.full((60, 80, 3), (number, 2 * number, 3), np.uint8)
        write_pair(root, f"{number:06d}", rgb, np.full((60, 80), number, np.uint8))
    write_info(root, DatasetInfo(label_set="carla-0.9.14"))
    return root


@pytest.fixture
def domain() -> Iterator[int]:
    """A ROS domain of its own for each test."""
    from ros_domains import claim_domain

    with claim_domain() as claimed:
        yield claimed


@pytest.fixture
def one_thread() -> Iterator[None]:
    """PyTorch with one thread: on the tests' networks, several only wait for each other."""
    try:
        import torch
    except ImportError:
        # Splits, recipe and scores are tested without it.
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def start_carla_server(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Starts playback servers with the options given; they end with the test."""
    from carla_server import CarlaServer

    started: list[CarlaServer] = []

    def start(*arguments: str, port: int = 0) -> CarlaServer:
        started.append(CarlaServer(tmp_path, *arguments, port=port))
        return started[-1]

    yield start
    for server in started:
        server.kill()


@pytest.fixture
def carla_server(start_carla_server: Callable[..., Any]) -> Any:
    """A playback server of the built-in street; it has ``.port``."""
    return start_carla_server()
