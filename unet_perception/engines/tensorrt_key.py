# SPDX-License-Identifier: Apache-2.0
"""All that a TensorRT plan depends on."""

from __future__ import annotations

import hashlib
import platform
from typing import Any

from unet_perception.engines.cache_entry import Key, key_digest
from unet_perception.engines.cuda_device import CudaDevice


def device_key(library_name: str, library_version: str, device: CudaDevice) -> dict[str, Any]:
    """Return what kernels, and their timings, depend on.

    The driver counts whole, not by its branch: plans were seen not to run after an update
    within a branch (NVIDIA/TensorRT issue 3829), and a build takes less than a minute or so.
    """
    return {
        "library": f"{library_name} {library_version}",
        "gpu": device.name,
        "capability": device.capability,
        "driver": device.driver,
        "machine": platform.machine(),
    }


def plan_key(
    onnx: bytes,
    input_shape: tuple[int, ...],
    precision: str,
    on: dict[str, Any],
    options: dict[str, int],
) -> Key:
    """Return the key of a plan in the cache.

    Args:
        onnx: The graph with its weights: other weights, another plan.
        input_shape: ``(n, h, w, C)``.
        precision: ``fp16`` or ``fp32``.
        on: What ``device_key`` returned.
        options: What the builder was told.
    """
    return {
        **on,
        "onnx_sha256": hashlib.sha256(onnx).hexdigest(),
        "input_shape": list(input_shape),
        "precision": precision,
        "options": dict(options),
    }


def timing_file(on: dict[str, Any]) -> str:
    """Return the name of the file of timings for one GPU and one release."""
    return f"{key_digest(on)}.timing"
