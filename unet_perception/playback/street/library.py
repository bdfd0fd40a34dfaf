# SPDX-License-Identifier: Apache-2.0
"""Everything that is painted or shaped once for a street and placed many times."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np

from unet_perception.playback.street import furniture, sprites, vehicles
from unet_perception.playback.street.facades import garden_wall, hedge
from unet_perception.playback.street.hashing import generator
from unet_perception.playback.street.mesh import Mesh
from unet_perception.playback.street.sprites import Sprite
from unet_perception.playback.street.texture import Texture

WALKERS = 7


@lru_cache(maxsize=4)
def library(seed: int) -> Library:
    """The library of a seed; streets of one seed share it, for nothing in it changes."""
    return Library(seed)


class Library:
    """The things that a seed's street is furnished with."""

    def __init__(self, seed: int) -> None:
        """Nothing is made before it is asked for."""
        self._seed = seed

    def _rng(self, kind: int) -> np.random.Generator:
        return generator(self._seed, 20, kind)

    @cached_property
    def trees(self) -> dict[str, tuple[Sprite, ...]]:
        """Trees by kind."""
        rng = self._rng(0)
        kinds = {"round": 3, "tall": 2, "wide": 2, "cone": 1, "young": 2, "bush": 3}
        return {k: tuple(sprites.tree(rng, k) for _ in range(n)) for k, n in kinds.items()}

    @cached_property
    def walkers(self) -> tuple[tuple[Sprite, ...], ...]:
        """People: for each the pictures of one step pair."""
        rng = self._rng(1)
        return tuple(sprites.walker(rng) for _ in range(WALKERS))

    @cached_property
    def cyclists(self) -> tuple[tuple[Sprite, Sprite], ...]:
        """Bicycles and riders."""
        rng = self._rng(2)
        return tuple(sprites.cyclist(rng) for _ in range(3))

    @cached_property
    def cars(self) -> tuple[Mesh, ...]:
        """Cars of every paint and kind."""
        return tuple(
            vehicles.car(color, (0, 1, 1, 0, 2)[k % 5])
            for k, color in enumerate((*vehicles.CAR_COLORS, *vehicles.CAR_COLORS[:4]))
        )

    @cached_property
    def trucks(self) -> tuple[Mesh, ...]:
        """Box trucks."""
        paints = ((40, 84, 140), (170, 40, 36), (60, 110, 70))
        return tuple(vehicles.truck(c) for c in paints)

    @cached_property
    def buses(self) -> tuple[Mesh, ...]:
        """City buses."""
        return tuple(vehicles.bus(c) for c in ((172, 32, 34), (206, 170, 60), (46, 96, 150)))

    @cached_property
    def signals(self) -> dict[tuple[int, float], Mesh]:
        """Traffic lights by phase and arm."""
        arms = (0.0, 3.6, 5.0)
        return {(p, a): furniture.traffic_light(p, a) for p in range(3) for a in arms}

    @cached_property
    def signs(self) -> tuple[Mesh, ...]:
        """Traffic signs."""
        return tuple(furniture.sign(kind) for kind in range(5))

    @cached_property
    def lamps(self) -> dict[int, Mesh]:
        """Street lamps whose arm reaches left (+1) or right (-1)."""
        return {side: furniture.lamp(side * 1.9) for side in (-1, 1)}

    @cached_property
    def hedges(self) -> tuple[Texture, ...]:
        """Hedges 8 m long."""
        rng = self._rng(3)
        return tuple(hedge(rng, 8.0, 1.3) for _ in range(3))

    @cached_property
    def walls(self) -> tuple[Texture, ...]:
        """Garden walls 8 m long."""
        rng = self._rng(4)
        return tuple(garden_wall(rng, 8.0, 2.0) for _ in range(5))
