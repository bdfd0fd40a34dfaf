# SPDX-License-Identifier: Apache-2.0
"""The built-in street as an OpenDRIVE map, as CARLA's client reads it.

What that client needs was found by trying (CARLA 0.9.16). It mirrors OpenDRIVE's y, which points
north; lanes with negative ids lie to the right and run along the road.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby, pairwise

import numpy as np

from unet_perception.errors import ConfigError
from unet_perception.playback.street import Track
from unet_perception.playback.street.road import CELL, Layout

_PIECE = 4.0  # metres of a curve that are taken as one arc
_GEO = "+proj=tmerc +lat_0=0 +lon_0=0 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
_SPEED = 50  # km/h
_CENTRES = (("solid solid", "yellow"), ("broken", "white"), ("solid broken", "yellow"))

Lane = tuple[str, float, str]  # kind, width in metres, road mark at its outer edge


def opendrive(track: Track, length: float) -> str:
    """Return the first ``length`` metres of a track as the text of an OpenDRIVE file.

    Every stretch from junction to junction is a lane section with the street's lanes, parking
    and pavements; the streets that cross it are not in the map.

    Raises:
        ConfigError: The length is not from 10 to 100000 metres.
    """
    if not 10.0 <= length <= 1e5:
        raise ConfigError(f"length is {length!r}: it must be from 10 to 100000 metres")
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<OpenDRIVE>",
        '<header revMajor="1" revMinor="4" name="street" version="1" vendor="unet_perception">',
        f"<geoReference><![CDATA[{_GEO}]]></geoReference>",
        "</header>",
        f'<road name="street" length="{length:.6f}" id="1" junction="-1">',
        f'<type s="0" type="town"><speed max="{_SPEED}" unit="km/h"/></type>',
        "<planView>",
        *_plan(track, length),
        "</planView>",
        "<elevationProfile>",
        '<elevation s="0" a="0" b="0" c="0" d="0"/>',
        "</elevationProfile>",
        "<lateralProfile/>",
        "<lanes>",
        '<laneOffset s="0" a="0" b="0" c="0" d="0"/>',
        *_sections(track, length),
        "</lanes>",
        "</road>",
        "</OpenDRIVE>",
    ]
    return "\n".join(lines) + "\n"


def _plan(track: Track, length: float) -> Iterator[str]:
    """The centre line: lines where it is straight, else arcs of a few metres."""
    knots = [*np.arange(0.0, length - 1e-6, _PIECE).tolist(), length]
    bends = []
    for start, end in pairwise(knots):
        turn = track.place(end, 0.0).yaw - track.place(start, 0.0).yaw
        bends.append((start, end, -math.radians(turn) / (end - start)))
    for straight, group in groupby(bends, key=lambda bend: abs(bend[2]) < 1e-9):
        pieces = list(group)
        if straight:
            pieces = [(pieces[0][0], pieces[-1][1], 0.0)]
        for start, end, curvature in pieces:
            at = track.place(start, 0.0)
            shape = "<line/>" if straight else f'<arc curvature="{curvature:.12g}"/>'
            yield (
                f'<geometry s="{start:.6f}" x="{at.x:.6f}" y="{-at.y:.6f}" '
                f'hdg="{-math.radians(at.yaw):.12g}" length="{end - start:.6f}">{shape}</geometry>'
            )


def _lanes(layout: Layout) -> list[Lane]:
    """The lanes of either side, from the centre line outwards."""
    wide = 2.0 * layout.lane if layout.lanes == 1 else layout.half / layout.lanes
    lanes: list[Lane] = [("driving", wide, "broken")] * layout.lanes
    rest = layout.half - wide * layout.lanes
    if rest > 0.01:
        lanes.append(("parking" if layout.parking else "shoulder", rest, "solid"))
    lanes.append(("sidewalk", layout.walk, "none"))
    return lanes


def _sections(track: Track, length: float) -> Iterator[str]:
    starts = np.arange(0.0, length, CELL).tolist()
    for start in starts:
        layout = track.layout(start)
        here = _lanes(layout)
        before = _lanes(track.layout(start - CELL)) if start > 0.0 else None
        after = _lanes(track.layout(start + CELL)) if start < starts[-1] else None
        mark, color = _CENTRES[layout.centre]
        yield f'<laneSection s="{start:.6f}">'
        yield "<left>"
        for number in range(len(here), 0, -1):
            yield _lane(number, here, before, after)
        yield "</left>"
        yield '<center><lane id="0" type="none" level="false">'
        yield f'<roadMark sOffset="0" type="{mark}" weight="standard" color="{color}" width="0.1"/>'
        yield "</lane></center>"
        yield "<right>"
        for number in range(1, len(here) + 1):
            yield _lane(-number, here, before, after)
        yield "</right>"
        yield "</laneSection>"


def _lane(
    number: int, here: list[Lane], before: list[Lane] | None, after: list[Lane] | None
) -> str:
    kind, width, mark = here[abs(number) - 1]
    sign = 1 if number > 0 else -1
    link = ""
    for name, others in (("predecessor", before), ("successor", after)):
        partner = _partner(abs(number), here, others) if others else 0
        if partner:
            link += f'<{name} id="{sign * partner}"/>'
    return (
        f'<lane id="{number}" type="{kind}" level="false"><link>{link}</link>'
        f'<width sOffset="0" a="{width:.6f}" b="0" c="0" d="0"/>'
        f'<roadMark sOffset="0" type="{mark}" weight="standard" color="white" width="0.1"/></lane>'
    )


def _partner(number: int, here: list[Lane], there: list[Lane]) -> int:
    """The lane that goes on from a lane: the outermost to the outermost; 0 where none does."""
    kind = here[number - 1][0]
    mine = [n for n, lane in enumerate(here, 1) if lane[0] == kind]
    theirs = [n for n, lane in enumerate(there, 1) if lane[0] == kind]
    if not theirs:
        return 0
    return theirs[max(0, len(theirs) - (len(mine) - mine.index(number)))]
