# SPDX-License-Identifier: Apache-2.0
"""Fixtures of tests with real processes over real DDS; conftest files import them by name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unet_perception.ros.transport import profile

# Before rclpy is imported: generated messages read the first, the middleware the others.
os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
profile.use_shipped_profile()

REPO = Path(__file__).resolve().parents[3]
FILTERS = 2
INPUT_SIZE = (48, 64)
SLOW_INPUT_SIZE = (768, 1024)


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


@pytest.fixture
def start_server(
    start_carla_server: Callable[..., Any],
    numbered_pairs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Any]:
    """Starts servers that play the numbered pairs; sessions with them leave notes of their own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return lambda *options: start_carla_server("--data", str(numbered_pairs), *options)


@pytest.fixture
def server(request: Any, start_server: Callable[..., Any]) -> Any:
    """A server; a test may ask for more of its options by indirect parameters."""
    return start_server(*getattr(request, "param", ()))


@pytest.fixture
def bridge(peer: Any, server: Any) -> Callable[..., Any]:
    """Starts a bridge to the server."""

    def start(**given: object) -> Any:
        parameters = {"port": server.port, **given}
        flags = [x for key, value in parameters.items() for x in ("-p", f"{key}:={value}")]
        return peer.start("carla_bridge", "--ros-args", *flags)

    return start
