# SPDX-License-Identifier: Apache-2.0
"""The interface that every engine has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class EngineInfo:
    """What really runs; diagnostics publish it.

    Attributes:
        name: ``openvino`` or ``pytorch``.
        version: Version of the library.
        precision: Precision of the network's arithmetic: ``fp32`` or ``bf16``.
        device: Processor or GPU as it names itself.
        reason: Why this engine was chosen.
    """

    name: str
    version: str
    precision: str
    device: str
    reason: str


class Engine(Protocol):
    """A compiled network. One thread at a time may call it."""

    @property
    def info(self) -> EngineInfo:
        """What really runs."""

    def infer(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the class id of each pixel.

        Args:
            image: RGB uint8 ``(h, w, 3)`` at the network's input size, C-contiguous.

        Returns:
            uint8 ``(h, w)``, the caller's to keep.

        Raises:
            EngineError: The image has another shape, or the engine failed.
        """

    def close(self) -> None:
        """Release what the engine holds; it cannot be used afterwards."""
