# SPDX-License-Identifier: Apache-2.0
"""Colours of things, and what a camera makes of them. kornia does the arithmetic it has."""

from __future__ import annotations

import kornia
import numpy as np
import torch
from torch import Tensor

from unet_perception.training.augment import fields
from unet_perception.training.augment.geometry import View
from unet_perception.training.augment.settings import Augmentation
from unet_perception.training.augment.values import (
    Batch,
    Values,
    brightness,
    per_picture,
    values,
)

_DARKEST, _BRIGHTEST = 0.03, 0.65
"""Mean luma that the exposure leads to."""


def draw_recolor(rng: np.random.Generator, view: View) -> Values:
    """Draw a gain for each class: its own brightness, and less of a tint."""
    gains = rng.normal(0.0, 0.22, (256, 1)) + rng.normal(0.0, 0.06, (256, 3))
    return values(gains=np.exp(gains), patches=fields.patches(rng) * rng.uniform(0.0, 0.25))


def recolor(images: Tensor, masks: Tensor, drawn: Batch) -> Tensor:
    """Tint each class: another town's asphalt, leaves and walls."""
    count, height, width = masks.shape
    ids = masks.long().reshape(count, -1, 1).expand(-1, -1, 3)
    gains = torch.gather(drawn["gains"], 1, ids).reshape(count, height, width, 3)
    uneven = torch.exp(fields.spread(drawn["patches"], (height, width)))
    return images * gains.permute(0, 3, 1, 2) * uneven


def draw_tone(rng: np.random.Generator, settings: Augmentation) -> Values:
    """Draw exposure, contrast, saturation, cast and gamma."""
    colorful = 1.0
    if rng.random() < settings.saturation:
        colorful = rng.uniform(0.0, 1.8) if rng.random() < 0.5 else rng.uniform(0.6, 1.4)
    if rng.random() < settings.grey:
        colorful = 0.0
    # Beyond two standard deviations pictures are black or white.
    spread = np.clip(rng.standard_normal(6), -2.0, 2.0)
    return values(
        gain=np.exp(settings.exposure * spread[0]),
        cast=np.exp(settings.cast * spread[1:4]),
        contrast=np.exp(settings.contrast * spread[4]),
        saturation=colorful,
        gamma=np.exp(settings.gamma * spread[5]),
    )


def tone(images: Tensor, masks: Tensor, drawn: Batch) -> Tensor:
    """Develop the picture as another camera would."""
    mean = brightness(images).mean((1, 2, 3)).clamp(min=1e-4)
    # A camera would not expose a picture to white, nor to black.
    gain = drawn["gain"].clamp(min=_DARKEST / mean, max=(_BRIGHTEST / mean).clamp(min=1.0))
    images = images * per_picture(gain)
    images = kornia.enhance.adjust_contrast_with_mean_subtraction(images, drawn["contrast"])
    images = kornia.enhance.adjust_saturation_with_gray_subtraction(images, drawn["saturation"])
    images = images * per_picture(drawn["cast"])
    # At 0 gamma has no slope, and powers of what is below are no numbers.
    return kornia.enhance.adjust_gamma(images.clamp(1e-4, 1.0), drawn["gamma"])


def draw_hue(rng: np.random.Generator, view: View) -> Values:
    """Draw an angle by which hues turn, up to half a radian mostly."""
    return values(angle=np.clip(rng.normal(0.0, 0.4), -3.0, 3.0))


def hue(images: Tensor, masks: Tensor, drawn: Batch) -> Tensor:
    """Turn all hues."""
    return kornia.enhance.adjust_hue(images.clamp(0.0, 1.0), drawn["angle"])


def draw_blur(rng: np.random.Generator, view: View) -> Values:
    """Draw a lens out of focus."""
    return values(sigma=np.full(2, rng.uniform(0.3, 1.3)))


def blur(images: Tensor, masks: Tensor, drawn: Batch) -> Tensor:
    """Blur the picture."""
    return kornia.filters.gaussian_blur2d(images, (7, 7), drawn["sigma"])


def draw_motion(rng: np.random.Generator, view: View) -> Values:
    """Draw a motion of the camera during the exposure."""
    return values(angle=rng.uniform(0.0, 180.0), direction=rng.uniform(-0.5, 0.5))


def motion(images: Tensor, masks: Tensor, drawn: Batch) -> Tensor:
    """Blur the picture along a line."""
    return kornia.filters.motion_blur(images, 5, drawn["angle"], drawn["direction"], "replicate")


def draw_sharpen(rng: np.random.Generator, view: View) -> Values:
    """Draw how much a camera sharpens."""
    return values(amount=rng.uniform(0.3, 1.5))


def sharpen(images: Tensor, masks: Tensor, drawn: Batch) -> Tensor:
    """Enlarge the differences from the blurred picture."""
    blurred = kornia.filters.gaussian_blur2d(images, (3, 3), (0.8, 0.8))
    return images + (images - blurred) * per_picture(drawn["amount"])


def draw_noise(rng: np.random.Generator, view: View) -> Values:
    """Draw the noise of a sensor: fine or coarse, grey or coloured."""
    fine = rng.standard_normal((3, *view.size), np.float32)
    colored = rng.uniform(0.2, 1.0)
    fine = fine[:1] * (1.0 - colored) + fine * colored
    return values(noise=fine * np.float32(rng.uniform(0.008, 0.06)))


def noise(images: Tensor, masks: Tensor, drawn: Batch) -> Tensor:
    """Add noise, which shows most in the dark."""
    return images + drawn["noise"] * (1.2 - brightness(images).clamp(0.0, 1.0))
