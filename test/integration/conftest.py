# SPDX-License-Identifier: Apache-2.0
"""Real processes over real DDS: a node of the package on one side, a test's own on the other."""

from __future__ import annotations

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

REPO = Path(__file__).resolve().parent.parent.parent
FILTERS = 2
INPUT_SIZE = (48, 64)
SLOW_INPUT_SIZE = (768, 1024)

collect_ignore_glob = [] if find_spec("rclpy") else ["test_*.py"]


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
    pytest.importorskip("onnx", reason="onnx is not installed")
    from unet_perception.model.bundle import bundle_weights, load_bundle, save_bundle
    from unet_perception.model.spec import ModelSpec

    # The shipped network's weights by name and shape, but far fewer filters: for these tests
    # neither PyTorch nor a training is needed.
    shipped = load_bundle(REPO / "models" / "carla_unet")
    by = shipped.spec.n_filters // FILTERS
    # Wide enough that several classes win, and other pictures get other masks.
    rng = np.random.default_rng(1)
    weights = {}
    for name, value in bundle_weights(shipped).items():
        shape = [size if size % shipped.spec.n_filters else size // by for size in value.shape]
        spread = 0.6 if name.endswith("weight") else 0.3
        weights[name] = rng.normal(0, spread, shape).astype(np.float32)
    save_bundle(path, weights, ModelSpec(FILTERS, input_size, shipped.spec.label_set))
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
