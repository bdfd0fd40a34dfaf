# SPDX-License-Identifier: Apache-2.0
"""The network through TensorRT: built once for this GPU, kept on disk, replayed as a CUDA graph."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unet_perception.engines.cache import EngineCache, EntryRefusedError, default_folder
from unet_perception.engines.cache_entry import Entry
from unet_perception.engines.cuda_device import CudaDevice, cuda_device, is_out_of_memory
from unet_perception.engines.engine import Engine, EngineInfo
from unet_perception.engines.gpu_precision import choose_gpu_precision
from unet_perception.engines.progress import Report
from unet_perception.engines.tensorrt_build import IoContract, build_options, build_plan
from unet_perception.engines.tensorrt_key import device_key, plan_key, timing_file
from unet_perception.engines.tensorrt_library import tensorrt_library
from unet_perception.engines.tensorrt_network import TensorRtNetwork
from unet_perception.errors import EngineError
from unet_perception.model.bundle import ModelBundle, bundle_weights
from unet_perception.model.encoding import channels

MIN_SAME_AS_BUILT = 0.999
"""Share of the test's pixels that a plan from the cache must give as on the day it was built."""


class TensorRtEngine(Engine):
    """A bundle's network as a plan of TensorRT, on the first CUDA device."""

    def __init__(
        self,
        bundle: ModelBundle,
        precision: str,
        encoding: str,
        reason: str,
        report: Report,
        batch: int = 1,
        folder: Path | None = None,
    ) -> None:
        """Read the plan from the cache or build it; see ``open_engine``.

        Args:
            bundle: The network.
            precision: ``auto``, ``fp16`` or ``fp32``.
            encoding: Order of the pixels' colours.
            reason: Why this engine was chosen.
            report: Takes a line every few seconds while it builds.
            batch: Pictures at a time.
            folder: Where plans are kept, if not in ``default_folder``.

        Raises:
            EngineError: There is no GPU or no TensorRT, it refuses the network, or the
                self-test failed.
        """
        # The GPU first: without one, TensorRT's objects end the process.
        device = cuda_device()
        self._library = tensorrt_library()
        self.encoding = encoding
        size = bundle.spec.input_size
        input_shape = (batch, *size, channels(encoding))
        self._spec, self._batch = bundle.spec, batch
        self._weights = bundle_weights(bundle)
        chosen, why = choose_gpu_precision("tensorrt", precision, bundle, self._weights)
        self._onnx = deploy_onnx(bundle, self._weights, chosen, encoding, batch)
        self._contract = io_contract(input_shape, (batch, *size))
        version = str(self._library.__version__)
        self._on = device_key("tensorrt", version, device)
        key = plan_key(self._onnx, input_shape, chosen, self._on, build_options())
        self._cache = EngineCache(folder or default_folder(), report)
        obtained = self._cache.obtain(key, self._build, self._load)
        self.built = obtained.built
        self._runner: _Runner = obtained.engine
        self.inputs = self._runner.graph.inputs
        self.info = _info(version, chosen, device, reason, self._runner, f"{why}, {obtained.note}")
        del self._weights, self._onnx

    def infer_all(self) -> NDArray[np.uint8]:
        """Return the class id of each pixel; see ``Engine.infer_all``."""
        return self._runner.graph.infer()

    def warm_up(self) -> None:
        """Run once for another thread; see ``Engine.warm_up``."""
        self._runner.graph.infer_unowned()

    def close(self) -> None:
        """Release the graph, then what it replays."""
        self._runner.close()

    def _build(self) -> tuple[_Runner, Entry]:
        from unet_perception.engines.self_test import agreement, reference_ids

        name = timing_file(self._on)
        kept = self._cache.read(name, self._on)
        timing = kept.parts["timing"] if kept else b""
        built = build_plan(self._library, self._onnx, self._contract, timing)
        if built.timing:
            self._cache.keep(name, self._on, Entry({"timing": built.timing}))
        runner = self._open(built.plan)
        try:
            expected = reference_ids(self._spec, self._weights, self._batch)
            runner.same = agreement(runner.masks, expected)
        except EngineError:
            runner.close()
            raise
        facts = {"agreement": runner.same, "layers": runner.network.detail}
        return runner, Entry({"plan": built.plan, "mask": runner.masks.tobytes()}, facts)

    def _load(self, entry: Entry) -> _Runner:
        try:
            runner = self._open(entry.parts["plan"])
        except EngineError as error:
            # A full GPU says nothing about the file; all else is worth one new build.
            if is_out_of_memory(error):
                raise
            raise EntryRefusedError(str(error)) from error
        expected = np.frombuffer(entry.parts["mask"], np.uint8)
        found = runner.masks.reshape(-1)
        same = float((found == expected).mean()) if found.shape == expected.shape else 0.0
        if same < MIN_SAME_AS_BUILT:
            runner.close()
            raise EntryRefusedError(f"its self-test gave {same:.2%} of the mask it was built with")
        runner.same = float(entry.facts["agreement"])
        return runner

    def _open(self, plan: bytes) -> _Runner:
        return _Runner(
            TensorRtNetwork(self._library, plan, self._contract), self._contract, self.encoding
        )


class _Runner:
    """A loaded plan with its buffers and graph, and its masks of the self-test's pictures."""

    def __init__(self, network: TensorRtNetwork, contract: IoContract, encoding: str) -> None:
        from unet_perception.engines.cuda_graph import CudaBuffers, CudaGraph
        from unet_perception.engines.self_test import probe_inputs, run_once

        self.network = network
        self.same = 0.0
        batch, height, width = contract.output_shape
        try:
            buffers = CudaBuffers(contract.input_shape, contract.output_shape)
            network.bind(buffers.device_input.data_ptr(), buffers.device_output.data_ptr())
            self.graph = CudaGraph(buffers, network.enqueue)
            pictures = probe_inputs((height, width), encoding, batch)
            self.masks = run_once(self.graph.inputs, self.graph.infer_unowned, pictures)
        except EngineError as error:
            words = network.last_errors()
            network.close()
            raise EngineError(f"{error}; TensorRT: {words}") from error

    def close(self) -> None:
        """Release the graph first: it replays what the context made."""
        self.graph.close()
        self.network.close()


def deploy_onnx(
    bundle: ModelBundle,
    weights: Mapping[str, NDArray[np.float32]],
    precision: str,
    encoding: str,
    batch: int,
) -> bytes:
    """Return the graph that TensorRT compiles."""
    from unet_perception.model.onnx_file import build_onnx

    name, size = bundle.spec.architecture, bundle.spec.input_size
    return build_onnx(name, weights, size, {}, precision=precision, encoding=encoding, batch=batch)


def io_contract(input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> IoContract:
    """Return what the graph takes and gives."""
    from unet_perception.model.onnx_file import INPUT, OUTPUT

    return IoContract(INPUT, input_shape, OUTPUT, output_shape)


def _info(
    version: str, precision: str, device: CudaDevice, reason: str, runner: _Runner, note: str
) -> EngineInfo:
    return EngineInfo(
        name="tensorrt",
        version=version,
        precision=precision,
        device=device.name,
        reason=reason,
        detail=(
            f"{runner.network.detail}, {runner.graph.graph_note}, "
            f"self-test {runner.same:.2%} as fp32, {note}"
        ),
    )
