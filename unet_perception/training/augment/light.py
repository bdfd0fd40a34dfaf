# SPDX-License-Identifier: Apache-2.0
"""Time of day: night, sunset, the sun in the camera, shadows."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from unet_perception.training.augment import fields
from unet_perception.training.augment.geometry import View
from unet_perception.training.augment.values import (
    Batch,
    Values,
    columns_of,
    per_picture,
    rows_of,
    sky,
    values,
)


def draw_night(rng: np.random.Generator, view: View) -> Values:
    """Draw a night: from late dusk to dark, with headlights and lamps or without."""
    count = int(rng.integers(0, 9))
    places = np.column_stack([rng.random(count), view.horizon - rng.uniform(-0.05, 0.45, count)])
    # From sodium lamps to white ones.
    lamp = np.array((1.0, 0.72, 0.35)) ** rng.uniform(0.0, 1.2)
    return values(
        horizon=view.horizon,
        centre=view.centre,
        span=view.span,
        gamma=rng.uniform(0.9, 1.5),
        light=rng.uniform(0.16, 0.65) * np.array((0.85, 0.95, 1.15)) ** rng.uniform(-0.6, 1.4),
        sky=rng.uniform(0.05, 0.6),
        beam=rng.uniform(0.0, 0.7) * lamp**0.5,
        glows=fields.glows(rng, places, rng.uniform(0.3, 1.0, (count, 1)) * lamp),
    )


def night(images: Tensor, masks: Tensor, drawn: Batch) -> Tensor:
    """Darken, the sky most of all; lighten what the headlights reach; put in lamps."""
    down = (rows_of(images) - per_picture(drawn["horizon"])) * per_picture(drawn["span"])
    aside = (columns_of(images) - per_picture(drawn["centre"])) * per_picture(drawn["span"])
    dark = images.clamp(min=1e-4) ** per_picture(drawn["gamma"]) * per_picture(drawn["light"])
    dark = dark * (1 - sky(images, -down) * (1 - per_picture(drawn["sky"])))
    reached = torch.exp(-((aside / 0.35) ** 2) - ((down - 0.22) / 0.16) ** 2)
    lit = dark + images * per_picture(drawn["beam"]) * reached
    return lit + fields.spread(drawn["glows"], (images.shape[-2], images.shape[-1]))


def draw_sunset(rng: np.random.Generator, view: View) -> Values:
    """Draw the light of a low sun."""
    warm = rng.uniform(0.2, 1.0)
    return values(
        horizon=view.horizon,
        span=view.span,
        light=rng.uniform(0.45, 1.15) * np.array((1.18, 0.97, 0.72)) ** warm,
        side=rng.normal(0.0, 0.5),
        glow=rng.uniform(0.0, 0.7) * np.array((1.0, 0.62, 0.3)),
        height=rng.uniform(0.06, 0.3),
    )


def sunset(images: Tensor, masks: Tensor, drawn: Batch) -> Tensor:
    """Warm the light, more on one side, and let the sky glow above the horizon."""
    up = (per_picture(drawn["horizon"]) - rows_of(images)) * per_picture(drawn["span"])
    lit = 1 + per_picture(drawn["side"]) * (columns_of(images) - 0.5)
    glow = torch.exp(-up.clamp(min=0.0) / per_picture(drawn["height"])) * sky(images, up)
    warmed = images * per_picture(drawn["light"]) * lit
    return warmed + per_picture(drawn["glow"]) * glow


def draw_glare(rng: np.random.Generator, view: View) -> Values:
    """Draw a sun in the picture or just outside it."""
    return values(
        row=view.horizon - rng.uniform(-0.02, 0.45),
        column=rng.uniform(-0.1, 1.1),
        aspect=view.size[1] / view.size[0],
        span=view.span,
        strength=rng.uniform(0.3, 1.2),
        size=rng.uniform(0.02, 0.09),
        veil=rng.uniform(0.0, 0.25),
        color=np.array((1.0, 0.93, 0.8)) ** rng.uniform(0.0, 2.5),
    )


def glare(images: Tensor, masks: Tensor, drawn: Batch) -> Tensor:
    """Add the sun with its halo, and a veil over the whole picture."""
    span = per_picture(drawn["span"])
    down = (rows_of(images) - per_picture(drawn["row"])) * span
    aside = (
        (columns_of(images) - per_picture(drawn["column"])) * span * per_picture(drawn["aspect"])
    )
    distance = torch.sqrt(down**2 + aside**2)
    size = per_picture(drawn["size"])
    light = 1.5 * torch.exp(-((distance / size) ** 2)) + 0.6 * torch.exp(-distance / (4 * size))
    light = light * per_picture(drawn["strength"]) + per_picture(drawn["veil"]) * torch.exp(
        -distance / 0.8
    )
    return images + per_picture(drawn["color"]) * light


def draw_shadow(rng: np.random.Generator, view: View) -> Values:
    """Draw some shadows with straight edges, and clouds."""
    edges = fields.polygons(rng, int(rng.integers(1, 5)), rng.uniform(0.3, 2.5))
    return values(
        horizon=view.horizon,
        span=view.span,
        shape=edges,
        depth=rng.uniform(0.25, 0.7) * np.array((1.0, 0.97, 0.9)),
        clouds=fields.patches(rng) * rng.uniform(0.0, 0.3),
    )


def shadow(images: Tensor, masks: Tensor, drawn: Batch) -> Tensor:
    """Darken what is in the shadow; vary the light in wide patches."""
    size = (images.shape[-2], images.shape[-1])
    up = (per_picture(drawn["horizon"]) - rows_of(images)) * per_picture(drawn["span"])
    shape = fields.spread(drawn["shape"], size) * (1 - 0.8 * sky(images, up))
    dark = 1 - shape * per_picture(drawn["depth"])
    return images * dark * torch.exp(fields.spread(drawn["clouds"], size))
