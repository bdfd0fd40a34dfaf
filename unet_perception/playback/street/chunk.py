# SPDX-License-Identifier: Apache-2.0
"""One 64 m piece of the street, and the draft that collects it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from unet_perception.playback.street.mesh import Color, Mesh, joined
from unet_perception.playback.street.road import Line
from unet_perception.playback.street.sprites import Sprite
from unet_perception.playback.street.texture import Texture


@dataclass(frozen=True, eq=False)
class Panel:
    """A textured upright rectangle: corner at the texture's upper left, edges, outward normal."""

    corner: NDArray[np.float32]
    right: NDArray[np.float32]
    down: NDArray[np.float32]
    normal: NDArray[np.float32]
    texture: Texture
    owner: int

    def corners(self) -> NDArray[np.float32]:
        """The four corners (4, 3) around, from the texture's upper left."""
        a, b = self.corner, self.corner + self.right
        return np.stack([a, b, b + self.down, a + self.down])


@dataclass(frozen=True, eq=False)
class Standing:
    """A cut-out that stands at a point ``(x, y)``."""

    x: float
    y: float
    sprite: Sprite
    owner: int
    size: float = 1.0


@dataclass(frozen=True, eq=False)
class Patch:
    """A polygon on the ground: points float32 (n, 3); seen up to ``reach`` metres ahead."""

    order: int
    points: NDArray[np.float32]
    color: Color
    ids: int
    reach: float = 1e9


@dataclass(frozen=True)
class Signal:
    """A set of traffic lights: place, heading it faces away from, arm over the road."""

    x: float
    y: float
    heading: float
    arm: float


@dataclass(frozen=True, eq=False)
class Chunk:
    """What stands on one piece of the road, in the axes of its centre line.

    Attributes:
        line: the centre line.
        patches: the ground, in painting order.
        ground: float32 (M, 3), the patches' points one after the other.
        starts: where each patch begins in ground.
        reaches: float32, how far ahead each patch is seen.
        paints: float32 (P, 4), each patch's colour and class id.
        solids: quads; ``owner`` indexes anchors.
        anchors: float32 (K, 3), the ground point by whose distance an object is ordered.
        ends: float32 (K, 2, 3), the ends of what stretches along the road; else twice the anchor.
        sides: float32 (P, 4, 3), the corners of each panel.
        feet: float32 (S, 3), where each cut-out stands.
        casters: float32 (C, 6, 2), footprints that cast shadows.
        heights: float32 (C,), how tall each caster is.
        contacts: float32 (V, 6, 2), footprints of vehicles, dark underneath in any light.
        lamps: float32 (L, 3), lights that burn at night.
    """

    line: Line
    patches: tuple[Patch, ...]
    ground: NDArray[np.float32]
    starts: NDArray[np.intp]
    reaches: NDArray[np.float32]
    paints: NDArray[np.float32]
    solids: Mesh
    anchors: NDArray[np.float32]
    ends: NDArray[np.float32]
    panels: tuple[Panel, ...]
    sides: NDArray[np.float32]
    standing: tuple[Standing, ...]
    feet: NDArray[np.float32]
    signals: tuple[Signal, ...]
    casters: NDArray[np.float32]
    heights: NDArray[np.float32]
    contacts: NDArray[np.float32]
    lamps: NDArray[np.float32]


def footprint(
    line: Line, along: float, right: float, size: tuple[float, float]
) -> NDArray[np.float32]:
    """Six plane points around a box of ``size`` (along, across) metres."""
    half, side = size[0] / 2, size[1] / 2
    a = np.array([-half, half, half, half, -half, -half]) + along
    b = np.array([-side, -side, 0.0, side, side, 0.0]) + right
    return line.points_at(a, b).astype(np.float32)


