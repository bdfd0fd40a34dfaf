# SPDX-License-Identifier: Apache-2.0
"""The network in PyTorch, the reference that other engines are compared with."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from unet_perception.engines.engine import EngineInfo
from unet_perception.engines.image_check import check_image
from unet_perception.errors import EngineError
from unet_perception.model.bundle import ModelBundle, bundle_weights
from unet_perception.model.unet import UNet


class PyTorchEngine:
    """A bundle's weights in ``UNet``, on the CPU or the first CUDA device."""

    def __init__(self, bundle: ModelBundle, precision: str, threads: int, reason: str) -> None:
        """Load the weights; see ``open_engine`` for the arguments.

        Raises:
            EngineError: The weights do not fit the network that the bundle describes.
        """
        self._shape = (*bundle.spec.input_size, 3)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        if self._device.type == "cpu":
            torch.set_num_threads(threads)
        model = UNet(bundle.spec.n_classes, bundle.spec.n_filters)
        state = {name: torch.from_numpy(w) for name, w in bundle_weights(bundle).items()}
        try:
            model.load_state_dict(state)
        except RuntimeError as error:
            raise EngineError(f"{bundle.path}: weights do not fit the network: {error}") from error
        self._model = model.eval().to(self._device)
        # fp32 by default: this engine is the reference.
        self._bf16 = precision == "bf16"
        self.info = EngineInfo(
            name="pytorch",
            version=str(torch.__version__),
            precision="bf16" if self._bf16 else "fp32",
            device=(
                torch.cuda.get_device_name(self._device) if self._device.type == "cuda" else "CPU"
            ),
            reason=reason,
        )

    def infer(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the class id of each pixel; see ``Engine.infer``."""
        check_image(image, self._shape)
        with (
            torch.inference_mode(),
            torch.autocast(self._device.type, torch.bfloat16, enabled=self._bf16),
        ):
            pixels = torch.from_numpy(image).to(self._device).permute(2, 0, 1).unsqueeze(0)
            logits = self._model(pixels.float() / 255.0)
            ids: NDArray[np.uint8] = logits[0].argmax(0).to(torch.uint8).cpu().numpy()
        return ids

    def close(self) -> None:
        """Release the network."""
        del self._model
