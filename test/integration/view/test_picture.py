# SPDX-License-Identifier: Apache-2.0
"""What the page shows of a camera, its masks and their classes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from harness.browsing import numbers
from harness.peer import wait_until
from harness.seen import LABELS, SIZE, start_view
from sensor_msgs.msg import CompressedImage


def test_the_picture_changes_over_time(peer: Any, show: Any, view: Any) -> None:
    show()
    page = view(start_view(peer)[1])
    stamps, pictures = set(), set()
    end = time.monotonic() + 20
    while min(len(stamps), len(pictures)) < 5 and time.monotonic() < end:
        stamps.add(page.stamp)
        pictures.add(page.image().tobytes() if page.stamp else b"")
        time.sleep(0.1)
    assert len(pictures) >= 5
    assert len(stamps) >= 5
    assert "20.0 Hz" in page.page.inner_text("#numbers")
    assert "45.6 ms" in page.page.inner_text("#numbers")
    assert "carla_unet" in page.page.inner_text("#numbers")


def test_pointing_tells_the_class_of_the_published_mask(peer: Any, show: Any, view: Any) -> None:
    seen = show()
    page = view(start_view(peer)[1])
    ids = seen.masks[page.freeze()]
    height, width = SIZE
    rng = np.random.default_rng(0)
    for mode in ("camera", "overlay", "mask", "slider"):
        page.page.click(f"#views [data-view={mode}]")
        for x, y in rng.random((12, 2)):
            told = page.point(x, y)
            class_id, column, row = numbers(told)
            assert (abs(column - x * width), abs(row - y * height)) < (1.5, 1.5)
            assert class_id == ids[row, column]
            assert told.startswith(LABELS.by_id(class_id).name)
    page.page.click("#views [data-view=side]")
    left, right = page.point(0.25, 0.3), page.point(0.75, 0.3)
    assert left == right


def test_the_arrow_keys_do_the_same(peer: Any, show: Any, view: Any) -> None:
    seen = show()
    page = view(start_view(peer)[1])
    ids = seen.masks[page.freeze()]
    page.page.focus("figure canvas")
    page.page.keyboard.press("ArrowRight")
    for _ in range(10):
        page.page.keyboard.press("Shift+ArrowLeft")
        page.page.keyboard.press("Shift+ArrowUp")
    assert page.page.inner_text("#pointed").endswith(f"({ids[0, 0]}) at 0, 0")
    for _ in range(3):
        page.page.keyboard.press("ArrowDown")
    assert page.page.inner_text("#pointed").endswith(f"({ids[3, 0]}) at 0, 3")


def test_views_show_what_they_say(peer: Any, show: Any, view: Any) -> None:
    seen = show()
    page = view(start_view(peer)[1])
    ids = seen.masks[page.freeze()]
    colors = LABELS.palette[ids].astype(int)
    page.page.click("#views [data-view=mask]")
    np.testing.assert_array_equal(page.image(), colors)
    page.page.click("#views [data-view=camera]")
    camera = page.image().astype(int)
    assert np.abs(camera - colors).mean() > 20
    page.page.click("#views [data-view=overlay]")
    for opacity in (0, 30, 100):
        page.page.fill("#opacity", str(opacity))
        expected = camera * (1 - opacity / 100) + colors * opacity / 100
        assert np.abs(page.image() - expected).max() <= 3
    page.page.click("#views [data-view=side]")
    both = page.image()
    assert both.shape == (SIZE[0], 2 * SIZE[1], 3)
    np.testing.assert_array_equal(both[:, SIZE[1] :], colors)
    np.testing.assert_array_equal(both[:, : SIZE[1]], camera)


def test_the_slider_divides_camera_and_overlay(peer: Any, show: Any, view: Any) -> None:
    seen = show()
    page = view(start_view(peer)[1])
    ids = seen.masks[page.freeze()]
    page.page.click("#views [data-view=camera]")
    camera = page.image()
    page.page.fill("#opacity", "100")
    page.page.keyboard.press("5")
    assert page.page.get_attribute("#views [data-view=slider]", "aria-checked") == "true"
    for place in (25, 75):
        page.page.fill("#divider", str(place))
        at = SIZE[1] * place // 100
        shown = page.image()
        np.testing.assert_array_equal(shown[:, : at - 4], camera[:, : at - 4])
        np.testing.assert_array_equal(shown[:, at + 4 :], LABELS.palette[ids][:, at + 4 :])
    # And by dragging in the picture.
    box = page.page.locator("figure canvas").bounding_box()
    page.page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 50)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 50)
    page.page.mouse.up()
    assert float(page.page.input_value("#divider")) == pytest.approx(50, abs=1)


def test_the_legend_highlights_and_hides(peer: Any, show: Any, view: Any) -> None:
    seen = show()
    page = view(start_view(peer)[1])
    ids = seen.masks[page.freeze()]
    page.page.click("#views [data-view=mask]")
    rows = page.page.locator("#legend li")
    assert rows.count() == len(LABELS.classes)
    counts = np.bincount(ids.ravel(), minlength=13) / ids.size
    for label in LABELS.classes:
        text = rows.nth(LABELS.ids.index(label.id)).inner_text()
        assert label.name in text
        share = float(text.split()[-2])
        assert share == pytest.approx(counts[label.id] * 100, abs=0.06)
    one, other = np.argsort(counts)[-2:]
    grey = (96, 96, 96)
    page.page.click(f".class[data-id='{one}']")
    expected = np.where((ids == one)[..., None], LABELS.palette[ids], grey)
    np.testing.assert_array_equal(page.image(), expected)
    page.page.click(f".class[data-id='{one}']")
    np.testing.assert_array_equal(page.image(), LABELS.palette[ids])
    page.page.click(f".hide[data-id='{other}']")
    expected = np.where((ids != other)[..., None], LABELS.palette[ids], grey)
    np.testing.assert_array_equal(page.image(), expected)
    assert page.page.get_attribute(f".hide[data-id='{other}']", "aria-pressed") == "true"
    page.page.click("#legend-all")
    np.testing.assert_array_equal(page.image(), LABELS.palette[ids])


@pytest.mark.parametrize("paused", [True, False])
def test_snapshots_are_the_published_mask(
    peer: Any, show: Any, view: Any, tmp_path: Path, paused: bool
) -> None:
    seen = show()
    page = view(start_view(peer)[1])
    if paused:
        page.freeze()
        time.sleep(1.0)  # Others have come meanwhile.
    wait_until(lambda: page.stamp, "a picture")
    path = page.save("mask", tmp_path)
    camera, stamp, kind = path.stem.split("-")
    assert (camera, kind) == ("camera", "mask")
    saved = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert saved.dtype == np.uint8
    assert saved.tobytes() == seen.masks[int(stamp)].tobytes()
    assert cv2.imread(str(page.save("picture", tmp_path))).shape == (*SIZE, 3)
    assert cv2.imread(str(page.save("overlay", tmp_path))).shape == (*SIZE, 3)


def test_all_cameras_can_be_seen(peer: Any, show: Any, view: Any) -> None:
    show("front", "rear", "left")
    page = view(start_view(peer)[1])
    page.page.wait_for_selector("#cameras button")
    names = page.page.locator("#cameras button").all_inner_texts()
    assert names == ["front", "rear", "left", "all"]
    page.page.click("#cameras [data-camera=rear]")
    page.page.wait_for_selector("canvas[data-camera=rear][data-stamp]")
    assert page.page.locator("figure canvas").count() == 1
    page.page.click("#cameras button >> text=all")
    for name in names[:3]:
        page.page.wait_for_selector(f"canvas[data-camera={name}][data-stamp]")


def test_compressed_pictures_are_passed_on(peer: Any, show: Any, view: Any) -> None:
    seen = show(kind=CompressedImage)
    page = view(start_view(peer)[1])
    ids = seen.masks[page.freeze()]
    page.page.click("#views [data-view=mask]")
    np.testing.assert_array_equal(page.image(), LABELS.palette[ids])
