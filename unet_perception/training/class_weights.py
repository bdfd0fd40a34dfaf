# SPDX-License-Identifier: Apache-2.0
"""How much a pixel of each class counts, from how often the class is seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import ConfigError
from unet_perception.training.recipe import CLASS_WEIGHTS
from unet_perception.training.targets import Targets

LARGEST = 8.0
"""Weight that no class exceeds: a class of a few pixels would otherwise drown all others."""

_LOG_OFFSET = 1.02


def class_weights(how: str, counts: NDArray[np.float64], targets: Targets) -> NDArray[np.float32]:
    """Return the weight of each training id, ``(n_ids,)``.

    Args:
        how: ``none`` counts all pixels alike, ``sqrt`` divides by the root of the class's
            frequency, ``log`` by ``ln(1.02 + frequency)`` (Paszke et al. 2016, *ENet*).
        counts: Pixels of each training id, ``(n_ids,)`` or longer, as often as they are trained on.
        targets: The training ids. A group weighs what its classes weigh on average.

    Returns:
        Weights whose mean over the pixels with a class is 1 before the largest are cut.

    Raises:
        ConfigError: ``how`` is unknown.
    """
    if how not in CLASS_WEIGHTS:
        raise ConfigError(f"class_weights is {how!r}; it must be one of {', '.join(CLASS_WEIGHTS)}")
    seen = counts[: targets.n_classes].astype(np.float64)
    # Where masks have nothing but groups all classes are taken for equally frequent.
    frequencies = seen / seen.sum() if seen.any() else np.full(len(seen), 1.0 / len(seen))
    weights = _weights(how, frequencies)
    weights = np.minimum(weights / (weights * frequencies).sum(), LARGEST)
    # The floor lets a group count whose classes are never seen by themselves.
    shares = targets.members * np.maximum(frequencies, 1e-9)
    return np.asarray((shares * weights).sum(axis=1) / shares.sum(axis=1), np.float32)


def _weights(how: str, frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    if how == "sqrt":
        return np.asarray(1.0 / np.sqrt(np.maximum(frequencies, 1e-6)))
    if how == "log":
        return np.asarray(1.0 / np.log(_LOG_OFFSET + frequencies))
    return np.ones_like(frequencies)
