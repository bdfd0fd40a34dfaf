# SPDX-License-Identifier: Apache-2.0
"""Evening out the channels of a network's features, which leaves what it computes as it is.

In int8 all channels of a feature map share one scale, and quiet channels next to loud ones keep
few of their 256 steps. ReLU, max pooling and joining commute with positive factors of channels,
so a channel can be made larger where it leaves one convolution and smaller by as much where it
enters the next (Nagel et al. 2019, "Data-free quantization through weight equalization and bias
correction"; the exponent is that of Xiao et al. 2022, "SmoothQuant").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from unet_perception.model.architecture import Link

Weights = dict[str, NDArray[np.float32]]

SHARES = (0.7, 0.8)
"""Exponents to try: 0 evens out the weights alone, 1 the features alone. On carla_unet 0.5 and 1
are worse than what lies between."""

_PEAK_QUANTILE = 0.9  # of frames: the largest of all frames changes with each frame added
_MAX_FACTOR = 100.0
_SILENT = 1e-6


def equalise(
    links: Sequence[Link],
    weights: Weights,
    peaks: Mapping[str, NDArray[np.float32]],
    share: float,
) -> Weights:
    """Return weights of the same function with features of more even channels.

    Args:
        links: Where; see ``Architecture.links``.
        weights: The network's ``state_dict``.
        peaks: See ``channel_peaks``.
        share: See ``SHARES``.
    """
    even = {name: array.copy() for name, array in weights.items()}
    for link in links:
        factors = _factors(even, link, peaks[link.source], share)
        _output_channels(even, link.source)[...] /= factors[:, None, None, None]
        even[f"{link.source}.bias"] /= factors
        for reader, first in link.readers:
            part = _input_channels(even, reader)[first : first + factors.size]
            part *= factors[:, None, None, None]
    return even


def channel_peaks(
    model: torch.nn.Module, pictures: Sequence[NDArray[np.uint8]]
) -> dict[str, NDArray[np.float32]]:
    """Return how large each channel becomes behind each convolution and its ReLU.

    Args:
        model: The network, on the processor.
        pictures: RGB uint8 ``(h, w, 3)``.
    """
    peaks: dict[str, list[NDArray[np.float32]]] = {}

    def watch(name: str) -> torch.utils.hooks.RemovableHandle:
        def keep(_module: object, _inputs: object, features: torch.Tensor) -> None:
            # Transposed convolutions alone have no ReLU behind them.
            seen = features.abs() if name.endswith(".up") else features.relu()
            peaks.setdefault(name, []).append(seen.amax(dim=(0, 2, 3)).numpy())

        return model.get_submodule(name).register_forward_hook(keep)

    kinds = (torch.nn.Conv2d, torch.nn.ConvTranspose2d)
    hooks = [watch(name) for name, module in model.named_modules() if isinstance(module, kinds)]
    try:
        with torch.inference_mode():
            for picture in pictures:
                model(torch.from_numpy(picture).permute(2, 0, 1).unsqueeze(0).float() / 255.0)
    finally:
        for hook in hooks:
            hook.remove()
    return {
        name: np.quantile(np.stack(frames), _PEAK_QUANTILE, axis=0).astype(np.float32)
        for name, frames in peaks.items()
    }


def _factors(
    weights: Weights, link: Link, peaks: NDArray[np.float32], share: float
) -> NDArray[np.float32]:
    """Return what each channel is divided by; their geometric mean is 1."""
    used = np.zeros(peaks.size)
    for reader, first in link.readers:
        part = _input_channels(weights, reader)[first : first + peaks.size]
        used = np.maximum(used, np.abs(part).max(axis=(1, 2, 3)))
    loud = np.maximum(peaks, _SILENT) / max(float(peaks.max()), _SILENT)
    heavy = np.maximum(used, _SILENT) / max(float(used.max()), _SILENT)
    factors = loud**share / heavy ** (1.0 - share)
    factors = np.where(peaks < _SILENT, 1.0, np.clip(factors, 1 / _MAX_FACTOR, _MAX_FACTOR))
    even: NDArray[np.float32] = (factors / np.exp(np.log(factors).mean())).astype(np.float32)
    return even


def _output_channels(weights: Weights, name: str) -> NDArray[np.float32]:
    array = weights[f"{name}.weight"]
    return array.swapaxes(0, 1) if name.endswith(".up") else array


def _input_channels(weights: Weights, name: str) -> NDArray[np.float32]:
    # A transposed convolution stores (in, out, kH, kW).
    array = weights[f"{name}.weight"]
    return array if name.endswith(".up") else array.swapaxes(0, 1)
