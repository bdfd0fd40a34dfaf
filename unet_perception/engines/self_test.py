# SPDX-License-Identifier: Apache-2.0
"""Does an engine give the network's mask? Asked of each engine before it serves a frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from unet_perception.errors import EngineError
from unet_perception.model.activations import reference_network
from unet_perception.model.encoding import encode_pixels
from unet_perception.model.probe import probe_pictures

MIN_AGREEMENT = 0.95
"""Share of pixels in common with float32. Half precision moves some of a thousand; a wrong
order of colours, a wrong layer or a stale buffer moves far more."""


def probe_input(size: tuple[int, int], encoding: str) -> NDArray[np.uint8]:
    """Return the picture of the test, uint8 ``(h, w, C)`` in the engine's encoding."""
    return encode_pixels(probe_pictures(size)[0], encoding)


def reference_ids(
    weights: Mapping[str, NDArray[np.float32]], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Return the mask of the test's picture by PyTorch in float32, uint8 ``(h, w)``."""
    model = reference_network(weights)
    device = next(model.parameters()).device
    pixels = torch.from_numpy(probe_pictures(size)[0]).to(device)
    # TF32 is PyTorch's default for convolutions on a GPU, and no reference.
    with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        logits = model(pixels.permute(2, 0, 1).unsqueeze(0).float() / 255.0)
        ids: NDArray[np.uint8] = logits[0].argmax(0).to(torch.uint8).cpu().numpy()
    return ids


def agreement(
    ids: NDArray[np.uint8], expected: NDArray[np.uint8], minimum: float = MIN_AGREEMENT
) -> float:
    """Return the share of equal pixels.

    Raises:
        EngineError: It is below the minimum.
    """
    same = float((ids == expected).mean()) if ids.shape == expected.shape else 0.0
    if same < minimum:
        raise EngineError(
            f"self-test failed: {same:.2%} of the mask's pixels are as expected; "
            f"{minimum:.0%} must be"
        )
    return same


def run_once(
    buffer: NDArray[np.uint8], infer: Callable[[], NDArray[np.uint8]], picture: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Return an engine's mask of one picture, to keep."""
    buffer[...] = picture
    ids: NDArray[np.uint8] = infer().copy()
    return ids