@dataclass
class Draft:
    """Collects a chunk; ``right`` is metres to the right of the centre line."""

    line: Line
    patches: list[Patch] = field(default_factory=list)
    solids: list[Mesh] = field(default_factory=list)
    anchors: list[tuple[float, float]] = field(default_factory=list)
    ends: list[tuple[tuple[float, float], tuple[float, float]]] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)
    standing: list[Standing] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    casters: list[NDArray[np.float32]] = field(default_factory=list)
    heights: list[float] = field(default_factory=list)
    contacts: list[NDArray[np.float32]] = field(default_factory=list)
    lamps: list[tuple[float, float, float]] = field(default_factory=list)

    def owner(self, along: float, right: float, span: tuple[float, float] | None = None) -> int:
        """A new object ordered by this point; to the side and behind by the farther end of span."""
        first, last = span or (along, along)
        self.anchors.append(self.line.at(along, right))
        self.ends.append((self.line.at(first, right), self.line.at(last, right)))
        return len(self.anchors) - 1

    def solid(self, mesh: Mesh, along: float, right: float, turn: float = 0.0) -> None:
        """Place an object whose x axis runs along the road, turned by ``turn`` radians."""
        x, y = self.line.at(along, right)
        self.solids.append(
            mesh.placed(x, y, self.line.heading(along) + turn, self.owner(along, right))
        )

    def sprite(self, sprite: Sprite, along: float, right: float, size: float = 1.0) -> None:
        """Place a cut-out; trees cast a round shadow."""
        x, y = self.line.at(along, right)
        self.standing.append(Standing(x, y, sprite, self.owner(along, right), size))
        self.round_shadow(along, right, sprite.width * size * 0.3, sprite.height * size * 0.9)

    def ribbon(
        self,
        order: int,
        span: tuple[float, float],
        edges: tuple[tuple[float, float], tuple[float, float]],
        color: Color,
        ids: int,
        reach: float = 1e9,
    ) -> None:
        """Lay a strip from ``span[0]`` to ``span[1]``; each edge is (metres right, height)."""
        count = max(2, math.ceil((span[1] - span[0]) / 4.0) + 1)
        along = np.linspace(span[0], span[1], count)
        rails = []
        for right, up in edges:
            rail = np.full((count, 3), up, np.float32)
            rail[:, :2] = self.line.points_at(along, np.full(count, right))
            rails.append(rail)
        points = np.concatenate([rails[0], rails[1][::-1]])
        self.patches.append(Patch(order, points, color, ids, reach))

    def box_shadow(
        self, along: float, right: float, size: tuple[float, float], height: float
    ) -> None:
        """Let a box of ``size`` (along, across) metres cast a shadow."""
        self.casters.append(footprint(self.line, along, right, size))
        self.heights.append(height)

    def round_shadow(self, along: float, right: float, radius: float, height: float) -> None:
        """Let a round thing cast a shadow."""
        turn = np.arange(6) * (math.pi / 3)
        ring = np.array(self.line.at(along, right)) + radius * np.stack(
            [np.cos(turn), np.sin(turn)], axis=1
        )
        self.casters.append(ring.astype(np.float32))
        self.heights.append(height)

    def chunk(self) -> Chunk:
        """The finished chunk."""
        patches = tuple(sorted(self.patches, key=lambda p: p.order))
        sizes = [len(p.points) for p in patches]
        return Chunk(
            self.line,
            patches,
            np.concatenate([p.points for p in patches]),
            np.cumsum([0, *sizes[:-1]]),
            np.array([p.reach for p in patches], np.float32),
            np.array([(*p.color, p.ids) for p in patches], np.float32),
            joined(self.solids),
            np.array([(x, y, 0.0) for x, y in self.anchors], np.float32).reshape(-1, 3),
            np.array([[(x, y, 0.0) for x, y in e] for e in self.ends], np.float32).reshape(
                -1, 2, 3
            ),
            tuple(self.panels),
            np.array([p.corners() for p in self.panels], np.float32).reshape(-1, 4, 3),
            tuple(self.standing),
            np.array([(t.x, t.y, 0.0) for t in self.standing], np.float32).reshape(-1, 3),
            tuple(self.signals),
            np.array(self.casters, np.float32).reshape(-1, 6, 2),
            np.array(self.heights, np.float32),
            np.array(self.contacts, np.float32).reshape(-1, 6, 2),
            np.array(self.lamps, np.float32).reshape(-1, 3),
        )
