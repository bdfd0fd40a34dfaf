# SPDX-License-Identifier: Apache-2.0
"""Which numbers a network is trained in."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unet_perception.errors import ConfigError

FP32, BF16, FP16 = "fp32", "bf16", "fp16"
_TYPES = {FP32: torch.float32, BF16: torch.bfloat16, FP16: torch.float16}


def choose_precision(asked: str, device: torch.device) -> str:
    """Return what ``auto`` stands for on a device; anything else stays what it is.

    Raises:
        ConfigError: The device cannot train in it.
    """
    if device.type == "cpu":
        if asked == FP16:
            raise ConfigError(f"precision is {FP16!r}; on a CPU it must be {FP32} or {BF16}")
        return FP32 if asked == "auto" else asked
    if asked != "auto":
        return asked
    return BF16 if torch.cuda.is_bf16_supported() else FP16


def forward(model: nn.Module, images: Tensor, precision: str) -> Tensor:
    """Return logits in float32.

    Args:
        model: The network.
        images: float32 ``(N, 3, H, W)``.
        precision: As ``choose_precision`` returned it.
    """
    images = images.contiguous(memory_format=torch.channels_last)
    with torch.autocast(images.device.type, _TYPES[precision], enabled=precision != FP32):
        logits: Tensor = model(images)
    return logits.float()
