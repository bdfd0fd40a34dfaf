# SPDX-License-Identifier: Apache-2.0
"""Haze, wet roads and rain.

Depth is guessed from where a pixel is, for a camera in a street: the ground below the horizon,
walls at both sides. That is wrong for the odd pixel and right for the look of the whole.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from unet_perception.training.augment import fields
from unet_perception.training.augment.geometry import View
from unet_perception.training.augment.values import (
    Batch,
    Values,
    brightness,
    columns_of,
    per_picture,
    rows_of,
    sky,
    values,
)

_GROUND, _WALL, _ROOF = 1.0, 7.0, 12.0
"""Metres at which ground, walls and roofs are one frame's height away from the horizon: for a
camera 1.5 m up with a field of view of 90 degrees in a street 20 m wide."""


def draw_haze(rng: np.random.Generator, view: View) -> Values:
    """Draw haze: sight from 12 to 120 m, in the colour of an overcast or low sun."""
    return values(
        horizon=view.horizon,
        centre=view.centre,
        span=view.span,
        aspect=view.size[1] / view.size[0],
        sight=math.exp(rng.uniform(math.log(12), math.log(120))),
        color=rng.uniform(0.4, 0.92)
        * np.array((1.1, 1.0, 0.86)) ** rng.normal(-0.15, 0.6)
        * np.exp(rng.normal(0.0, 0.02, 3)),
        patches=fields.patches(rng) * rng.uniform(0.0, 0.4),
    )


def haze(images: Tensor, masks: Tensor, drawn: Batch) -> Tensor:
    """Blend into the haze with distance."""
    down = (rows_of(images) - per_picture(drawn["horizon"])) * per_picture(drawn["span"])
    aside = (columns_of(images) - per_picture(drawn["centre"])).abs() * per_picture(
        drawn["aspect"] * drawn["span"]
    )
    nearness = torch.maximum(
        torch.maximum(down / _GROUND, aside / _WALL), (-down / _ROOF).clamp(min=1 / 400)
    )
    thickness = 1 + fields.spread(drawn["patches"], (images.shape[-2], images.shape[-1]))
    seen = torch.exp(-thickness.clamp(min=0.2) / nearness / per_picture(drawn["sight"]))
    # Sky is far away, however near a roof would be there.
    seen = seen * (1 - 0.8 * sky(images, -down))
    color = per_picture(drawn["color"])
    return images * seen + color * (1 - seen)


def draw_wet(rng: np.random.Generator, view: View) -> Values:
    """Draw a wet ground, from damp to mirroring in puddles."""
    return values(
        horizon=view.horizon,
        span=view.span,
        mirror=rng.uniform(0.2, 1.0),
        dark=rng.uniform(0.1, 0.65),
        patches=fields.patches(rng) * rng.uniform(0.3, 2.0) + rng.uniform(-0.3, 0.8),
    )


def wet(images: Tensor, masks: Tensor, drawn: Batch) -> Tensor:
    """Darken the ground and mirror in it what is above the horizon."""
    count, _, height, width = images.shape
    horizon = per_picture(drawn["horizon"])
    down = (rows_of(images) - horizon) * per_picture(drawn["span"])
    mirrored_rows = ((2 * horizon - rows_of(images)) * height).long().clamp(0, height - 1)
    mirrored = torch.gather(images, 2, mirrored_rows.expand(count, 3, height, width))
    # Ripples draw a reflection out downwards.
    mirrored = fields.softened(mirrored, (max(2, height // 16), max(1, width // 64)))
    puddles = fields.spread(drawn["patches"], (height, width)).sigmoid()
    ground = (down * 25).clamp(0.0, 1.0)
    # Water mirrors most at the grazing angle of the distance.
    share = per_picture(drawn["mirror"]) * puddles * ground * (0.35 + 0.65 * torch.exp(-down * 4))
    dark = 1 - per_picture(drawn["dark"]) * ground * (0.5 + 0.5 * puddles)
    return images * dark * (1 - share) + mirrored * share


def draw_rain(rng: np.random.Generator, view: View) -> Values:
    """Draw rain: streaks, a dull light, drops on the lens."""
    on_lens = int(rng.integers(1, 14)) if rng.random() < 0.5 else 0
    return values(
        streaks=fields.streaks(
            rng, int(rng.integers(20, 220)), rng.uniform(4, 18), rng.normal(0.0, 0.15)
        ),
        strength=rng.uniform(0.15, 0.6),
        drops=fields.drops(rng, on_lens),
        dull=rng.uniform(0.2, 0.8),
        sky=rng.uniform(0.3, 0.65) * np.array((0.97, 1.0, 1.04)),
        veil=rng.uniform(0.0, 0.25),
    )


def rain(images: Tensor, masks: Tensor, drawn: Batch) -> Tensor:
    """Take colour and contrast out, then lay streaks and drops over the picture."""
    size = (images.shape[-2], images.shape[-1])
    grey = brightness(images)
    images = images + (grey - images) * per_picture(drawn["dull"]) * 0.8
    veil = per_picture(drawn["veil"])
    images = images * (1 - veil) + per_picture(drawn["sky"]) * veil
    blurred = fields.softened(images, (max(2, size[0] // 16), max(2, size[1] // 20)))
    drops = fields.spread(drawn["drops"], size)
    images = images + (blurred * 1.1 - images) * drops
    light = fields.spread(drawn["streaks"], size) * per_picture(drawn["strength"])
    return images + (0.9 - images).clamp(min=0.0) * light
