# SPDX-License-Identifier: Apache-2.0
"""The one check that every engine makes of its input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import EngineError


def check_image(image: NDArray[np.uint8], shape: tuple[int, ...]) -> None:
    """Refuse an image that the network was not compiled for.

    Raises:
        EngineError: Shape or dtype differ from the network's input.
    """
    if image.shape != shape or image.dtype != np.uint8:
        raise EngineError(f"image is {image.dtype} {image.shape}; the network takes uint8 {shape}")
