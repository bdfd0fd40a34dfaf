# SPDX-License-Identifier: Apache-2.0
"""Results of a benchmark for people: a table and a plot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from unet_perception.bench.measure import Result
from unet_perception.errors import ConfigError

COLUMNS = (
    *("engine", "p50 ms", "p99 ms", "least ms", "times as fast", "same pixels", "floor ms"),
    "of the floor",
)


def as_table(result: Result) -> Table:
    """Return one size's rows, the fastest last."""
    height, width = result.rows[0].size
    table = Table(
        title=f"one frame at {height}x{width}, {result.rounds} rounds", title_justify="left"
    )
    for column in COLUMNS:
        left = column == "engine"
        table.add_column(column, justify="left" if left else "right", no_wrap=left)
    for row in sorted(result.rows, key=lambda row: -row.p50_ms):
        table.add_row(
            f"{row.engine} {row.precision}",
            f"{row.p50_ms:.2f}",
            f"{row.p99_ms:.2f}",
            f"{row.least_ms:.2f}",
            f"{row.times_as_fast:.2f}",
            f"{row.agreement:.3%}",
            "-" if row.floor_ms is None else f"{row.floor_ms:.2f}",
            "-" if row.of_floor is None else f"{row.of_floor:.0%}",
        )
    return table


def rates_line(result: Result) -> str:
    """Return what the floor was read off."""
    rates = ", ".join(f"{name} {rate / 1e9:.0f}" for name, rate in result.rates.items())
    return f"floor: the processor's best, in thousand million multiply-adds a second: {rates}"


def save_plot(results: Sequence[Result], path: Path, title: str) -> None:
    """Draw medians and floors of all sizes as bars into a PNG.

    Raises:
        ConfigError: Matplotlib is not installed, or the file cannot be written.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise ConfigError("--plot needs Matplotlib: pip install matplotlib") from error
    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        len(results), 1, figsize=(8, 0.6 + sum(0.5 + 0.32 * len(r.rows) for r in results)),
        squeeze=False, layout="constrained",
        height_ratios=[1.5 + len(r.rows) for r in results],
    )  # fmt: skip
    figure.suptitle(title)
    for axis, result in zip(axes[:, 0], results, strict=True):
        _draw(axis, result)
    axes[-1, 0].set_xlabel("one frame, ms: median, and 99th percentile as a whisker")
    try:
        figure.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        raise ConfigError(f"plot is {str(path)!r}: {error}") from error
    finally:
        pyplot.close(figure)


def _draw(axis: Any, result: Result) -> None:
    rows = sorted(result.rows, key=lambda row: row.p50_ms)
    places = range(len(rows))
    medians = [row.p50_ms for row in rows]
    whiskers = [[0.0] * len(rows), [max(row.p99_ms - row.p50_ms, 0.0) for row in rows]]
    axis.barh(places, medians, xerr=whiskers, color="#4c78a8", ecolor="#999999", capsize=3)
    axis.set_yticks(places, [f"{row.engine} {row.precision}" for row in rows])
    for place, row in zip(places, rows, strict=True):
        if row.floor_ms is not None:
            axis.plot([row.floor_ms] * 2, [place - 0.4, place + 0.4], color="#e45756", linewidth=2)
        axis.annotate(
            f"  {row.times_as_fast:.1f}x",
            (max(row.p99_ms, row.p50_ms), place),
            fontsize=8,
            color="#333333",
            va="center",
            annotation_clip=False,
        )
    height, width = rows[0].size
    axis.set_title(f"{height}x{width}; red: the floor", fontsize=10)
    # Room for the words behind the longest whisker.
    axis.set_xlim(0, 1.1 * max(max(row.p99_ms, row.p50_ms) for row in rows))
