# SPDX-License-Identifier: Apache-2.0
"""An evaluation as one web page with its pictures inside."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import ConfigError
from unet_perception.evaluation.charts import learning_curves
from unet_perception.evaluation.report_tables import (
    class_table,
    confusion_table,
    fact_table,
    legend,
    slice_table,
    tiles,
)
from unet_perception.evaluation.result import DATASET, TOWN, WEATHER, Evaluation
from unet_perception.evaluation.shots import Shot
from unet_perception.files.atomic import temporary_name
from unet_perception.labels import LabelSet

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;background:#16181c;color:#e6e6e6;margin:2rem auto;
max-width:1280px;padding:0 1rem}h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.5rem}
h3{font-size:1rem;margin:1.5rem 0 .4rem}table{border-collapse:collapse}
td,th{padding:.15rem .8rem .15rem 0;text-align:left;vertical-align:middle}
th{color:#9aa0a6;font-weight:normal}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.key{color:#9aa0a6;
white-space:nowrap;vertical-align:top}.swatch{display:inline-block;width:1.1rem;height:.8rem;
border:1px solid #777;margin-right:.5rem}.bar{height:.8rem;border:1px solid #777}
.track{background:#22262c;padding:0}.track+td{padding-left:.8rem}.none{color:#777}
.tiles{display:flex;flex-wrap:wrap;gap:1rem;margin:1rem 0}.tile{background:#22262c;
border-radius:8px;padding:.6rem 1.2rem}.tile b{display:block;font-size:1.7rem;
font-weight:600}.tile span,figcaption,.note{color:#9aa0a6;font-size:.85rem}
.confusion td{text-align:center;padding:0;min-width:2.7rem;height:1.7rem;font-size:.8rem;
border:1px solid #16181c;font-variant-numeric:tabular-nums}.confusion th{font-size:.8rem;
white-space:nowrap;color:#e6e6e6}.confusion th.top{text-align:center;padding:0 0 .2rem}
.wide{overflow-x:auto}svg{background:#1c1f24;border-radius:8px;margin:0 1rem 1rem 0}
figure{margin:0 0 1rem}.four{display:grid;grid-template-columns:repeat(4,1fr);gap:4px}
.four img{width:100%;display:block}.legend span{white-space:nowrap;margin-right:1.2rem;
display:inline-block}
"""


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
    page = "\n".join(_page(evaluation, extremes, training)) + "\n"
    temporary = temporary_name(path)
    try:
        temporary.write_text(page, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ConfigError(f"report is {str(path)!r}: {error.strerror}") from error


def _page(
    evaluation: Evaluation, extremes: Sequence[Extremes], training: Mapping[str, Any]
) -> Iterator[str]:
    title = f"{evaluation.settings['model']}: scores"
    yield '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    yield f"<title>{escape(title)}</title>\n<style>{_STYLE}</style></head><body>"
    yield f"<h1>{escape(title)}</h1>"
    yield fact_table(_facts(evaluation, training))
    overall, parts = evaluation.overall, evaluation.by(DATASET)
    if all(part.frames != overall.frames for part in parts):
        name = escape(overall.label_set.name)
        yield f"<h2>All {overall.frames:,} pairs that are compared in {name}</h2>"
        yield tiles(overall)
    for kind in (DATASET, TOWN, WEATHER):
        if len(evaluation.by(kind)) > (kind == DATASET):
            yield f"<h2>By {kind}</h2>\n{slice_table(evaluation, evaluation.by(kind))}"
    yield "<h2>Learning curves</h2>"
    history = training.get("history")
    curves = learning_curves(history if isinstance(history, list) else [])
    yield curves or '<p class="note">The model does not say how its training went.</p>'
    for facts, part, shown in zip(evaluation.datasets, parts, extremes, strict=True):
        yield f"<h2>{escape(facts.name)}: {part.frames:,} pairs ({escape(facts.split)})</h2>"
        if facts.description:
            yield f'<p class="note">{escape(facts.description)}</p>'
        yield tiles(part)
        yield f"<h3>Classes</h3>\n{class_table(part)}"
        yield "<h3>Confusion: where the pixels of each true class went, in %</h3>"
        yield f'<div class="wide">{confusion_table(part)}</div>'
        yield from _frames(shown, part.label_set)
    yield "</body></html>"


def _frames(shown: Extremes, label_set: LabelSet) -> Iterator[str]:
    if shown.best:
        yield (
            '<h3>Frames</h3>\n<p class="note">Picture, truth, prediction, error (red: wrong; '
            "hatched: not counted), with the frame's own mIoU and pixel accuracy.</p>"
        )
        yield legend(label_set)
    for name, shots in (("Worst", shown.worst), ("Best", shown.best)):
        if shots:
            yield f"<h3>{name}</h3>"
            yield from map(_figure, shots)


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


def _figure(shot: Shot) -> str:
    name = escape(shot.frame.name, quote=True)
    images = "".join(
        f'<img alt="{what} of {name}" src="{_data(pixels, kind)}">'
        for what, pixels, kind in (
            ("picture", shot.picture, ".jpg"),
            ("truth", shot.truth, ".png"),
            ("prediction", shot.prediction, ".png"),
            ("error", shot.error, ".jpg"),
        )
    )
    return (
        f'<figure><div class="four">{images}</div><figcaption>{name}: mIoU '
        f"{shot.frame.miou:.3f}, accuracy {shot.frame.accuracy:.3f}</figcaption></figure>"
    )


def _data(rgb: NDArray[np.uint8], kind: str) -> str:
    settings = [cv2.IMWRITE_JPEG_QUALITY, 88] if kind == ".jpg" else []
    _, data = cv2.imencode(kind, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), settings)
    form = "jpeg" if kind == ".jpg" else "png"
    return f"data:image/{form};base64,{base64.b64encode(data.tobytes()).decode('ascii')}"
