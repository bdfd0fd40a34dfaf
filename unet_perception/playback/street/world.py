# SPDX-License-Identifier: Apache-2.0
"""What a seed puts along the road: ground, lots, furniture, one chunk at a time."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import numpy as np

from unet_perception.playback.street import furniture
from unet_perception.playback.street.buildings import building, panel
from unet_perception.playback.street.chunk import Chunk, Draft, Signal
from unet_perception.playback.street.hashing import generator
from unet_perception.playback.street.library import library
from unet_perception.playback.street.paving import CLEAR, pave
from unet_perception.playback.street.road import CHUNK, CHUNKS_PER_CELL, CROSS_HALF, Layout, Road

# Chunks kept: those in sight, and some more for readers that step back and forth.
_KEPT = 10


class Lot(NamedTuple):
    """One side of a chunk, or a piece of it.

    Attributes:
        draft: Where things are placed.
        rng: Chance, in the order in which lots are filled.
        layout: The road's cross-section.
        side: -1 for the left, 1 for the right.
        span: Metres into the chunk, from and to.
    """

    draft: Draft
    rng: np.random.Generator
    layout: Layout
    side: float
    span: tuple[float, float]


class World:
    """The street's chunks, made when first asked for; memory stays bounded."""

    def __init__(self, seed: int, kept: int = _KEPT) -> None:
        """Nothing is made before it is asked for; ``kept`` chunks are remembered."""
        self.seed = seed
        self.road = Road(seed)
        self.library = library(seed)
        self._kept = kept
        self._chunks: OrderedDict[int, Chunk] = OrderedDict()

    def layout(self, chunk: int) -> Layout:
        """Cross-section at a chunk."""
        return self.road.layout(chunk // CHUNKS_PER_CELL)

    def chunk(self, number: int) -> Chunk:
        """The chunk of that number; the same one whenever it is made."""
        if number not in self._chunks:
            self._chunks[number] = self._make(number)
            if len(self._chunks) > self._kept:
                self._chunks.popitem(last=False)
        self._chunks.move_to_end(number)
        return self._chunks[number]

    def _make(self, number: int) -> Chunk:
        rng = generator(self.seed, 30, number)
        layout = self.layout(number)
        part = number % CHUNKS_PER_CELL
        draft = Draft(self.road.line(number))
        span = (CLEAR if part == 0 else 0.0, CHUNK - (CLEAR if part == CHUNKS_PER_CELL - 1 else 0))
        pave(draft, rng, layout, part)
        for side in (-1.0, 1.0):
            lot = Lot(draft, rng, layout, side, span)
            self._lots(lot)
            self._furniture(lot)
        if part == CHUNKS_PER_CELL - 1:
            self._signals(draft, layout, CHUNK - CROSS_HALF - 1.0, 1.0)
        if part == 0:
            self._signals(draft, layout, CROSS_HALF + 1.0, -1.0)
        return draft.chunk()

    def _signals(self, draft: Draft, layout: Layout, along: float, side: float) -> None:
        turn = 0.0 if side > 0 else np.pi
        arm = 3.6 if layout.half < 5 else 5.0
        for right, reach in ((side * (layout.half + 0.7), arm), (-side * (layout.half + 0.7), 0.0)):
            x, y = draft.line.at(along, right)
            draft.signals.append(Signal(x, y, draft.line.heading(along) + turn, reach))

    def _lots(self, lot: Lot) -> None:
        """Fill one side of a chunk with buildings, gardens, walls and parks."""
        draft, rng, layout, side, span = lot
        style = layout.style
        at = span[0]
        while span[1] - at > 7.0:
            left = span[1] - at
            wide = float(((10, 18), (9, 13), (15, 24), (12, 20))[style][0] + rng.random() * 6)
            wide = left if left - wide < 7.0 else wide
            wide = min(wide, 26.0)
            pick = rng.random()
            open_share = (0.1, 0.16, 0.2, 0.5)[style]
            if pick < open_share:
                self._open_lot(lot._replace(span=(at, at + wide)))
            else:
                setback = (0.0, 4.5, 3.0, 2.0)[style] + (rng.random() * 1.5 if style else 0.0)
                low, high = ((2, 6), (1, 3), (3, 8), (1, 4))[style]
                floors = int(rng.integers(low, high))
                margin = (0.0, 1.6, 2.0, 1.5)[style]
                near = side * (layout.edge + setback)
                house = (at + margin, at + wide - margin)
                deep = 9.0 + rng.random() * 5
                if rng.random() < 0.35 and style != 1:
                    tall = int(rng.integers(floors + 2, floors + 6))
                    behind = near + side * (deep + 6.0)
                    place = (at + 2.0, at + min(wide, 14.0))
                    building(draft, rng, place, behind, 10.0, tall, 2, (at, at + wide))
                building(draft, rng, house, near, deep, floors, style, (at, at + wide))
                if setback > 1.0:
                    self._garden(lot._replace(span=(at, at + wide)), setback)
            at += wide

    def _boundary(
        self,
        draft: Draft,
        rng: np.random.Generator,
        right: float,
        span: tuple[float, float],
        kind: int,
    ) -> None:
        """A fence (0, 1), wall (2) or hedge (3) along the outer edge of the pavement."""
        at = span[0]
        paint = ((196, 192, 184), (88, 66, 48), (60, 66, 64), (120, 96, 70))[int(rng.integers(4))]
        look = int(rng.integers(8))
        height = 1.0 + 1.2 * float(rng.random()) if kind == 2 else 1.2
        while at + 1.0 < span[1]:
            step = min(8.0, span[1] - at)
            if kind < 2:
                draft.solid(furniture.fence(step, kind, paint), at, right)
            else:
                textures = self.library.walls if kind == 2 else self.library.hedges
                ends = (draft.line.at(at, right), draft.line.at(at + step, right))
                owner = draft.owner(at + step / 2, right)
                texture = textures[look % len(textures)]
                for beyond in (right + 5.0, right - 5.0):
                    panel(draft, owner, ends, height, texture, draft.line.at(at, beyond))
                draft.box_shadow(at + step / 2, right, (step, 0.4), height)
            at += step

    def _garden(self, lot: Lot, setback: float) -> None:
        """The strip between pavement and house."""
        draft, rng, layout, side, span = lot
        trees = self.library.trees
        right = side * (layout.edge + 0.25)
        pick = rng.random()
        if pick < 0.85:
            gate = (span[0] + span[1]) / 2
            kind = int(rng.integers(4))
            self._boundary(draft, rng, right, (span[0], gate - 1.0), kind)
            self._boundary(draft, rng, right, (gate + 1.0, span[1]), kind)
        for _ in range(int(rng.integers(1, 5))):
            along = span[0] + rng.random() * (span[1] - span[0])
            deep = side * (layout.edge + 1.0 + rng.random() * max(0.5, setback - 2.0))
            if rng.random() < 0.3 and setback > 4:
                draft.sprite(trees["young"][int(rng.integers(2))], along, deep)
            else:
                size = 0.6 + 0.5 * rng.random()
                draft.sprite(trees["bush"][int(rng.integers(3))], along, deep, size)

    def _open_lot(self, lot: Lot) -> None:
        """A park, a yard behind a wall, or a row of trees."""
        draft, rng, layout, side, span = lot
        trees = self.library.trees
        kind = int(rng.integers(5))
        right = side * (layout.edge + 0.3)
        if kind == 4:
            rail = furniture.fence(span[1] - span[0], 2, (0, 0, 0))
            draft.solid(rail, span[0], side * (layout.half + 0.35))
        else:
            self._boundary(draft, rng, right, span, (0, 1, 2, 3)[kind])
        count = int((span[1] - span[0]) / 2.6)
        for k in range(count):
            along = span[0] + (k + rng.random()) * (span[1] - span[0]) / count
            deep = side * (layout.edge + 3.0 + rng.random() * 22.0)
            name = ("round", "wide", "tall", "cone", "bush")[int(rng.integers(5))]
            choice = trees[name]
            size = 0.8 + 0.4 * rng.random()
            draft.sprite(choice[int(rng.integers(len(choice)))], along, deep, size)

    def _furniture(self, lot: Lot) -> None:
        """Lamps, street trees, signs, benches, bins, shelters and parked cars of one side."""
        draft, rng, layout, side, span = lot
        things, half = self.library, layout.half
        kerb = side * (half + 0.6)
        for along in (16.0, 48.0) if side > 0 else (0.0, 32.0):
            if span[0] <= along <= span[1]:
                draft.solid(things.lamps[int(side)], along, kerb)
                x, y = draft.line.at(along, kerb - side * 1.5)
                draft.lamps.append((x, y, 6.6))
                draft.round_shadow(along, kerb, 0.12, 6.8)
        if rng.random() < (0.35, 0.55, 0.6, 0.4)[layout.style]:
            name = ("tall", "round", "young")[int(rng.integers(3))]
            step = (8.0, 12.0, 9.0)[("tall", "round", "young").index(name)]
            choice = things.trees[name]
            for along in np.arange(span[0] + 5.0, span[1], step):
                if abs(along % 16.0) > 2.0 and rng.random() < 0.8:
                    sprite = choice[int(rng.integers(len(choice)))]
                    size = 0.85 + 0.3 * rng.random()
                    draft.sprite(sprite, float(along), side * (half + 1.1), size)
        wall = side * (layout.edge - 0.7)
        for _ in range(int(rng.integers(1, 5))):
            along = span[0] + 2.0 + rng.random() * (span[1] - span[0] - 4.0)
            kind = rng.random()
            if kind < 0.3:
                draft.solid(furniture.bench(), along, wall, 0.0 if side > 0 else np.pi)
            elif kind < 0.65:
                paint = ((52, 74, 58), (84, 62, 40), (70, 72, 76))[int(rng.integers(3))]
                draft.solid(furniture.bin_of(paint), along, side * (half + 0.9))
            elif kind < 0.8:
                draft.solid(furniture.shelter(), along, wall, 0.0 if side > 0 else np.pi)
                draft.box_shadow(along, wall, (4.0, 1.7), 2.4)
            else:
                paint = ((150, 34, 34), (60, 84, 70), (96, 98, 102))[int(rng.integers(3))]
                draft.solid(furniture.box_kiosk(paint), along, wall)
                draft.box_shadow(along, wall, (1.0, 1.0), 2.3)
        for _ in range(int(rng.integers(0, 3))):
            along = span[0] + 3.0 + rng.random() * (span[1] - span[0] - 6.0)
            turn = 0.0 if side > 0 else np.pi
            draft.solid(things.signs[int(rng.integers(5))], along, side * (half + 0.5), turn)
        if layout.parking:
            self._parked(lot)

    def _parked(self, lot: Lot) -> None:
        draft, rng, layout, side, span = lot
        at = span[0] + 6.0
        while at < span[1] - 6.0:
            if rng.random() < 0.55:
                mesh = self.library.cars[int(rng.integers(len(self.library.cars)))]
                turn = (0.0 if side > 0 else np.pi) + 0.04 * float(rng.standard_normal())
                draft.solid(mesh, at, side * layout.parking, turn)
                draft.box_shadow(at, side * layout.parking, (4.2, 1.7), 1.1)
                draft.contacts.append(draft.casters[-1])
            at += 5.6 + 1.5 * float(rng.random())
