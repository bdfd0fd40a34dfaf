# SPDX-License-Identifier: Apache-2.0
"""Scores as tables for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from unet_perception.evaluation.result import DATASET, KINDS, Evaluation, Slice


def render(evaluation: Evaluation) -> RenderableType:
    """Return all that a person at a terminal wants to know."""
    return Group(*_parts(evaluation))


def score(value: float | None) -> str:
    """Return a score in words: four digits, or a dash where there is none."""
    return "-" if value is None or math.isnan(value) else f"{value:.4f}"


def slice_name(evaluation: Evaluation, part: Slice) -> str:
    """Return a slice's name, with its label set where that is not the one of most."""
    if part.label_set.name == evaluation.overall.label_set.name:
        return part.name
    return f"{part.name} ({part.label_set.name})"


def _parts(evaluation: Evaluation) -> Iterator[RenderableType]:
    settings = evaluation.settings
    for facts, part in zip(evaluation.datasets, evaluation.by(DATASET), strict=True):
        yield Text(
            f"{facts.name}, {facts.split}: {part.frames} pairs, {settings['resolution']} "
            f"resolution, {settings['engine']} {settings['precision']}"
        )
        if facts.description:
            yield Text(facts.description)
        yield _classes(part)
        yield _line(part)
    if len(evaluation.slices) > 1:
        yield _slices(evaluation)
    if len(evaluation.datasets) > 1:
        overall = evaluation.overall
        yield f"all {overall.frames} pairs compared in {overall.label_set.name}: {_line(overall)}"


def _classes(part: Slice) -> Table:
    table = Table()
    for column in ("id", "class", "IoU", "precision", "recall", "boundary F", "pixels"):
        table.add_column(column, justify="left" if column == "class" else "right")
    scores = part.scores
    for label in part.label_set.classes:
        i = label.id
        columns = (scores.iou, scores.precision, scores.recall, part.boundary.f1)
        table.add_row(
            str(i),
            label.name,
            *(score(values.get(i)) for values in columns),
            f"{scores.support[i]:,}",
        )
    return table


def _slices(evaluation: Evaluation) -> Table:
    table = Table()
    for column in ("by", "name"):
        table.add_column(column, overflow="fold")
    for column in ("pairs", "mIoU", "accuracy", "fwIoU", "boundary F"):
        table.add_column(column, justify="right")
    for kind in KINDS:
        for part in evaluation.by(kind):
            scores = part.scores
            values = (scores.miou, scores.accuracy, scores.fwiou, part.boundary.mean)
            table.add_row(
                kind, Text(slice_name(evaluation, part)), f"{part.frames:,}", *map(score, values)
            )
    return table


def _line(part: Slice) -> str:
    scores = part.scores
    return (
        f"pixel accuracy {score(scores.accuracy)}   mIoU {score(scores.miou)}   "
        f"fwIoU {score(scores.fwiou)}   boundary F {score(part.boundary.mean)}"
    )
