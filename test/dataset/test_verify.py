# SPDX-License-Identifier: Apache-2.0
"""Verify finds what is wrong, names it, and finds nothing in what is right."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_pairs import record

from unet_perception.dataset import DatasetInfo, write_info, write_pair
from unet_perception.dataset.verify import verify
from unet_perception.dataset.whole import damage
from unet_perception.errors import DatasetError, LabelSetError


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """Four pairs without a manifest."""
    for i in range(4):
        write_pair(
            tmp_path, f"{i:06d}", np.full((6, 8, 3), 9 * i, np.uint8), np.full((6, 8), i, np.uint8)
        )
    write_info(tmp_path, DatasetInfo("carla-0.9.14"))
    return tmp_path


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Five pairs with a manifest."""
    root = tmp_path / "recorded"
    record(root, range(5))
    return root


def found(root: Path, label_set: str = "") -> list[tuple[str, str]]:
    return [(finding.kind, finding.where) for finding in verify(root, label_set).findings]


def test_a_right_folder_has_no_findings(plain: Path, recorded: Path) -> None:
    assert verify(plain).findings == []
    assert verify(plain).pairs == 4
    assert verify(recorded).findings == []
    assert verify(recorded).notes == []


def _remove_mask(root: Path) -> None:
    (root / "CameraMask" / "000001.png").unlink()


def _same_name(root: Path) -> None:
    shutil.copy(root / "CameraRGB" / "000001.png", root / "CameraRGB" / "000001.jpg")


def _cut_picture(root: Path) -> None:
    path = root / "CameraRGB" / "000002.png"
    path.write_bytes(path.read_bytes()[:-20])


def _flip_a_bit(root: Path) -> None:
    path = root / "CameraMask" / "000002.png"
    data = bytearray(path.read_bytes())
    data[45] ^= 4
    path.write_bytes(data)


def _empty(root: Path) -> None:
    (root / "CameraRGB" / "000000.png").write_bytes(b"")


def _other_size(root: Path) -> None:
    cv2.imwrite(str(root / "CameraMask" / "000003.png"), np.zeros((6, 9), np.uint8))


def _coloured(root: Path) -> None:
    pixels = np.zeros((6, 8, 3), np.uint8)
    pixels[:] = (142, 0, 70)
    cv2.imwrite(str(root / "CameraMask" / "000003.png"), pixels)


def _jpeg_mask(root: Path) -> None:
    (root / "CameraMask" / "000003.png").unlink()
    cv2.imwrite(str(root / "CameraMask" / "000003.jpg"), np.zeros((6, 8), np.uint8))


def _jpeg_called_png(root: Path) -> None:
    data = cv2.imencode(".jpg", np.zeros((6, 8), np.uint8))[1].tobytes()
    (root / "CameraMask" / "000003.png").write_bytes(data)


def _deep_mask(root: Path) -> None:
    cv2.imwrite(str(root / "CameraMask" / "000003.png"), np.ones((6, 8), np.uint16))


def _foreign_id(root: Path) -> None:
    cv2.imwrite(str(root / "CameraMask" / "000003.png"), np.full((6, 8), 77, np.uint8))


def _gap(root: Path) -> None:
    for folder in ("CameraRGB", "CameraMask"):
        (root / folder / "000001.png").unlink()


def _temporary(root: Path) -> None:
    (root / "CameraRGB" / ".000004.png.tmp").write_bytes(b"half")


def _note(root: Path) -> None:
    (root / "CameraMask" / "notes.odt").write_bytes(b"?")


def _list(text: str, split: str = "train") -> Callable[[Path], None]:
    def write(root: Path) -> None:
        (root / "val.txt").write_text("000003\n")
        (root / f"{split}.txt").write_text(text)

    return write


def _third_folder(root: Path) -> None:
    shutil.copytree(root / "CameraRGB", root / "CameraDepth")
    (root / "CameraDepth" / "000002.png").unlink()


def _no_manifest(root: Path) -> None:
    write_info(root, DatasetInfo("carla-0.9.14", format=1))


def _broken_info(root: Path) -> None:
    (root / "dataset.json").write_text("{")


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (_remove_mask, [("pairing", "CameraMask/000001")]),
        (_same_name, [("pairing", "CameraRGB/000001.png")]),
        (_cut_picture, [("unreadable", "CameraRGB/000002.png")]),
        (_flip_a_bit, [("unreadable", "CameraMask/000002.png")]),
        (_empty, [("unreadable", "CameraRGB/000000.png")]),
        (_other_size, [("size", "CameraMask/000003.png")]),
        (_coloured, [("mask form", "CameraMask/000003.png")]),
        (_jpeg_mask, [("mask form", "CameraMask/000003.jpg")]),
        (_jpeg_called_png, [("mask form", "CameraMask/000003.png")]),
        (_deep_mask, [("mask form", "CameraMask/000003.png")]),
        (_foreign_id, [("class id", "CameraMask/000003.png")]),
        (_gap, [("numbering", "000001")]),
        (_temporary, [("stray", "CameraRGB/.000004.png.tmp")]),
        (_note, [("stray", "CameraMask/notes.odt")]),
        (_list("000000\n000009\n"), [("list", "train.txt")]),
        (_list("000000\n000000\n"), [("list", "train.txt")]),
        (_list("000000\n000003\n"), [("list", "train.txt")]),
        (_list(""), [("list", "train.txt")]),
        (_list("what this is", "README"), []),
        (_list("000003", "all"), []),
        (_third_folder, [("pairing", "CameraDepth/000002")]),
        (_no_manifest, [("manifest", "manifest.jsonl")]),
        (_broken_info, [("dataset", "dataset.json")]),
    ],
)
def test_what_is_wrong_is_found_and_nothing_else(
    plain: Path, spoil: Callable[[Path], None], expected: list[tuple[str, str]]
) -> None:
    spoil(plain)
    assert found(plain) == expected


