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
from unet_perception.model.spec import ModelSpec

MIN_AGREEMENT = 0.95
"""Share of pixels in common with float32. Half precision moves some of a thousand; a wrong
order of colours, a wrong layer or a stale buffer moves far more."""


def probe_inputs(size: tuple[int, int], encoding: str, batch: int = 1) -> NDArray[np.uint8]:
    """Return the pictures of the test, uint8 ``(n, h, w, C)`` in the engine's encoding."""
    return encode_pixels(np.stack(_pictures(size, batch)), encoding)


def reference_ids(
    spec: ModelSpec, weights: Mapping[str, NDArray[np.float32]], batch: int = 1
) -> NDArray[np.uint8]:
    """Return the masks of the test's pictures by PyTorch in float32, uint8 ``(n, h, w)``."""
    model = reference_network(spec, weights)
    device = next(model.parameters()).device
    masks = []
    # TF32 is PyTorch's default for convolutions on a GPU, and no reference.
    with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        # One by one: the reference for a batch is what each picture gives alone.
        for picture in _pictures(spec.input_size, batch):
            pixels = torch.from_numpy(picture).to(device)
            logits = model(pixels.permute(2, 0, 1).unsqueeze(0).float() / 255.0)
            masks.append(logits[0].argmax(0).to(torch.uint8).cpu().numpy())
    return np.stack(masks)


def agreement(
    ids: NDArray[np.uint8], expected: NDArray[np.uint8], minimum: float = MIN_AGREEMENT
) -> float:
    """Return the share of equal pixels, of the picture where it is the smallest.

    Args:
        ids: The engine's masks, uint8 ``(n, h, w)``.
        expected: The right ones.
        minimum: Share that must be equal.

    Raises:
        EngineError: It is below the minimum.
    """
    alike = ids.shape == expected.shape
    same = float((ids == expected).mean(axis=(1, 2)).min()) if alike else 0.0
    if same < minimum:
        raise EngineError(
            f"self-test failed: {same:.2%} of the mask's pixels are as expected; "
            f"{minimum:.0%} must be"
        )
    return same


def run_once(
    buffer: NDArray[np.uint8], infer: Callable[[], NDArray[np.uint8]], pictures: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Return an engine's masks of its pictures, to keep."""
    buffer[...] = pictures
    ids: NDArray[np.uint8] = infer().copy()
    return ids


def _pictures(size: tuple[int, int], batch: int) -> list[NDArray[np.uint8]]:
    # The same road, each time further to the side: masks of other pictures would be noticed.
    road = probe_pictures(size)[0]
    return [np.roll(road, number * size[1] // batch, axis=1) for number in range(batch)]
