# SPDX-License-Identifier: Apache-2.0
"""Training pictures varied, so that a network knows other weathers, hours and streets."""

from unet_perception.training.augment.settings import Augmentation

__all__ = ["Augmentation"]
