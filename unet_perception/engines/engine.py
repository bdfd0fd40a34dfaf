# SPDX-License-Identifier: Apache-2.0
"""The interface that every engine has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import EngineError


@dataclass(frozen=True)
class EngineInfo:
    """What really runs; diagnostics publish it.

    Attributes:
        name: One of ``engine_names()``, never ``auto``.
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


class Engine(ABC):
    """A network that was compiled for a fixed number of pictures. One thread at a time may call it.

    Attributes:
        info: What really runs.
        encoding: Order of the colours in ``inputs``, one of ``model.encoding.ENCODINGS``.
        inputs: The engine's own memory, uint8 ``(n, h, w, C)``, C-contiguous, at the network's
            input size: written, then inferred. It is the same array for the engine's whole life.
    """

    info: EngineInfo
    encoding: str
    inputs: NDArray[np.uint8]

    @property
    def batch(self) -> int:
        """How many pictures go through at once, always all of them."""
        return len(self.inputs)

    @property
    def input(self) -> NDArray[np.uint8]:
        """Memory of the first picture, uint8 ``(h, w, C)``; the only one if ``batch`` is 1."""
        picture: NDArray[np.uint8] = self.inputs[0]
        return picture

    def infer(self, image: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
        """Return the class id of each pixel of the first picture.

        Args:
            image: uint8 ``(h, w, C)`` in the engine's encoding, copied into ``input`` first;
                None infers what was written there.

        Returns:
            uint8 ``(h, w)``, which the next call may overwrite: copy what is to be kept.

        Raises:
            EngineError: The image has another shape or dtype, or the engine failed.
        """
        if image is not None:
            shape = self.inputs.shape[1:]
            if image.shape != shape or image.dtype != np.uint8:
                raise EngineError(
                    f"image is {image.dtype} {image.shape}; the network takes uint8 {shape}"
                )
            np.copyto(self.inputs[0], image)
        ids: NDArray[np.uint8] = self.infer_all()[0]
        return ids

    @abstractmethod
    def infer_all(self) -> NDArray[np.uint8]:
        """Return the class id of each pixel of what is in ``inputs``.

        Returns:
            uint8 ``(n, h, w)``, which the next call may overwrite: copy what is to be kept.

        Raises:
            EngineError: The engine failed.
        """

    def warm_up(self) -> None:
        """Run once, for whoever opens the engine for another thread, which is to own it.

        Raises:
            EngineError: The engine failed.
        """
        self.infer_all()

    @abstractmethod
    def close(self) -> None:
        """Release what the engine holds; it cannot be used afterwards."""
