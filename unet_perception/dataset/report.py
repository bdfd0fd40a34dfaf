# SPDX-License-Identifier: Apache-2.0
"""A report on a dataset in one file: a web page with its pictures inside, or one picture."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from html import escape
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset.folder import Folder
from unet_perception.dataset.parallel import Watch, in_order, unwatched
from unet_perception.dataset.report_sheet import draw_sheet
from unet_perception.dataset.samples import Sample, load_sample, spread
from unet_perception.dataset.statistics import (
    NEAR,
    ClassBalance,
    Statistics,
    shown_label_set,
    statistics,
)
from unet_perception.dataset.tables import facts
from unet_perception.errors import DatasetError
from unet_perception.files.atomic import temporary_name
from unet_perception.labels import LabelSet

SUFFIXES = (".html", ".png")
PICTURES = {".html": 24, ".png": 8}
"""How many pairs are shown unless somebody says it."""

_QUALITY = 85
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;background:#16181c;color:#e6e6e6;margin:2rem auto;
max-width:1240px;padding:0 1rem}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}
table{border-collapse:collapse}td,th{padding:.15rem .8rem .15rem 0;text-align:left;
vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.key{color:#9aa0a6;white-space:nowrap}.swatch{display:inline-block;width:1.4rem;height:.9rem;
border:1px solid #777}.bar{height:.9rem;background:#4aa8c0;min-width:1px}
.none{color:#777}.pairs{display:grid;grid-template-columns:repeat(auto-fill,minmax(560px,1fr));
gap:1rem}figure{margin:0}figure div{display:flex;gap:4px}img{width:50%;display:block}
figcaption{color:#9aa0a6;font-size:.85rem}
"""


def write_report(
    folder: Folder, path: Path, pictures: int = 0, near: int = NEAR, watch: Watch = unwatched
) -> Statistics:
    """Write a report on a dataset, and return the facts in it.

    Args:
        folder: The dataset.
        path: File to write, ``.html`` or ``.png``; one that is there is replaced in one step.
        pictures: How many pairs to show; 0 takes what suits the kind of file.
        near: Bits by which the hashes of two near-duplicates differ at most.
        watch: Told how far it is.

    Raises:
        DatasetError: A picture cannot be read, or the report not written.
    """
    kind = path.suffix.lower()
    if kind not in SUFFIXES:
        raise DatasetError(f"{path}: a report ends in {' or '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise DatasetError(f"{path.parent}: no such folder to write the report into")
    found = statistics(folder, near, watch)
    label_set = shown_label_set(folder, (row.id for row in found.classes))
    chosen = spread(folder.pairs, pictures or PICTURES[kind])
    samples = list(in_order(lambda pair: load_sample(pair, label_set), chosen))
    title, rows = folder.root.resolve().name, facts(folder, found)
    if kind == ".png":
        sheet = draw_sheet(title, rows, found.classes, samples, label_set)
        data = _encoded(".png", sheet)
    else:
        data = _page(title, rows, found, samples, label_set).encode("utf-8")
    temporary = temporary_name(path)
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise DatasetError(f"{path}: cannot be written: {error.strerror}") from error
    return found


def _page(
    title: str,
    rows: Sequence[tuple[str, str]],
    found: Statistics,
    samples: Sequence[Sample],
    label_set: LabelSet,
) -> str:
    known = "".join(
        f'<tr><td class="key">{escape(key)}</td><td>{escape(value)}</td></tr>\n'
        for key, value in rows
    )
    largest = max(row.share for row in found.classes)
    balance = "".join(_class_row(row, label_set, largest) for row in found.classes)
    near = "".join(
        f"<tr><td>{escape(pair.first)}</td><td>{escape(pair.second)}</td>"
        f'<td class="n">{pair.distance}</td></tr>\n'
        for pair in found.near[:50]
    )
    alike = (
        f"<h2>Neighbours that look alike (the first {min(50, len(found.near))} of "
        f'{len(found.near)})</h2>\n<table><tr><th>pair</th><th>next</th><th class="n">bits</th>'
        f"</tr>\n{near}</table>\n"
        if found.near
        else ""
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style></head><body>\n"
        f"<h1>{escape(title)}</h1>\n<table>{known}</table>\n"
        '<h2>Classes</h2>\n<table><tr><th></th><th class="n">id</th><th>class</th>'
        '<th class="n">pixels</th><th class="n">share</th><th class="n">pairs</th><th></th></tr>\n'
        f"{balance}</table>\n<h2>Pairs</h2>\n"
        f'<div class="pairs">{"".join(map(_figure, samples))}</div>\n{alike}</body></html>\n'
    )


def _class_row(row: ClassBalance, label_set: LabelSet, largest: float) -> str:
    color = "#{:02x}{:02x}{:02x}".format(*label_set.palette[row.id])
    dim = "" if row.pixels else ' class="none"'
    bar = f'<div class="bar" style="width:{300 * row.share / largest:.0f}px"></div>'
    return (
        f'<tr{dim}><td><span class="swatch" style="background:{color}"></span></td>'
        f'<td class="n">{row.id}</td><td>{escape(row.name)}</td><td class="n">{row.pixels:,}</td>'
        f'<td class="n">{row.share:.3%}</td><td class="n">{row.pairs:,}</td>'
        f"<td>{bar if row.pixels else ''}</td></tr>\n"
    )


def _figure(sample: Sample) -> str:
    name = escape(sample.name, quote=True)
    images = "".join(
        f'<img alt="{what} of {name}" src="data:image/jpeg;base64,'
        f'{base64.b64encode(_encoded(".jpg", pixels)).decode("ascii")}">'
        for what, pixels in (("picture", sample.picture), ("overlay", sample.overlay))
    )
    return f"<figure><div>{images}</div><figcaption>{name}</figcaption></figure>\n"


def _encoded(kind: str, rgb: NDArray[np.uint8]) -> bytes:
    settings = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY] if kind == ".jpg" else []
    done, data = cv2.imencode(kind, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), settings)
    if not done:
        raise DatasetError(f"a report's picture of {rgb.shape[1]}x{rgb.shape[0]} is too large")
    return data.tobytes()
