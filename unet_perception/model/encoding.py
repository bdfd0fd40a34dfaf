# SPDX-License-Identifier: Apache-2.0
"""Camera orders of colour: what a network that was trained on RGB reads directly.

Reading another order takes no shuffle of pixels: the first convolution's weights are permuted
instead, once, and the alpha channel gets weight 0. Ids stay the same, bit for bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import ConfigError, WeightsError

ENCODINGS = ("bgra8", "bgr8", "rgb8", "rgba8")
"""What a network can be compiled for; the first is CARLA's."""

_OPAQUE = 255


def channels(encoding: str) -> int:
    """Return the bytes of one pixel.

    Raises:
        ConfigError: The encoding is not one of ``ENCODINGS``.
    """
    if encoding not in ENCODINGS:
        raise ConfigError(f"encoding is {encoding!r}; it must be one of {', '.join(ENCODINGS)}")
    return len(encoding) - 1


def fold_encoding(
    weights: dict[str, NDArray[np.float32]], encoding: str
) -> dict[str, NDArray[np.float32]]:
    """Return a network's weights for pixels in another order of colour.

    Args:
        weights: Its ``state_dict`` for RGB, in its order: the first reads the pixels.
        encoding: One of ``ENCODINGS``.

    Raises:
        ConfigError: The encoding is not one of ``ENCODINGS``.
        WeightsError: The first weight is not that of a convolution of three colours.
    """
    name, rgb = next(iter(weights.items()), ("", np.empty(0, np.float32)))
    if rgb.ndim != 4 or rgb.shape[1] != 3:
        raise WeightsError(f"the first weight {name!r} is no convolution of three colours")
    return {**weights, name: fold_kernel(rgb, encoding)}


def fold_kernel(rgb: NDArray[np.float32], encoding: str) -> NDArray[np.float32]:
    """Return a convolution's weights ``(out, 3, kH, kW)`` for pixels in another order of colour.

    Raises:
        ConfigError: The encoding is not one of ``ENCODINGS``.
    """
    out, _, rows, columns = rgb.shape
    folded = np.zeros((out, channels(encoding), rows, columns), np.float32)
    for index, colour in enumerate(encoding[:-1]):
        if colour != "a":
            folded[:, index] = rgb[:, "rgb".index(colour)]
    return folded


def encode_pixels(rgb: NDArray[np.uint8], encoding: str) -> NDArray[np.uint8]:
    """Return RGB pixels ``(..., 3)`` in another order, opaque.

    Raises:
        ConfigError: The encoding is not one of ``ENCODINGS``.
    """
    encoded = np.full((*rgb.shape[:-1], channels(encoding)), _OPAQUE, np.uint8)
    for index, colour in enumerate(encoding[:-1]):
        if colour != "a":
            encoded[..., index] = rgb[..., "rgb".index(colour)]
    return encoded
