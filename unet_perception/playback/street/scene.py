# SPDX-License-Identifier: Apache-2.0
"""What one frame shows: the chunks in sight and the movers, in one set of axes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unet_perception.playback.street.camera import CameraModel, Viewpoint
from unet_perception.playback.street.chunk import Chunk, Standing, footprint
from unet_perception.playback.street.mesh import Mesh, joined
from unet_perception.playback.street.road import CELL, CHUNK, Road
from unet_perception.playback.street.traffic import Reach, movers
from unet_perception.playback.street.world import World


@dataclass(frozen=True, eq=False)
class Seen:
    """One chunk and where the lens is in that chunk's axes."""

    chunk: Chunk
    view: Viewpoint


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything in sight at one moment; what moves is in the axes of the ego's chunk.

    Attributes:
        s: the ego's arclength in metres.
        heading: the ego's heading in radians.
        view: where the lens is in the axes of the ego's chunk.
        chunks: what stands.
        mesh: moving vehicles and the traffic lights in their present phase.
        anchors: float32 (K, 3), where each owner of mesh stands.
        standing: walkers and cyclists, owned by their index.
        outlines: float32 (n, 6, 2), footprints of what moves.
        heights: float32 (n,), how tall each of these is.
        contacts: float32 (m, 6, 2), the footprints that belong to vehicles.
    """

    s: float
    heading: float
    view: Viewpoint
    chunks: tuple[Seen, ...]
    mesh: Mesh
    anchors: NDArray[np.float32]
    standing: tuple[Standing, ...]
    outlines: NDArray[np.float32]
    heights: NDArray[np.float32]
    contacts: NDArray[np.float32]


def in_sight(camera: CameraModel) -> tuple[int, int]:
    """How many chunks ahead and behind a camera may see."""
    turn, half = abs(camera.yaw), camera.fov / 2
    if turn + half <= 100.0:
        return 3, 1
    return (2, 2) if turn - half < 60.0 else (1, 4)


def lane(road: Road, s: float) -> float:
    """Metres right of the centre line at which the ego drives; lanes change across junctions."""
    cell = math.floor(s / CELL + 0.5)
    before, after = road.layout(cell - 1), road.layout(cell)
    t = min(1.0, max(0.0, (s - cell * CELL + 10.0) / 20.0))
    t = t * t * (3.0 - 2.0 * t)
    return before.lane * (1 - t) + after.lane * t + 0.12 * math.sin(s / 23.0)


def _phase(s: float, junction: float, seconds: float) -> int:
    """Red, amber or green of the lights at a junction: they turn green as the ego comes near."""
    gap = junction - s
    if gap < 45.0:
        return 2
    return 0 if gap > 52.0 or seconds % 2.0 < 1.0 else 1


def scene(world: World, camera: CameraModel, s: float, seconds: float) -> Scene:
    """The scene at a time, for an ego at arclength ``s``."""
    number = math.floor(s / CHUNK)
    along = s - number * CHUNK
    here = world.chunk(number)
    x, y = here.line.at(along, lane(world.road, s))
    heading = here.line.heading(along)
    x += camera.forward * math.cos(heading) + camera.right * math.sin(heading)
    y += camera.forward * math.sin(heading) - camera.right * math.cos(heading)
    facing = heading - math.radians(camera.yaw)
    ahead, behind = in_sight(camera)
    origins = {number: np.zeros(2)}
    for n in range(number + 1, number + ahead + 1):
        origins[n] = origins[n - 1] + world.chunk(n - 1).line.end
    for n in range(number - 1, number - behind - 1, -1):
        origins[n] = origins[n + 1] - world.chunk(n).line.end
    lift = camera.elevation + 0.012 * math.sin(s / 1.7)
    views = {
        n: Viewpoint(x - float(o[0]), y - float(o[1]), facing, lift) for n, o in origins.items()
    }
    seen: list[Seen] = []
    meshes: list[Mesh] = []
    anchors: list[tuple[float, float, float]] = []
    standing: list[Standing] = []
    outlines: list[NDArray[np.float32]] = []
    heights: list[float] = []
    contacts: list[NDArray[np.float32]] = []

    def place(mesh: Mesh, x: float, y: float, turn: float) -> None:
        meshes.append(mesh.placed(x, y, turn, len(anchors)))
        anchors.append((x, y, 0.0))

    for n, origin in origins.items():
        chunk = world.chunk(n)
        seen.append(Seen(chunk, views[n]))
        junction = math.floor(n * CHUNK / CELL + 0.5) * CELL
        for signal in chunk.signals:
            phase = _phase(s, junction, seconds)
            at = (signal.x + float(origin[0]), signal.y + float(origin[1]))
            place(world.library.signals[(phase, signal.arm)], *at, signal.heading)
    # A camera that looks ahead needs none of those behind but what is just overtaking.
    back = 8.0 if behind == 1 else behind * CHUNK
    for mover in movers(world, Reach(s, seconds, back)):
        n = math.floor(mover.s / CHUNK)
        if n not in views:
            continue
        line, along = world.chunk(n).line, mover.s - n * CHUNK
        x, y = (float(v) for v in line.at(along, mover.right) + origins[n])
        outline = footprint(line, along, mover.right, mover.size[:2])
        outlines.append(outline + origins[n].astype(np.float32))
        heights.append(mover.size[2])
        if mover.mesh is not None:
            contacts.append(outlines[-1])
            place(mover.mesh, x, y, line.heading(along) + mover.turn)
        standing.extend(Standing(x, y, sprite, 0) for sprite in mover.sprites)
    return Scene(
        s,
        heading,
        views[number],
        tuple(seen),
        joined(meshes),
        np.array(anchors, np.float32).reshape(-1, 3),
        tuple(standing),
        np.array(outlines, np.float32).reshape(-1, 6, 2),
        np.array(heights, np.float32),
        np.array(contacts, np.float32).reshape(-1, 6, 2),
    )
