# SPDX-License-Identifier: Apache-2.0
"""The network on a GPU without TensorRT: PyTorch in half precision, replayed as a CUDA graph."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from unet_perception.engines.cuda_device import CudaDevice, cuda_device
from unet_perception.engines.cuda_graph import CudaBuffers, CudaGraph, cuda_error
from unet_perception.engines.engine import Engine, EngineInfo
from unet_perception.engines.gpu_precision import choose_gpu_precision
from unet_perception.engines.self_test import agreement, probe_inputs, reference_ids, run_once
from unet_perception.errors import EngineError
from unet_perception.model.architecture import ARCHITECTURES
from unet_perception.model.bundle import ModelBundle, bundle_weights
from unet_perception.model.encoding import channels, fold_encoding
from unet_perception.model.spec import ModelSpec

TYPES = {"fp16": torch.float16, "fp32": torch.float32}


class CudaEngine(Engine):
    """A bundle's weights on the first CUDA device."""

    def __init__(
        self, bundle: ModelBundle, precision: str, encoding: str, reason: str, batch: int = 1
    ) -> None:
        """Load the weights, capture the graph and test it; see ``open_engine``.

        Raises:
            EngineError: There is no GPU that PyTorch can use, the precision does not suit the
                network, or the self-test failed.
        """
        device: CudaDevice = cuda_device()
        self.encoding = encoding
        size = bundle.spec.input_size
        weights = bundle_weights(bundle)
        chosen, why = choose_gpu_precision("cuda", precision, bundle, weights)
        try:
            buffers = CudaBuffers((batch, *size, channels(encoding)), (batch, *size))
            folded = fold_encoding(weights, encoding)
            network = CudaNetwork(bundle.spec, folded, TYPES[chosen], buffers)
            self._graph = CudaGraph(buffers, network.enqueue)
            # Held by the graph's kernels alone, which Python does not see.
            self._network = network
        except RuntimeError as error:
            raise cuda_error(error) from error
        self.inputs = self._graph.inputs
        # Unowned: the thread that opens need not be the one that serves.
        pictures = probe_inputs(size, encoding, batch)
        ids = run_once(self.inputs, self._graph.infer_unowned, pictures)
        same = agreement(ids, reference_ids(bundle.spec, weights, batch))
        self.info = EngineInfo(
            name="cuda",
            version=str(torch.__version__),
            precision=chosen,
            device=device.name,
            reason=reason,
            detail=f"{why}, {self._graph.graph_note}, self-test {same:.2%} as fp32",
        )

    def infer_all(self) -> NDArray[np.uint8]:
        """Return the class id of each pixel; see ``Engine.infer_all``."""
        return self._graph.infer()

    def warm_up(self) -> None:
        """Run once for another thread; see ``Engine.warm_up``."""
        self._graph.infer_unowned()

    def close(self) -> None:
        """Release graph and network."""
        self._graph.close()
        del self._network


class CudaNetwork:
    """A network between buffers on the GPU: uint8 pixels to uint8 ids."""

    def __init__(
        self,
        spec: ModelSpec,
        weights: Mapping[str, NDArray[np.float32]],
        dtype: torch.dtype,
        buffers: CudaBuffers,
    ) -> None:
        """Load the weights.

        Args:
            spec: What the network is.
            weights: Its ``state_dict``, folded for the buffers' encoding.
            dtype: Type of weights and features.
            buffers: What it reads and writes.

        Raises:
            EngineError: The weights do not fit the network.
        """
        network = ARCHITECTURES.load(spec.architecture)
        colours = buffers.device_input.shape[-1]
        model = network.build(spec.n_classes, spec.n_filters, colours)
        try:
            model.load_state_dict({k: torch.from_numpy(v.copy()) for k, v in weights.items()})
        except RuntimeError as error:
            raise EngineError(f"weights do not fit the network: {error}") from error
        device = buffers.device_input.device
        # Pixels come with their channels last; so do the kernels of tensor cores.
        model.eval().to(device, dtype)
        self._model: nn.Module = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._dtype = dtype
        self._buffers = buffers

    def enqueue(self, stream: int) -> bool:
        """Put one inference on PyTorch's current stream, which is ``stream``."""
        with (
            torch.inference_mode(),
            # The fastest kernels for this one shape, found at the first call; fp32 is fp32.
            torch.backends.cudnn.flags(enabled=True, benchmark=True, allow_tf32=False),
        ):
            pixels = self._buffers.device_input.permute(0, 3, 1, 2).to(self._dtype)
            logits = self._model(pixels.mul_(1.0 / 255.0))
            # Written as uint8 on the GPU: an eighth of the bytes on their way back.
            self._buffers.device_output.copy_(logits.argmax(1))
        return True
