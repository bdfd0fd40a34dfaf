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
        name: One of ``engines.ENGINES``, never ``auto``.
        version: Version of the library.
        precision: Precision of the network's arithmetic: ``fp32``, ``bf16``, ``fp16`` or
            ``int8``.
        device: Processor or GPU as it names itself.
        reason: Why this engine and this precision were chosen.
        detail: What was built, as it was read back: "27 of 28 layers half", say.
    """

    name: str
    version: str
    precision: str
    device: str
    reason: str
    detail: str = ""


class Engine(Protocol):
    """A compiled network. One thread at a time may call it."""

    @property
    def info(self) -> EngineInfo:
        """What really runs."""

    @property
    def encoding(self) -> str:
        """Order of the colours in ``input``, one of ``model.encoding.ENCODINGS``."""

    @property
    def input(self) -> NDArray[np.uint8]:
        """The engine's own memory, uint8 ``(h, w, C)``, C-contiguous: written, then inferred.

        It is the same array for the engine's whole life, at the network's input size.
        """

    def infer(self, image: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
        """Return the class id of each pixel.

        Args:
            image: uint8 ``(h, w, C)`` in the engine's encoding, copied into ``input`` first;
                None infers what was written there.

        Returns:
            uint8 ``(h, w)``, which the next call may overwrite: copy what is to be kept.

        Raises:
            EngineError: The image has another shape or dtype, or the engine failed.
        """

    def close(self) -> None:
        """Release what the engine holds; it cannot be used afterwards."""
