# SPDX-License-Identifier: Apache-2.0
"""The page: whole, self-contained, and of what was found."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from color_engine import color_segmenter, picture

from unet_perception.dataset import write_pair
from unet_perception.dataset.sources import Source
from unet_perception.errors import ConfigError
from unet_perception.evaluation.evaluate import Terms, Viewer, evaluate
from unet_perception.evaluation.report import Extremes, write_report
from unet_perception.evaluation.shots import best_and_worst, take_shot
from unet_perception.evaluation.truth import Truth

VOID = {"meta", "img", "br"}


class Balance(HTMLParser):
    """Fails where a tag is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page_of(tmp_path: Path, names: list[str], **training: object) -> str:
    segmenter = color_segmenter(**training)
    truths = []
    for name in names:
        root = tmp_path / name
        for number in range(4):
            answer, truth = np.full((2, 48, 64), 7, np.uint8)
            answer[: 10 * number] = 8
            write_pair(root, f"<{number}>", picture(answer), truth)
        truths.append(Truth(Source(root), segmenter.label_set))
    found = evaluate(segmenter, truths)
    viewer = Viewer(segmenter, Terms())
    extremes = []
    for number, truth in enumerate(truths):
        frames = [frame for frame in found.frames if frame.dataset == number]
        extremes.append(
            Extremes(
                *(
                    [take_shot(viewer, truth, frame) for frame in part]
                    for part in best_and_worst(frames, 1)
                )
            )
        )
    path = tmp_path / "report.html"
    write_report(path, found, extremes, segmenter.bundle.spec.training)
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".tmp"] == []
    return path.read_text(encoding="utf-8")


def test_the_page_is_whole_and_holds_its_pictures(tmp_path: Path) -> None:
    history = [{"epoch": i, "loss": 1 / i, "accuracy": 0.5, "val_miou": 0.4} for i in (1, 2, 3)]
    page = page_of(tmp_path, ["drive & <b>", "other"], history=history)
    parser = Balance()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    assert "drive &amp; &lt;b&gt;" in page
    assert "<b>:" not in page
    assert page.count("<svg") == 2
    assert "All 8 pairs that are compared in carla-0.8" in page
    # Nothing is fetched from anywhere.
    sources = re.findall(r'src="([^"]*)"', page)
    assert len(sources) == 2 * 2 * 4
    for source in sources:
        kind, data = source.split(",")
        assert kind in ("data:image/jpeg;base64", "data:image/png;base64")
        decoded = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), 1)
        assert decoded.shape == (300, 400, 3)
    assert "http" not in page


def test_a_model_without_a_history_says_so(tmp_path: Path) -> None:
    page = page_of(tmp_path, ["drive"], history="long", data=[{"name": "d", "pairs": 3}])
    assert "does not say how its training went" in page
    assert "d (3 pairs)" in page
    # Rows of the confusion: of 4 frames with 48 rows each, 60 rows were called pavement.
    assert f">{100 * 60 / 192:.1f}</td>" in page


def test_a_page_that_has_no_place_is_refused(tmp_path: Path) -> None:
    segmenter = color_segmenter()
    write_pair(tmp_path / "d", "a", *(np.zeros((8, 8, n), np.uint8).squeeze() for n in (3, 1)))
    found = evaluate(segmenter, [Truth(Source(tmp_path / "d"), segmenter.label_set)])
    with pytest.raises(ConfigError, match="nowhere"):
        write_report(tmp_path / "nowhere" / "r.html", found, [Extremes([], [])], {})
