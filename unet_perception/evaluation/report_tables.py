# SPDX-License-Identifier: Apache-2.0
"""The tables of the report, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from unet_perception.evaluation.result import Evaluation, Slice
from unet_perception.evaluation.tables import score, slice_name
from unet_perception.labels import LabelSet

BAR = 220
"""Pixels of a bar for a score of 1."""

ACCENT = "#4aa8c0"


def tiles(part: Slice) -> str:
    """Return the four numbers that sum a group of frames up."""
    scores = part.scores
    numbers = (
        ("mIoU", scores.miou),
        ("pixel accuracy", scores.accuracy),
        ("frequency-weighted IoU", scores.fwiou),
        ("boundary F-score", part.boundary.mean),
    )
    boxes = (
        f'<div class="tile"><b>{score(value)}</b><span>{name}</span></div>'
        for name, value in numbers
    )
    return f'<div class="tiles">{"".join(boxes)}</div>'


def fact_table(facts: Sequence[tuple[str, str]]) -> str:
    """Return keys and words."""
    rows = (
        f'<tr><td class="key">{escape(key)}</td><td>{escape(value)}</td></tr>'
        for key, value in facts
    )
    return f"<table>{''.join(rows)}</table>"


def class_table(part: Slice) -> str:
    """Return the scores of each class."""
    scores = part.scores
    total = sum(scores.support.values()) or 1
    rows = []
    for label in part.label_set.classes:
        i = label.id
        iou = scores.iou.get(i)
        color = _color(part.label_set, i)
        bar = f'<div class="bar" style="width:{BAR * (iou or 0.0):.0f}px;background:{color}"></div>'
        columns = (scores.precision, scores.recall, part.boundary.f1)
        cells = "".join(f'<td class="n">{score(values.get(i))}</td>' for values in columns)
        dim = "" if scores.support[i] else ' class="none"'
        rows.append(
            f"<tr{dim}>"
            f'<td class="n">{i}</td><td>{_swatch(color)}{escape(label.name)}</td>'
            f'<td class="n">{score(iou)}</td><td class="track" style="width:{BAR}px">{bar}</td>'
            f"{cells}"
            f'<td class="n">{scores.support[i]:,}</td>'
            f'<td class="n">{scores.support[i] / total:.2%}</td></tr>'
        )
    head = _head(
        ("id", True),
        ("class", False),
        ("IoU", True),
        ("", False),
        *((name, True) for name in ("precision", "recall", "boundary F", "pixels", "share")),
    )
    return f"<table>{head}{''.join(rows)}</table>"


def slice_table(evaluation: Evaluation, parts: Sequence[Slice]) -> str:
    """Return one line for each group of frames."""
    rows = []
    for part in parts:
        values = (part.scores.miou, part.scores.accuracy, part.scores.fwiou, part.boundary.mean)
        width = np.nan_to_num(BAR * part.scores.miou)
        bar = f'<div class="bar" style="width:{width:.0f}px;background:{ACCENT}"></div>'
        rows.append(
            f"<tr><td>{escape(slice_name(evaluation, part))}</td>"
            f'<td class="n">{part.frames:,}</td><td class="track" style="width:{BAR}px">{bar}</td>'
            + "".join(f'<td class="n">{score(value)}</td>' for value in values)
            + "</tr>"
        )
    head = _head(
        ("name", False),
        ("pairs", True),
        ("", False),
        *((name, True) for name in ("mIoU", "accuracy", "fwIoU", "boundary F")),
    )
    return f"<table>{head}{''.join(rows)}</table>"


def confusion_table(part: Slice) -> str:
    """Return the confusion matrix; each row is one true class and sums to 100."""
    names = {label.id: label.name for label in part.label_set.classes}
    matrix = part.confusion
    rows = [i for i in range(len(matrix)) if matrix[i].sum()]
    columns = [j for j in range(matrix.shape[1]) if matrix[:, j].sum() or j in rows]
    head = "".join(
        f'<th class="top" title="{escape(names.get(j, "of no class"), quote=True)}">'
        f"{_swatch(_color(part.label_set, j))}<br>{j if j in names else '?'}</th>"
        for j in columns
    )
    lines = []
    for i in rows:
        shares = matrix[i] / matrix[i].sum()
        cells = "".join(_cell(float(shares[j]), i == j) for j in columns)
        lines.append(
            f'<tr><th class="n">{escape(names[i])} {i} '
            f"{_swatch(_color(part.label_set, i))}</th>{cells}</tr>"
        )
    return (
        f'<table class="confusion"><tr><th class="n">true \\ predicted</th>{head}</tr>'
        f"{''.join(lines)}</table>"
    )


def legend(label_set: LabelSet) -> str:
    """Return the classes' colours and names."""
    items = (
        f"<span>{_swatch(_color(label_set, label.id))}{escape(label.name)}</span>"
        for label in label_set.classes
    )
    return f'<p class="legend">{"".join(items)}</p>'


def _cell(share: float, right: bool) -> str:
    percent = 100 * share
    text = "" if percent < 0.05 else f"{percent:.1f}" if percent < 99.95 else "100"
    # The square root lets the few percent that tell something be seen.
    red, green, blue = (46, 150, 110) if right else (210, 70, 60)
    strength = share**0.5
    mixed = (round(28 + (value - 28) * strength) for value in (red, green, blue))
    color = "#{:02x}{:02x}{:02x}".format(*mixed)
    return f'<td style="background:{color}">{text}</td>'


def _head(*columns: tuple[str, bool]) -> str:
    cells = (
        f'<th class="n">{name}</th>' if right else f"<th>{name}</th>" for name, right in columns
    )
    return f"<tr>{''.join(cells)}</tr>"


def _color(label_set: LabelSet, class_id: int) -> str:
    return "#{:02x}{:02x}{:02x}".format(*label_set.palette[class_id])


def _swatch(color: str) -> str:
    return f'<span class="swatch" style="background:{color}"></span>'
