# SPDX-License-Identifier: Apache-2.0
"""A report is one file that shows what is there."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from unet_perception.dataset import write_pair
from unet_perception.dataset.folder import read_folder
from unet_perception.dataset.report import write_report
from unet_perception.dataset.samples import spread
from unet_perception.errors import DatasetError
from unet_perception.labels import load_label_set


class _Page(HTMLParser):
    """Collects sources and checks that what opens is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value or "" for key, value in attrs if key in ("src", "href")]
        if tag not in ("img", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_page_has_all_inside_and_shows_the_overlay(numbered_pairs: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(read_folder(numbered_pairs), path, pictures=4)
    text = path.read_text()
    page = _Page()
    page.feed(text)
    assert page.open == []
    assert len(page.sources) == 8
    assert "http" not in text
    pictures = [
        cv2.imdecode(np.frombuffer(base64.b64decode(source.split(",")[1]), np.uint8), 1)
        for source in page.sources
        if source.startswith("data:image/jpeg;base64,")
    ]
    assert len(pictures) == 8
    # The first pair shown is number 3: picture (3, 6, 3), class 3 over it, half and half.
    assert re.findall(r"<figcaption>(\w+)", text)[0] == "000003"
    color = np.array(load_label_set("carla-0.9.14").by_id(3).color)
    expected = (np.array([3, 6, 3]) + color) / 2
    assert np.abs(pictures[1][30, 40, ::-1] - expected).max() < 6


def test_names_cannot_break_out_of_the_page(tmp_path: Path) -> None:
    root = tmp_path / "a <b> & c"
    write_pair(root, '"><script>', np.zeros((4, 6, 3), np.uint8), np.zeros((4, 6), np.uint8))
    write_report(read_folder(root), tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    assert "<script" not in text
    assert "a &lt;b&gt; &amp; c" in text


@pytest.mark.parametrize("size", [(20, 90), (90, 20), (1, 1)])
def test_a_sheet_is_a_picture_with_a_row_for_each_pair(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    for i in range(3):
        ids = np.full(size, i, np.uint8)
        write_pair(tmp_path, f"{i:06d}", np.zeros((*size, 3), np.uint8), ids)
    heights = []
    for pictures in (1, 3):
        write_report(read_folder(tmp_path), tmp_path / "r.png", pictures)
        sheet = cv2.imread(str(tmp_path / "r.png"))
        assert sheet.shape[1] == 1240
        heights.append(sheet.shape[0])
    assert heights[1] - heights[0] == 2 * 310
    assert not list(tmp_path.glob(".*"))


def test_samples_are_spread_over_the_drive(numbered_pairs: Path) -> None:
    pairs = read_folder(numbered_pairs).pairs
    assert [pair.name for pair in spread(pairs, 2)] == ["000007", "000021"]
    assert spread(pairs, 99) == list(pairs)


def test_a_report_of_another_kind_or_nowhere_is_refused(
    numbered_pairs: Path, tmp_path: Path
) -> None:
    folder = read_folder(numbered_pairs)
    with pytest.raises(DatasetError, match=r"\.html or \.png"):
        write_report(folder, tmp_path / "report.pdf")
    with pytest.raises(DatasetError, match="no such folder"):
        write_report(folder, tmp_path / "none" / "report.png")