def test_the_manifest_vouches_for_every_byte(recorded: Path) -> None:
    rgb, ids = np.zeros((48, 64, 3), np.uint8), np.zeros((48, 64), np.uint8)
    write_pair(recorded, "000002", rgb, ids)
    assert found(recorded) == [
        ("sum", "CameraMask/000002.png"),
        ("sum", "CameraRGB/000002.png"),
        ("manifest", "CameraMask/000002.png"),
    ]


def test_the_manifest_and_the_files_are_the_same_pairs(recorded: Path) -> None:
    shutil.copy(recorded / "CameraRGB" / "000001.png", recorded / "CameraRGB" / "000005.png")
    shutil.copy(recorded / "CameraMask" / "000001.png", recorded / "CameraMask" / "000005.png")
    for folder in ("CameraRGB", "CameraMask"):
        (recorded / folder / "000003.png").unlink()
    assert found(recorded) == [
        ("manifest", "000003"),
        ("numbering", "000003"),
        ("stray", "000005"),
    ]


def test_a_torn_last_line_is_told_from_a_damaged_one(recorded: Path) -> None:
    manifest = recorded / "manifest.jsonl"
    whole = manifest.read_bytes()
    manifest.write_bytes(whole + b'{"name": "0000')
    (finding,) = verify(recorded).findings
    assert "torn" in finding.text
    lines = whole.splitlines(keepends=True)
    manifest.write_bytes(b"".join([lines[0], b"?\n", *lines[2:]]))
    (finding,) = verify(recorded).findings
    assert "line 2 is damaged" in finding.text


def test_a_missing_folder_is_a_finding_and_a_missing_dataset_an_error(plain: Path) -> None:
    shutil.rmtree(plain / "CameraMask")
    assert found(plain) == [("dataset", "CameraMask")]
    with pytest.raises(DatasetError, match="no such folder"):
        verify(plain / "none")


def test_an_unknown_label_set_is_said(plain: Path) -> None:
    (plain / "dataset.json").unlink()
    cv2.imwrite(str(plain / "CameraMask" / "000003.png"), np.full((6, 8), 77, np.uint8))
    (note,) = verify(plain).notes
    assert "ids are not checked" in note
    assert found(plain, "carla-0.8") == [("class id", "CameraMask/000003.png")]
    with pytest.raises(LabelSetError):
        verify(plain, "none-such")


def test_two_statements_on_the_label_set_must_agree(plain: Path) -> None:
    with pytest.raises(DatasetError, match=r"carla-0\.9\.14, not carla-0\.8"):
        verify(plain, "carla-0.8")


def test_masks_of_one_channel_or_three_equal_ones_are_right(plain: Path) -> None:
    ids = np.arange(48, dtype=np.uint8).reshape(6, 8) % 29
    cv2.imwrite(str(plain / "CameraMask" / "000000.png"), ids)
    cv2.imwrite(str(plain / "CameraMask" / "000001.png"), cv2.merge([ids, ids, ids]))
    assert found(plain) == []


def test_unlisted_pairs_are_noted(plain: Path) -> None:
    (plain / "train.txt").write_text("000000\n")
    (plain / "val.txt").write_text("000003\n")
    (note,) = verify(plain).notes
    assert "2 pairs are in none" in note


def test_the_watch_hears_of_every_pair(plain: Path) -> None:
    heard: list[tuple[int, int]] = []
    verify(plain, watch=lambda done, total: heard.append((done, total)))
    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_names_that_are_no_numbers_have_no_gaps(tmp_path: Path) -> None:
    for name in ("a_1", "a_9"):
        write_pair(tmp_path, name, np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.uint8))
    assert found(tmp_path) == []


@settings(max_examples=60, deadline=None)
@given(data=st.data(), kind=st.sampled_from([".png", ".jpg"]))
def test_a_cut_picture_is_never_whole(data: st.DataObject, kind: str) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    whole = cv2.imencode(kind, pixels)[1].tobytes()
    assert damage(whole) == ""
    assert damage(whole[: data.draw(st.integers(0, len(whole) - 1))])


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_changed_byte_in_a_png_is_seen(data: st.DataObject) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (9, 7), np.uint8)
    whole = bytearray(cv2.imencode(".png", pixels)[1].tobytes())
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    assert damage(bytes(whole))


def test_the_real_drive_is_right(shared: Path) -> None:
    assert found(shared / "data" / "carla_drive", "carla-0.8") == []
