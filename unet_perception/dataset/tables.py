# SPDX-License-Identifier: Apache-2.0
"""A dataset's facts, in words and as tables on a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Group
from rich.table import Table
from rich.text import Text

from unet_perception.dataset.folder import Folder
from unet_perception.dataset.info import INFO_FILE
from unet_perception.dataset.near import BITS
from unet_perception.dataset.statistics import Statistics
from unet_perception.labels import LabelSet

BAR = 30
SHOWN = 10


def facts(folder: Folder, found: Statistics) -> list[tuple[str, str]]:
    """Return what a dataset is, as pairs of key and words."""
    info = folder.info
    rows = [
        ("pairs", f"{found.pairs:,}, {found.size / 2**20:,.0f} MiB"),
        ("size", counted(found.sizes)),
        ("label set", _label_set(folder)),
    ]
    if info is not None:
        said = (("source", info.source), ("CARLA", info.carla_version), ("town", info.town))
        rows += [(key, value) for key, value in said if value]
    if folder.further:
        rows.append(("further folders", ", ".join(folder.further)))
    for key, counts in (
        ("splits", found.splits),
        ("towns", found.towns),
        ("weathers", found.weathers),
        ("sets", found.sets),
    ):
        if counts:
            rows.append((key, counted(counts)))
    rows.append(("neighbours that look alike", _near(found)))
    return rows


def counted(counts: Mapping[str, int]) -> str:
    """Return counts in words, the first few of many."""
    shown = ", ".join(f"{key} ({count:,})" for key, count in list(counts.items())[:SHOWN])
    left = len(counts) - SHOWN
    return f"{shown} and {left} more" if left > 0 else shown


def render(folder: Folder, found: Statistics, label_set: LabelSet) -> Group:
    """Return the facts and the class balance as tables."""
    head = Table(show_header=False, box=None, padding=(0, 2))
    for key, value in facts(folder, found):
        head.add_row(Text(key, style="dim"), Text(value))
    balance = Table(box=None, padding=(0, 2))
    for column in ("", "id", "class", "pixels", "share", "pairs", ""):
        number = column in ("id", "pixels", "share", "pairs")
        balance.add_column(column, justify="right" if number else "left")
    for row in found.classes:
        color = "#{:02x}{:02x}{:02x}".format(*label_set.palette[row.id])
        # Black on a dark terminal would be no swatch at all.
        swatch = Text("██", style=color if label_set.palette[row.id].any() else "grey23")
        balance.add_row(
            swatch,
            str(row.id),
            Text(row.name),
            f"{row.pixels:,}",
            f"{row.share:.2%}",
            f"{row.pairs:,}",
            Text("▇" * round(row.share * BAR), style="cyan"),
        )
    return Group(head, Text(), balance)


def _label_set(folder: Folder) -> str:
    if folder.label_set is not None:
        return folder.label_set.name
    if folder.info is None:
        return f"unknown: no {INFO_FILE}; say it with --label-set"
    return f"{folder.info.label_set}, which is not known; say its file with --label-set"


def _near(found: Statistics) -> str:
    limit = f"{found.near_distance} of {BITS} bits or less apart"
    if not found.near:
        return f"none, {limit}"
    share = len(found.near) / max(found.pairs - 1, 1)
    first = ", ".join(f"{near.first}/{near.second}" for near in found.near[:3])
    return f"{len(found.near):,} ({share:.1%}), {limit}: {first}" + (
        " ..." if len(found.near) > 3 else ""
    )
