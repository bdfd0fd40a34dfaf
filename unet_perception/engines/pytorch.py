# SPDX-License-Identifier: Apache-2.0
"""The network in PyTorch, the reference that other engines are compared with."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from unet_perception.engines.engine import Engine, EngineInfo
from unet_perception.errors import EngineError
from unet_perception.model.architecture import ARCHITECTURES
from unet_perception.model.bundle import ModelBundle, bundle_weights
from unet_perception.model.encoding import channels, fold_encoding


class PyTorchEngine(Engine):
    """A bundle's network, on the first CUDA device or the processor."""

    def __init__(
        self,
        bundle: ModelBundle,
        precision: str,
        threads: int,
        encoding: str,
        reason: str,
        batch: int = 1,
    ) -> None:
        """Load the weights; see ``open_engine`` for the arguments.

        Raises:
            EngineError: The weights do not fit the network that the bundle describes.
        """
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        if self._device.type == "cpu":
            torch.set_num_threads(threads)
        self.encoding = encoding
        self.inputs = np.zeros((batch, *bundle.spec.input_size, channels(encoding)), np.uint8)
        # A view: what is written into the inputs is what the next inference reads.
        self._pixels = torch.from_numpy(self.inputs)
        weights = fold_encoding(bundle_weights(bundle), encoding)
        spec = bundle.spec
        network = ARCHITECTURES.load(spec.architecture)
        model = network.build(spec.n_classes, spec.n_filters, channels(encoding))
        try:
            model.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()})
        except RuntimeError as error:
            raise EngineError(f"{bundle.path}: weights do not fit the network: {error}") from error
        self._model = model.eval().to(self._device)
        # fp32 by default: this engine is the reference.
        self._bf16 = precision == "bf16"
        on_gpu = self._device.type == "cuda"
        self.info = EngineInfo(
            name="pytorch",
            version=str(torch.__version__),
            precision="bf16" if self._bf16 else "fp32",
            device=torch.cuda.get_device_name(self._device) if on_gpu else "CPU",
            reason=reason,
            detail=f"eager, {'TF32 off' if on_gpu else f'{threads} threads'}",
        )

    def infer_all(self) -> NDArray[np.uint8]:
        """Return the class id of each pixel; see ``Engine.infer_all``."""
        try:
            return self._infer()
        except RuntimeError as error:
            raise EngineError(f"PyTorch failed: {error}") from error

    def _infer(self) -> NDArray[np.uint8]:
        with (
            torch.inference_mode(),
            # PyTorch's default for convolutions on a GPU is TF32: 10 bits, and no reference.
            torch.backends.cudnn.flags(enabled=True, allow_tf32=False),
            torch.autocast(self._device.type, torch.bfloat16, enabled=self._bf16),
        ):
            # Contiguous: channels last, as pixels are, took oneDNN a fifth longer in fp32.
            pixels = self._pixels.to(self._device).permute(0, 3, 1, 2).contiguous()
            logits = self._model(pixels.float() / 255.0)
            ids: NDArray[np.uint8] = logits.argmax(1).to(torch.uint8).cpu().numpy()
        return ids

    def close(self) -> None:
        """Release the network."""
        del self._model
