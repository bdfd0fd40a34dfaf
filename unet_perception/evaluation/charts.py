# SPDX-License-Identifier: Apache-2.0
"""Learning curves as SVG, from what a training wrote into its bundle."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

WIDTH, HEIGHT = 560, 260
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 30, 40
COLORS = ("#4aa8c0", "#e0a030", "#9ac060")
CURVES = (("loss", ("loss",)), ("scores", ("val_miou", "val_accuracy", "accuracy")))
"""Charts, and the keys of the history that each has."""

NAMES = {
    "loss": "training loss",
    "val_miou": "val mIoU",
    "val_accuracy": "val accuracy",
    "accuracy": "training accuracy",
}

Point = tuple[float, float]


def learning_curves(history: Sequence[object]) -> str:
    """Return the charts as SVG elements; empty where the history has no two epochs to join.

    Args:
        history: One mapping for each epoch: ``epoch``, ``loss``, ``accuracy``, ``val_miou``,
            ``val_accuracy``. A value that is missing or no number is passed over.
    """
    rows = [row for row in history if isinstance(row, Mapping)]
    charts = []
    for title, keys in CURVES:
        lines = {NAMES[key]: _points(rows, key) for key in keys}
        lines = {name: points for name, points in lines.items() if len(points) > 1}
        if lines:
            charts.append(_chart(title, lines))
    return "\n".join(charts)


def _points(rows: Sequence[Mapping[Any, Any]], key: str) -> list[Point]:
    return [
        (float(row["epoch"]), float(row[key]))
        for row in rows
        if _number(row.get("epoch")) and _number(row.get(key))
    ]


def _number(value: object) -> bool:
    # NaN compares false; what is far out of any scale would only flatten the rest.
    return isinstance(value, (int, float)) and abs(value) < 1e6


def _chart(title: str, lines: Mapping[str, Sequence[Point]]) -> str:
    xs = [x for points in lines.values() for x, _ in points]
    ys = [y for points in lines.values() for _, y in points]
    # From 0, and scores to 1: a curve that fills its chart looks better than it is.
    ticks = _ticks(min(0.0, *ys), max(ys) if title == "loss" else max(1.0, *ys))
    low, high = ticks[0], ticks[-1]
    first, last = min(xs), max(xs)

    def at(x: float, y: float) -> tuple[float, float]:
        across = (x - first) / (last - first or 1.0)
        up = (y - low) / (high - low or 1.0)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (
            HEIGHT - TOP - BOTTOM
        )

    parts = []
    for tick in ticks:
        y = at(first, tick)[1]
        parts.append(
            f'<line stroke="#333840" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    for tick in _ticks(first, last, whole=True):
        if first <= tick <= last:
            x = at(tick, low)[0]
            parts.append(
                f'<text x="{x:.1f}" y="{HEIGHT - 24}" text-anchor="middle">{tick:g}</text>'
            )
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">epoch</text>')
    legend = LEFT
    for color, (name, points) in zip(COLORS, lines.items(), strict=False):
        path = " ".join("{:.1f},{:.1f}".format(*at(*point)) for point in points)
        parts.append(f'<polyline fill="none" stroke="{color}" stroke-width="2" points="{path}"/>')
        parts.append(f'<rect x="{legend}" y="10" width="14" height="4" fill="{color}"/>')
        parts.append(f'<text x="{legend + 20}" y="17">{escape(name)}</text>')
        legend += 40 + 8 * len(name)
    return (
        f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" fill="#9aa0a6" font-size="12" '
        f'font-family="system-ui,sans-serif">{"".join(parts)}</svg>'
    )


def _ticks(low: float, high: float, whole: bool = False) -> list[float]:
    """Return round numbers that cover a range in four to eight steps."""
    span = max(high - low, 1e-9)
    step = 10.0 ** math.floor(math.log10(span / 4))
    step = next(step * factor for factor in (1, 2, 5, 10) if span / (step * factor) <= 6)
    if whole:
        step = max(1.0, step)
    start = math.floor(low / step + 1e-9)
    return [round(i * step, 10) for i in range(start, math.ceil(high / step - 1e-9) + 1)]
