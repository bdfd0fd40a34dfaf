# SPDX-License-Identifier: Apache-2.0
"""Stamp to mask over the camera's rate, as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from realtime_report import Row, floor_ms
from realtime_variants import Case

CURVES = {
    "tutorial": "#e45756",
    "tutorial-profile": "#f2a541",
    "ours": "#1f5fa8",
    "ours-overlay": "#79b4e6",
    "moving": "#bbbbbb",
    "one-for-each": "#f2a541",
    "one-for-all": "#1f5fa8",
}
FLOOR_COLOUR = "#444444"


def save_plot(results: Mapping[Case, Sequence[Row]], path: Path) -> None:
    """Draw medians with whiskers up to the 99th percentile into a PNG, a panel for each size."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    sizes = list(dict.fromkeys((case.width, case.height) for case in results))
    figure, axes = pyplot.subplots(
        1, len(sizes), figsize=(1.5 + 5 * len(sizes), 4.5),
        squeeze=False, sharey=True, layout="constrained",
    )  # fmt: skip
    for axis, size in zip(axes[0], sizes, strict=True):
        cases = {case: rows for case, rows in results.items() if (case.width, case.height) == size}
        for place, (name, colour) in enumerate(CURVES.items()):
            # Side by side, or the whiskers would hide each other.
            shift = 1.0 + 0.012 * (place - len(CURVES) / 2)
            drawn = [
                (case.rate * shift, row.p50_ms, max(row.p99_ms - row.p50_ms, 0.0))
                for case, rows in cases.items()
                for row in rows
                if row.variant == name
            ]
            if drawn:
                rates, medians, whiskers = zip(*sorted(drawn), strict=True)
                axis.errorbar(
                    rates, medians, yerr=[[0.0] * len(drawn), whiskers],
                    color=colour, label=name, marker="o", markersize=4, capsize=3,
                )  # fmt: skip
        floors = [(case.rate, floor_ms(rows)) for case, rows in cases.items()]
        known = sorted((rate, floor) for rate, floor in floors if floor is not None)
        if known:
            axis.plot(*zip(*known, strict=True), color=FLOOR_COLOUR, linestyle="--", label="floor")
        ticks = sorted({case.rate for case in cases})
        axis.set_xscale("log")
        axis.set_xticks(ticks, [f"{rate:g}" for rate in ticks])
        axis.minorticks_off()
        axis.set_yscale("log")
        axis.yaxis.set_major_formatter("{x:g}")
        axis.grid(alpha=0.3)
        axis.set_title(f"{size[0]}x{size[1]}")
        axis.set_xlabel("frames a second")
    axes[0, 0].set_ylabel("stamp to mask, ms: median, up to the 99th percentile")
    figure.legend(*axes[0, -1].get_legend_handles_labels(), loc="outside right upper")
    figure.savefig(path, dpi=150)
    pyplot.close(figure)
