# SPDX-License-Identifier: Apache-2.0
"""An evaluation as one web page with its pictures inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unet_perception.dataset.page import render
from unet_perception.errors import ConfigError
from unet_perception.evaluation.charts import learning_curves
from unet_perception.evaluation.result import DATASET, KINDS, Evaluation, Slice
from unet_perception.evaluation.shots import Shot
from unet_perception.evaluation.tables import score, slice_name
from unet_perception.files.atomic import replace_bytes

RIGHT, WRONG, NONE = (46, 150, 110), (210, 70, 60), 28
"""Colours of the confusion matrix: of its diagonal, beside it, and where there are no pixels."""


@dataclass(frozen=True)
class Extremes:
    """The frames of a dataset that are shown.

    Attributes:
        best: Those that went best, the best first.
        worst: Those that went worst, the worst first.
    """

    best: Sequence[Shot]
    worst: Sequence[Shot]


def write_report(
    path: Path,
    evaluation: Evaluation,
    extremes: Sequence[Extremes],
    training: Mapping[str, Any],
) -> None:
    """Write the page; one that is there is replaced in one step.

    Args:
        path: File to write.
        evaluation: The scores.
        extremes: What to show of each dataset.
        training: What the bundle says on its training; ``history`` gives the learning curves.

    Raises:
        ConfigError: It cannot be written.
    """
    history = training.get("history")
    page = render(
        "evaluation/report.html",
        title=f"{evaluation.settings['model']}: scores",
        facts=_facts(evaluation, training),
        evaluation=evaluation,
        kinds=KINDS,
        curves=learning_curves(history if isinstance(history, list) else []),
        datasets=zip(evaluation.datasets, evaluation.by(DATASET), extremes, strict=True),
        score=score,
        slice_name=slice_name,
        confusion=_confusion,
    )
    try:
        replace_bytes(path, page.encode("utf-8"))
    except OSError as error:
        raise ConfigError(f"report is {str(path)!r}: {error.strerror}") from error


def _facts(evaluation: Evaluation, training: Mapping[str, Any]) -> list[tuple[str, str]]:
    settings = evaluation.settings
    row = settings["ignore_below"]
    facts = [
        ("model", f"{settings['model']}, sha256 {str(settings['sha256'])[:16]}…"),
        ("engine", f"{settings['engine']} {settings['precision']}"),
        ("compared at", f"{settings['resolution']} resolution"),
        ("rows", "all" if row is None else f"above camera row {row}; nothing below is counted"),
        ("boundary tolerance", f"{settings['boundary_tolerance']:.2%} of the diagonal"),
    ]
    data = training.get("data")
    rows = [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else []
    if rows:
        words = (f"{row.get('name')} ({row.get('pairs')} pairs)" for row in rows)
        facts.append(("trained on", ", ".join(words)))
    return facts


def _confusion(part: Slice) -> dict[str, Any]:
    """Return the confusion matrix; each row is one true class and sums to 100."""
    names = {label.id: label.name for label in part.label_set.classes}
    matrix = part.confusion
    rows = [i for i in range(len(matrix)) if matrix[i].sum()]
    columns = [j for j in range(matrix.shape[1]) if matrix[:, j].sum() or j in rows]
    return {
        "columns": {j: names.get(j, "") for j in columns},
        "rows": [
            (i, names[i], [_cell(matrix[i, j] / matrix[i].sum(), i == j) for j in columns])
            for i in rows
        ],
    }


def _cell(share: float, right: bool) -> tuple[list[int], str]:
    """Return the colour and the text of a share."""
    # The square root lets the few percent that tell something be seen.
    color = [round(NONE + (value - NONE) * share**0.5) for value in (RIGHT if right else WRONG)]
    percent = 100 * share
    return color, "" if percent < 0.05 else f"{percent:.1f}" if percent < 99.95 else "100"
