# SPDX-License-Identifier: Apache-2.0
"""PyTorch on a GPU: its network anywhere, its graph and buffers where there is a GPU."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from unet_perception.errors import EngineError
from unet_perception.model.bundle import ModelBundle, bundle_weights, load_bundle

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from unet_perception.engines.cuda import CudaEngine, CudaNetwork  # noqa: E402
from unet_perception.engines.cuda_graph import CudaBuffers, CudaGraph  # noqa: E402
from unet_perception.engines.self_test import agreement, probe_inputs, reference_ids  # noqa: E402
from unet_perception.model.encoding import ENCODINGS, channels, fold_encoding  # noqa: E402

gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
SIZE = (96, 128)


@pytest.fixture(scope="module")
def bundle() -> ModelBundle:
    return load_bundle(Path(__file__).parents[2] / "models" / "carla_unet")


@pytest.fixture(scope="module")
def expected_ids(bundle: ModelBundle) -> Callable[[int], np.ndarray]:
    """The reference for so many pictures."""
    return cache(lambda batch: reference_ids(bundle.spec, bundle_weights(bundle), batch))


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16], ids=["fp32", "fp16"])
def test_ids_are_those_of_the_reference_in_every_order_of_colours(
    bundle: ModelBundle,
    expected_ids: Callable[[int], np.ndarray],
    encoding: str,
    dtype: torch.dtype,
    batch: int,
) -> None:
    weights = bundle_weights(bundle)
    shape = (batch, *SIZE, channels(encoding))
    # Host memory in the place of the GPU's: what the network does between them is the same.
    buffers = SimpleNamespace(
        device_input=torch.zeros(shape, dtype=torch.uint8),
        device_output=torch.zeros((batch, *SIZE), dtype=torch.uint8),
    )
    folded = fold_encoding(weights, encoding)
    network = CudaNetwork(bundle.spec, folded, dtype, buffers)  # type: ignore[arg-type]
    buffers.device_input[:] = torch.from_numpy(probe_inputs(SIZE, encoding, batch))
    assert network.enqueue(0)
    same = agreement(buffers.device_output.numpy(), expected_ids(batch))
    assert same > (0.9999 if dtype == torch.float32 else 0.995)


@gpu
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_engine_says_what_it_is_and_agrees(
    bundle: ModelBundle, expected_ids: Callable[[int], np.ndarray], encoding: str, batch: int
) -> None:
    engine = CudaEngine(bundle, "auto", encoding, "asked for", batch)
    assert engine.info.precision == "fp16"
    assert "CUDA graph" in engine.info.detail
    assert "no CUDA graph" not in engine.info.detail
    engine.inputs[...] = probe_inputs(SIZE, encoding, batch)
    same = agreement(engine.infer_all(), expected_ids(batch))
    assert same > 0.995
    engine.close()


@gpu
def test_another_thread_is_refused(bundle: ModelBundle) -> None:
    engine = CudaEngine(bundle, "auto", "bgra8", "asked for")
    engine.infer()
    caught: list[Exception] = []

    def intrude() -> None:
        try:
            engine.infer()
        except EngineError as error:
            caught.append(error)

    thread = threading.Thread(target=intrude)
    thread.start()
    thread.join()
    assert "belongs to thread" in str(caught[0])


@gpu
@pytest.mark.parametrize("refuses", [True, False], ids=["refused", "nothing enqueued"])
def test_a_graph_that_would_give_old_masks_is_not_used(refuses: bool) -> None:
    buffers = CudaBuffers((1, 8, 8, 4), (1, 8, 8))

    def enqueue(stream: int) -> bool:
        if torch.cuda.is_current_stream_capturing():
            return not refuses
        buffers.device_output.copy_(buffers.device_input[..., 0] // 2)
        return True

    graph = CudaGraph(buffers, enqueue)
    assert "no CUDA graph" in graph.graph_note
    for value in (10, 200):
        graph.inputs[...] = value
        assert (graph.infer() == value // 2).all()


@gpu
def test_a_network_that_the_runtime_refuses_is_an_error() -> None:
    with pytest.raises(EngineError, match="refused"):
        CudaGraph(CudaBuffers((1, 8, 8, 4), (1, 8, 8)), lambda stream: False)


@gpu
def test_a_full_gpu_is_one_line() -> None:
    with pytest.raises(EngineError, match="memory is used up"):
        CudaBuffers((1, 1 << 20, 1 << 20, 4), (1, 8, 8))


@gpu
def test_two_threads_and_100000_frames() -> None:
    proof = Path(__file__).parents[1] / "harness" / "cuda_proof.py"
    result = subprocess.run(
        [sys.executable, str(proof), "--frames", "100000"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 problems" in result.stdout
