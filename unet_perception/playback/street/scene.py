# SPDX-License-Identifier: Apache-2.0
"""What one frame shows: the chunks in sight and the movers, in one set of axes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unet_perception.playback.street.camera import CameraModel, Viewpoint
from unet_perception.playback.street.chunk import Chunk, Standing, footprint
from unet_perception.playback.street.mesh import Mesh
from unet_perception.playback.street.road import CELL, CHUNK
from unet_perception.playback.street.traffic import movers
from unet_perception.playback.street.world import World

SPEED = 8.0  # metres per second of the ego
_IN_SIGHT = (-1, 0, 1, 2, 3)


@dataclass(frozen=True, eq=False)
class Seen:
    """One chunk and where the lens is in that chunk's axes."""

    chunk: Chunk
    view: Viewpoint


@dataclass(frozen=True, eq=False)
class Placed:
    """A mesh in a chunk's axes, with the point it is ordered by."""

    mesh: Mesh
    x: float
    y: float
    view: Viewpoint


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything in sight at one moment.

    Attributes:
        s: the ego's arclength in metres.
        heading: the ego's heading in radians.
        chunks: what stands.
        meshes: moving vehicles and the traffic lights in their present phase.
        standing: moving cut-outs with the viewpoint of their axes.
        footprints: float32 (n, 6, 2), height, viewpoint, and whether it touches the ground
            as a vehicle does: the shadows of what moves.
    """

    s: float
    heading: float
    chunks: list[Seen]
    meshes: list[Placed]
    standing: list[tuple[Standing, Viewpoint]]
    footprints: list[tuple[NDArray[np.float32], float, Viewpoint, bool]]


def _lane(world: World, s: float) -> float:
    """Metres right of the centre line at which the ego drives; lanes change across junctions."""
    cell = math.floor(s / CELL + 0.5)
    before, after = world.road.layout(cell - 1), world.road.layout(cell)
    t = min(1.0, max(0.0, (s - cell * CELL + 10.0) / 20.0))
    t = t * t * (3.0 - 2.0 * t)
    return before.lane * (1 - t) + after.lane * t + 0.12 * math.sin(s / 23.0)


def _phase(s: float, junction: float, seconds: float) -> int:
    """Red, amber or green of the lights at a junction: they turn green as the ego comes near."""
    gap = junction - s
    if gap < 45.0:
        return 2
    return 0 if gap > 52.0 or seconds % 2.0 < 1.0 else 1


def scene(world: World, camera: CameraModel, seed: int, index: int, rate: float) -> Scene:
    """The scene at a frame."""
    seconds = index / rate
    s = SPEED * seconds
    number = math.floor(s / CHUNK)
    along = s - number * CHUNK
    here = world.chunk(number)
    x, y = here.line.at(along, _lane(world, s))
    heading = here.line.heading(along)
    origins = {number: np.zeros(2)}
    for step in range(1, _IN_SIGHT[-1] + 1):
        before = number + step - 1
        origins[number + step] = origins[before] + world.chunk(before).line.end
    origins[number - 1] = -world.chunk(number - 1).line.end
    lift = camera.elevation + 0.012 * math.sin(s / 1.7)
    views = {
        n: Viewpoint(x - float(o[0]), y - float(o[1]), heading, lift) for n, o in origins.items()
    }
    found = Scene(s, heading, [], [], [], [])
    for step in _IN_SIGHT:
        n = number + step
        chunk = world.chunk(n)
        found.chunks.append(Seen(chunk, views[n]))
        junction = math.floor(n * CHUNK / CELL + 0.5) * CELL
        for signal in chunk.signals:
            phase = _phase(s, junction, seconds)
            mesh = world.library.signals[(phase, signal.arm)]
            placed = mesh.placed(signal.x, signal.y, signal.heading)
            found.meshes.append(Placed(placed, signal.x, signal.y, views[n]))
    for mover in movers(world, seed, s, seconds):
        n = math.floor(mover.s / CHUNK)
        if n not in views:
            continue
        line, place = world.chunk(n).line, mover.s - n * CHUNK
        x, y = line.at(place, mover.right)
        outline = footprint(line, place, mover.right, mover.size[:2])
        vehicle = mover.mesh is not None
        found.footprints.append((outline, mover.size[2], views[n], vehicle))
        if mover.mesh is not None:
            mesh = mover.mesh.placed(x, y, line.heading(place) + mover.turn)
            found.meshes.append(Placed(mesh, x, y, views[n]))
        for sprite in mover.sprites:
            found.standing.append((Standing(x, y, sprite, 0), views[n]))
    return found


