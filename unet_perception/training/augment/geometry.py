# SPDX-License-Identifier: Apache-2.0
"""Where in a frame the pixels of a training picture are taken: one affine map per picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.imaging import resize_nearest
from unet_perception.labels import UNLABELED
from unet_perception.training.augment.settings import Augmentation

Size = tuple[int, int]


@dataclass(frozen=True)
class View:
    """How a frame is sampled.

    Attributes:
        size: Rows and columns of the picture that comes out.
        matrix: ``(2, 3)``: column and row of the picture to column and row in the frame; None
            samples the whole frame exactly as the node does.
        linear: Whether colours are mixed between pixels.
        horizon: Where the horizon of a level camera is: 0 the first row, 1 below the last.
        centre: Where the frame's middle column is: 0 the first column, 1 beyond the last.
        span: Height of the picture as a share of the frame's.
    """

    size: Size
    matrix: NDArray[np.float64] | None = None
    linear: bool = False
    horizon: float = 0.5
    centre: float = 0.5
    span: float = 1.0


def draw_view(
    rng: np.random.Generator, settings: Augmentation, frame: Size, whole: Size, size: Size
) -> View:
    """Draw how a frame is sampled.

    Args:
        rng: Source of randomness.
        settings: What may happen.
        frame: Rows and columns of the frame.
        whole: Rows and columns of the network's input, which a whole frame fills.
        size: Rows and columns that are wanted: ``whole``, or less for a part at random.
    """
    if not settings.moves and size == whole:
        return View(size)
    extent = np.array([frame[1], frame[0]], np.float64)
    node_step = extent / (whole[1], whole[0])
    square = rng.random() < settings.square
    zoom = math.exp(rng.uniform(math.log(settings.zoom_min), math.log(settings.zoom_max)))
    stretch = math.exp(settings.aspect * _normal(rng) / 2)
    mirrored = rng.random() < settings.flip
    roll = math.radians(settings.rotation * _normal(rng))
    step = np.full(2, node_step.min()) if square else node_step
    step = step / zoom * (stretch, 1.0 / stretch)
    # Columns first, as in the matrix: a picture's x, then its y.
    wanted = np.array([size[1], size[0]], np.float64)
    room = extent - wanted * step
    anywhere = rng.random(2) - 0.5
    beyond = settings.shift * np.array([_normal(rng), _normal(rng)]) * extent
    middle = extent / 2 + np.where(room > 0, anywhere * room, beyond)
    turn = np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]])
    linear_map = turn @ np.diag(step * (-1.0 if mirrored else 1.0, 1.0))
    # Pixels are areas: the centre of the first one is at 0.5.
    offset = middle - linear_map @ (wanted / 2 - 0.5) - 0.5
    horizon = extent[1] * (0.5 + 0.02 * _normal(rng))
    # The node itself magnifies small frames by nearest, so the network must know that as well.
    blocky = node_step.min() < 1.0 and rng.random() < 0.5
    return View(
        size,
        np.column_stack([linear_map, offset]),
        linear=bool(step.max() < 1.0) and not blocky,
        horizon=float(((horizon - middle[1]) / step[1]) / size[0] + 0.5),
        centre=float((extent[0] / 2 - middle[0]) / linear_map[0, 0] / size[1] + 0.5),
        span=float(size[0] * step[1] / extent[1]),
    )


def sample(
    image: NDArray[np.uint8], mask: NDArray[np.uint8], view: View
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a frame's pixels, RGB ``(h, w, 3)``, and its ids ``(h, w)``, as a view takes them.

    Beyond the frame's edge the picture is mirrored and the mask is 255.
    """
    if view.matrix is None:
        return resize_nearest(image, view.size), resize_nearest(mask, view.size)
    size = (view.size[1], view.size[0])
    ids = cv2.warpAffine(
        mask,
        view.matrix,
        size,
        flags=cv2.WARP_INVERSE_MAP | cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(UNLABELED,),
    )
    pixels = cv2.warpAffine(
        image,
        view.matrix,
        size,
        flags=cv2.WARP_INVERSE_MAP | (cv2.INTER_LINEAR if view.linear else cv2.INTER_NEAREST),
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return np.asarray(pixels, np.uint8), np.asarray(ids, np.uint8)


def _normal(rng: np.random.Generator) -> float:
    """Return a normally distributed number without the few that are far out."""
    return float(np.clip(rng.standard_normal(), -2.5, 2.5))
