# SPDX-License-Identifier: Apache-2.0
"""A report on a dataset in one file: a web page with its pictures inside, or one picture."""

from __future__ import annotations

from pathlib import Path

from unet_perception.dataset.folder import Folder
from unet_perception.dataset.page import encoded, render
from unet_perception.dataset.parallel import Watch, in_order, unwatched
from unet_perception.dataset.report_sheet import draw_sheet
from unet_perception.dataset.samples import load_sample, spread
from unet_perception.dataset.statistics import (
    NEAR,
    Statistics,
    shown_label_set,
    statistics,
)
from unet_perception.dataset.tables import facts
from unet_perception.errors import DatasetError
from unet_perception.files.atomic import replace_bytes

SUFFIXES = (".html", ".png")
PICTURES = {".html": 24, ".png": 8}
"""How many pairs are shown unless somebody says it."""


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
        data = encoded(draw_sheet(title, rows, found.classes, samples, label_set), "png")
    else:
        page = render(
            "dataset/report.html",
            title=title,
            facts=rows,
            found=found,
            palette=label_set.palette,
            samples=samples,
        )
        data = page.encode("utf-8")
    try:
        replace_bytes(path, data)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be written: {error.strerror}") from error
    return found
