# SPDX-License-Identifier: Apache-2.0
"""The ground of one chunk: verges, pavements with kerbs, asphalt, lines, crossings."""

from __future__ import annotations

import numpy as np

from unet_perception.playback.street import classes
from unet_perception.playback.street.chunk import Draft, Patch
from unet_perception.playback.street.mesh import Color
from unet_perception.playback.street.road import CHUNK, CHUNKS_PER_CELL, CROSS_HALF, Layout

CLEAR = CROSS_HALF + 5.5  # no lots or furniture nearer than this to a junction's middle
KERB = 0.13

ASPHALT: Color = (104, 105, 108)
PAVING: Color = (138, 136, 132)
KERBSTONE: Color = (160, 158, 154)
KERB_FACE: Color = (96, 94, 92)
WHITE: Color = (224, 224, 220)
YELLOW: Color = (214, 164, 46)
_VERGES: tuple[tuple[int, Color], ...] = (
    (classes.SIDEWALKS, (126, 124, 120)),
    (classes.TERRAIN, (92, 104, 56)),
    (classes.TERRAIN, (104, 112, 66)),
    (classes.GROUND, (122, 112, 96)),
)


def pave(draft: Draft, rng: np.random.Generator, layout: Layout, part: int) -> None:
    """Lay the ground of chunk ``part`` (0 to 3) of a cell; junctions lie at a cell's ends."""
    first, last = part == 0, part == CHUNKS_PER_CELL - 1
    ids, color = _VERGES[layout.style]
    span = (CROSS_HALF if first else 0.0, CHUNK - (CROSS_HALF if last else 0.0))
    half, edge = layout.half, layout.edge
    draft.ribbon(3, (0.0, CHUNK), ((-half, 0.0), (half, 0.0)), ASPHALT, classes.ROADS)
    for side in (-1.0, 1.0):
        outer = side * (edge + (70.0 if layout.style else 18.0))
        draft.ribbon(0, (0.0, CHUNK), ((side * edge, 0.0), (outer, 0.0)), color, ids)
        walk = ((side * half, KERB), (side * edge, KERB))
        foot = ((side * half, 0.0), (side * edge, 0.0))
        draft.ribbon(1, span, foot, KERB_FACE, classes.SIDEWALKS)
        draft.ribbon(1, span, walk, PAVING, classes.SIDEWALKS)
        face = ((side * (half - 0.02), 0.0), (side * half, KERB))
        draft.ribbon(4, span, face, KERB_FACE, classes.SIDEWALKS, 70.0)
        stone = ((side * half, KERB), (side * (half + 0.22), KERB))
        draft.ribbon(2, span, stone, KERBSTONE, classes.SIDEWALKS, 90.0)
        for along in np.arange(span[0], span[1], 1.6):
            joint = (float(along), float(along) + 0.04)
            draft.ribbon(2, joint, walk, (112, 110, 106), classes.SIDEWALKS, 26.0)
        draft.ribbon(
            2, span, ((side * (half + layout.walk / 2), KERB),
                      (side * (half + layout.walk / 2 + 0.04), KERB)),
            (114, 112, 108), classes.SIDEWALKS, 30.0)  # fmt: skip
    _lines(draft, layout, (CLEAR - 1.0 if first else 0.0, CHUNK - (CLEAR - 1.0 if last else 0.0)))
    for _ in range(4):
        along, right = rng.random() * 58, (rng.random() * 2 - 1) * (half - 1.2)
        size = (0.7 + 2.5 * rng.random(), 0.4 + 0.9 * rng.random())
        tone = 84.0 + 30.0 * float(rng.random())
        patch = ((right, 0.0), (right + size[1], 0.0))
        draft.ribbon(3, (along, along + size[0] * 2), patch, (tone, tone, tone + 2), classes.ROADS,
                     60.0)  # fmt: skip
    if first:
        _junction(draft, layout, (0.0, 1.0))
    if last:
        _junction(draft, layout, (CHUNK, -1.0))


def _lines(draft: Draft, layout: Layout, span: tuple[float, float]) -> None:
    """Centre, lane and edge lines."""
    half = layout.half

    def solid(right: float, color: Color, width: float = 0.14) -> None:
        edges = ((right - width / 2, 0.0), (right + width / 2, 0.0))
        draft.ribbon(5, span, edges, color, classes.ROAD_LINES)

    def dashed(right: float, color: Color, on: float = 3.0, gap: float = 5.0) -> None:
        edges = ((right - 0.075, 0.0), (right + 0.075, 0.0))
        for at in np.arange(0.0, CHUNK, on + gap):
            start, end = max(float(at), span[0]), min(float(at) + on, span[1])
            if end - start > 0.5:
                draft.ribbon(5, (start, end), edges, color, classes.ROAD_LINES)

    if layout.centre == 0:
        solid(-0.14, YELLOW)
        solid(0.14, YELLOW)
    elif layout.centre == 1:
        dashed(0.0, WHITE)
    else:
        solid(-0.14, YELLOW)
        dashed(0.14, YELLOW)
    for side in (-1.0, 1.0):
        if layout.lanes == 2:
            dashed(side * 3.7, WHITE, 3.0, 5.0)
        if layout.parking:
            dashed(side * (half - 2.35), WHITE, 1.0, 1.0)
        else:
            solid(side * (half - 0.3), WHITE)


def _junction(draft: Draft, layout: Layout, origin: tuple[float, float]) -> None:
    """Half a crossing; ``origin`` is its middle's place and the direction away from it."""
    middle, sign = origin

    def slab(
        order: int,
        along: tuple[float, float],
        right: tuple[float, float],
        color: Color,
        ids: int,
        up: float = 0.0,
    ) -> None:
        a, b = sorted((middle + sign * along[0], middle + sign * along[1]))
        corners = draft.line.points_at(
            np.array([a, b, b, a]), np.array([right[0], right[0], right[1], right[1]])
        )
        points = np.concatenate([corners, np.full((4, 1), up)], axis=1).astype(np.float32)
        draft.patches.append(Patch(order, points, color, ids))

    half, edge = layout.half, layout.edge
    far = 110.0
    slab(3, (0.0, CROSS_HALF), (-far, far), ASPHALT, classes.ROADS)
    for side in (-1.0, 1.0):
        inner = side * (edge - 0.4)
        walk = (CROSS_HALF, CROSS_HALF + 3.0)
        slab(1, walk, (inner, side * far), KERB_FACE, classes.SIDEWALKS)
        slab(1, walk, (inner, side * far), PAVING, classes.SIDEWALKS, KERB)
        slab(5, (0.06, 0.2), (side * (edge + 2), side * far), YELLOW, classes.ROAD_LINES)
        # A zebra crossing over the side street.
        for k in range(6):
            a = 0.25 + 0.9 * k
            if a + 0.5 < CROSS_HALF:
                slab(5, (a, a + 0.5), (side * (half + 0.6), side * (half + 3.0)), WHITE,
                     classes.ROAD_LINES)  # fmt: skip
    right = -half + 0.5
    while right + 0.5 < half:
        slab(5, (CROSS_HALF + 0.6, CROSS_HALF + 3.2), (right, right + 0.5), WHITE,
             classes.ROAD_LINES)  # fmt: skip
        right += 1.0
    # Stop line of the lanes that run towards the junction: ours before it, theirs beyond.
    lanes = (0.2, half - 0.3) if sign < 0 else (-half + 0.3, -0.2)
    slab(5, (CROSS_HALF + 4.0, CROSS_HALF + 4.4), lanes, WHITE, classes.ROAD_LINES)
