# SPDX-License-Identifier: Apache-2.0
"""Which precision a GPU engine computes in: half where the network's features allow it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import EngineError, WeightsError
from unet_perception.model.activations import check_half_range, half_range
from unet_perception.model.bundle import ModelBundle

GPU_PRECISIONS = ("auto", "fp32", "fp16")


def choose_gpu_precision(
    engine: str,
    precision: str,
    bundle: ModelBundle,
    weights: Mapping[str, NDArray[np.float32]],
) -> tuple[str, str]:
    """Return ``fp16`` or ``fp32``, and what led to it.

    Args:
        engine: The engine's name, for the message.
        precision: What was asked for.
        bundle: The network.
        weights: What ``bundle_weights`` returned.

    Raises:
        EngineError: The engine does not have this precision, or fp16 was asked for and the
            network's features are too large for it.
    """
    if precision not in GPU_PRECISIONS:
        raise EngineError(
            f"precision is {precision!r}; engine {engine} has {', '.join(GPU_PRECISIONS)}"
        )
    if precision == "fp32":
        return "fp32", "asked for"
    try:
        peak = check_half_range(half_range(bundle.spec, weights), str(bundle.path))
    except WeightsError as error:
        if precision == "fp16":
            raise EngineError(str(error)) from error
        return "fp32", str(error)
    return "fp16", f"largest feature {peak:.0f} of 65504"
