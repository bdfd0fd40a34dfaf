# SPDX-License-Identifier: Apache-2.0
"""The rooms of the package as a picture in layers, drawn from the table in architecture.md.

``python docs/rooms.py`` writes ``docs/images/rooms.svg``. ``test/test_architecture.py`` holds the
same table against the code, and the picture against the table.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

DOCS = Path(__file__).resolve().parent
PAGE = DOCS / "architecture.md"
PICTURE = DOCS / "images" / "rooms.svg"

EVERYTHING = "everything"
NOTHING = "-"

ROW = re.compile(r"^\| `([\w/.]+)` \| .+ \| ([^|]+) \|$", re.MULTILINE)

WIDTH, ROOM_HEIGHT, STEP, GAP, EDGE = 1000, 34, 84, 10, 16
PER_LETTER, PER_ROOM = 6.5, 14
STYLE = """
    rect.room { fill: #f4f6fb; stroke: #5b6b8c; stroke-width: 1.5; }
    text { fill: #1c2333; text-anchor: middle; }
    path { stroke: #8a94a8; stroke-width: 1.1; fill: none; marker-end: url(#head); }
"""


def rooms(page: str) -> dict[str, set[str]]:
    """Return the rows of the page's table: each room, and the rooms that it names.

    Args:
        page: Text of architecture.md.
    """
    return {
        name.removesuffix(".py").strip("/"): set(may.split(", ")) - {NOTHING}
        for name, may in ROW.findall(page)
    }


def room_of(file: str, table: Collection[str]) -> str:
    """Return the room of a file; of nested ones the inner one; empty beside them.

    Args:
        file: Its path below the package.
        table: Names of the rooms.
    """
    inside = [x for x in table if file.startswith(f"{x}/") or file == f"{x}.py"]
    return max(inside, key=len, default="")


def layers(table: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the rooms floor by floor, the lowest first: each stands above all that it names.

    Raises:
        ValueError: Rooms name each other in a circle, or one that there is not.
    """
    floors: dict[str, int] = {}
    waiting = {
        name: set(table) - {name} if may == {EVERYTHING} else set(may)
        for name, may in table.items()
    }
    while waiting:
        ready = [name for name, may in waiting.items() if may <= floors.keys()]
        if not ready:
            raise ValueError(f"no order in {', '.join(sorted(waiting))}")
        for name in ready:
            floors[name] = max((floors[x] + 1 for x in waiting.pop(name)), default=0)
    return [[x for x in table if floors[x] == floor] for floor in range(max(floors.values()) + 1)]


def drawing(table: Mapping[str, set[str]]) -> str:
    """Return the picture as SVG; an arrow for each room that a row names."""
    floors = layers(table)
    height = STEP * len(floors) - STEP + ROOM_HEIGHT + 2 * EDGE
    places: dict[str, tuple[float, float, float]] = {}
    for floor, names in enumerate(floors):
        # Over what it imports, so that fewer arrows cross.
        below = {x: [sum(places[y][::2]) for y in table[x] if y in places] for x in names}
        names.sort(key=lambda x: sum(below[x]) / len(below[x]) if below[x] else 0)
        natural = [PER_LETTER * len(name) + PER_ROOM for name in names]
        stretch = (WIDTH - 2 * EDGE - GAP * (len(names) - 1)) / sum(natural)
        x = float(EDGE)
        for name, width in zip(names, natural, strict=True):
            places[name] = (x, height - EDGE - ROOM_HEIGHT - floor * STEP, width * stretch)
            x += width * stretch + GAP
    arrows = [
        _arrow(places[name], places[other])
        for name, may in table.items()
        for other in sorted(may - {EVERYTHING})
    ]
    boxes = [_room(name, *place) for name, place in places.items()]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            'font-family="sans-serif" font-size="12" role="img"',
            '  aria-label="The rooms in layers; arrows lead down to what a room imports">',
            "  <!-- SPDX-License-Identifier: Apache-2.0 -->",
            "  <!-- Drawn by docs/rooms.py from the table in docs/architecture.md. -->",
            f"  <style>{STYLE}  </style>",
            '  <defs><marker id="head" markerWidth="8" markerHeight="8" refX="7" refY="4" '
            'orient="auto"><path d="M0 0 L8 4 L0 8 z" '
            'style="fill:#8a94a8;stroke:none;marker-end:none"/></marker></defs>',
            f'  <rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            *arrows,
            *boxes,
            "</svg>\n",
        ]
    )


def _room(name: str, x: float, y: float, width: float) -> str:
    return (
        f'  <rect class="room" x="{x:.1f}" y="{y:g}" width="{width:.1f}" height="{ROOM_HEIGHT}" '
        f'rx="4"/><text x="{x + width / 2:.1f}" y="{y + 22:g}">{name}</text>'
    )


def _arrow(start: tuple[float, float, float], end: tuple[float, float, float]) -> str:
    x1, y1 = start[0] + start[2] / 2, start[1] + ROOM_HEIGHT
    x2, y2 = end[0] + end[2] / 2, end[1]
    bend = (y2 - y1) / 2
    return (
        f'  <path d="M{x1:.1f} {y1:g} C{x1:.1f} {y1 + bend:.1f} {x2:.1f} {y2 - bend:.1f} '
        f'{x2:.1f} {y2 - 1:g}"/>'
    )


if __name__ == "__main__":
    PICTURE.write_text(drawing(rooms(PAGE.read_text(encoding="utf-8"))), encoding="utf-8")
