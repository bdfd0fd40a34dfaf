# SPDX-License-Identifier: Apache-2.0
"""Real processes over real DDS: a node of the package on one side, a test's own on the other."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unet_perception.nodes import process

sys.path.insert(0, str(Path(__file__).parent))  # for harness/

# Before rclpy is imported: generated messages read the first, the middleware the others.
os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
process.use_shipped_profile()

LABEL_SET = "carla-0.8"
INPUT_SIZE = (48, 64)
SLOW_INPUT_SIZE = (768, 1024)

collect_ignore_glob = [] if find_spec("rclpy") else ["test_*.py"]

_tests = itertools.count()


@pytest.fixture
def domain() -> int:
    """A domain id of its own for each test; above 101 the ports collide with others."""
    return (os.getpid() * 13 + next(_tests)) % 100 + 1


@pytest.fixture
def peer(domain: int, tmp_path: Path) -> Iterator[Any]:
    """The test's own ROS node; the processes that it started end with it."""
    from harness.peer import Peer

    result = Peer(domain, tmp_path)
    yield result
    result.close()


@pytest.fixture
def another_peer(domain: int, tmp_path: Path) -> Iterator[Any]:
    """A second ROS node with nothing in common with the first."""
    from harness.peer import Peer

    result = Peer(domain, tmp_path)
    yield result
    result.close()


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network with random weights, which starts and runs fast."""
    return _random_bundle(tmp_path_factory.mktemp("bundles") / "small", INPUT_SIZE)


@pytest.fixture(scope="session")
def slow_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same network at a size that takes it far longer than a camera's period."""
    return _random_bundle(tmp_path_factory.mktemp("bundles") / "slow", SLOW_INPUT_SIZE)


def _random_bundle(path: Path, input_size: tuple[int, int]) -> Path:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    from unet_perception.labels import load_label_set
    from unet_perception.model.bundle import save_bundle
    from unet_perception.model.spec import ModelSpec
    from unet_perception.model.unet import UNet

    # Wide enough that several classes win, and other pictures get other masks.
    rng = np.random.default_rng(1)
    weights = {
        name: rng.normal(0, 0.6 if name.endswith("weight") else 0.3, value.shape)
        for name, value in UNet(13, 2).state_dict().items()
    }
    weights = {name: value.astype(np.float32) for name, value in weights.items()}
    save_bundle(path, weights, ModelSpec(2, input_size, load_label_set(LABEL_SET)))
    return path


@pytest.fixture(scope="session")
def segmenter(model: Path) -> Iterator[Any]:
    """What the node runs, in the test's own process: the expected masks come from it."""
    from harness.peer import ENGINE

    from unet_perception.segmenter import open_segmenter

    result = open_segmenter(str(model), **ENGINE)
    yield result
    result.close()


@pytest.fixture
def camera(segmenter: Any) -> Any:
    """Pictures, as messages and as the masks that they must give."""
    from harness.camera import Camera

    return Camera(segmenter)
