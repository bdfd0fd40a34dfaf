# SPDX-License-Identifier: Apache-2.0
"""How large a network's features get: float16 ends at 65504, and nothing warns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unet_perception.errors import WeightsError
from unet_perception.model.architecture import ARCHITECTURES
from unet_perception.model.probe import probe_pictures
from unet_perception.model.spec import ModelSpec

HALF_LIMIT = 3e4
"""Largest feature with which float16 is trusted: less than half of what it can hold, since
the pictures of tomorrow are not those that were tried."""


def activation_peaks(model: nn.Module, pictures: Iterable[NDArray[np.uint8]]) -> dict[str, float]:
    """Return the largest absolute output of each convolution, before its ReLU.

    Args:
        model: The network in float32, on any device; in training mode dropout would act.
        pictures: RGB uint8 ``(h, w, 3)``.

    Returns:
        Peaks by the layers' names, in the order in which they run; infinite where a feature
        is not finite.
    """
    peaks: dict[str, float] = {}
    device = next(model.parameters()).device

    def watch(name: str) -> object:
        def hook(module: nn.Module, inputs: object, output: Tensor) -> None:
            peak = float(output.abs().max())
            # max() of a list with NaN depends on its order; NaN is as bad as infinity.
            peaks[name] = max(peaks.get(name, 0.0), peak if np.isfinite(peak) else np.inf)

        return hook

    handles = [
        module.register_forward_hook(watch(name))  # type: ignore[arg-type]
        for name, module in model.named_modules()
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d))
    ]
    try:
        with torch.inference_mode():
            for picture in pictures:
                pixels = torch.from_numpy(np.ascontiguousarray(picture)).to(device)
                model(pixels.permute(2, 0, 1).unsqueeze(0).float() / 255.0)
    finally:
        for handle in handles:
            handle.remove()
    return peaks


def check_half_range(peaks: Mapping[str, float], where: str, limit: float = HALF_LIMIT) -> float:
    """Refuse float16 for a network whose features come near its end.

    Args:
        peaks: What ``activation_peaks`` returned.
        where: The network's name, for the message.
        limit: Largest feature allowed.

    Returns:
        The largest peak.

    Raises:
        WeightsError: A feature is above the limit; the message names the layer.
    """
    name, peak = max(peaks.items(), key=lambda item: item[1])
    if not peak <= limit:
        raise WeightsError(
            f"{where}: layer {name} reaches {peak:g}; above {limit:g} float16 is not trusted "
            "(it ends at 65504), use precision fp32"
        )
    return peak


def half_range(spec: ModelSpec, weights: Mapping[str, NDArray[np.float32]]) -> dict[str, float]:
    """Return the peaks of a network on ``probe_pictures``, on the GPU if there is one.

    Args:
        spec: What the network is.
        weights: Its ``state_dict``.
    """
    model = reference_network(spec, weights)
    return activation_peaks(model, probe_pictures(spec.input_size))


def reference_network(spec: ModelSpec, weights: Mapping[str, NDArray[np.float32]]) -> nn.Module:
    """Return the float32 network for inference, on the GPU if there is one.

    Raises:
        WeightsError: The weights do not fit together.
    """
    model = ARCHITECTURES.load(spec.architecture).build(spec.n_classes, spec.n_filters)
    try:
        model.load_state_dict({k: torch.from_numpy(v.copy()) for k, v in weights.items()})
    except RuntimeError as error:
        raise WeightsError(f"weights do not fit the network: {error}") from error
    return model.eval().to("cuda:0" if torch.cuda.is_available() else "cpu")
