# SPDX-License-Identifier: Apache-2.0
"""The manifest: what is written comes back, a torn tail is no entry, damage is named."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_pairs import IDENTITY, record

from unet_perception.dataset.entry import Entry
from unet_perception.dataset.manifest import MANIFEST, ManifestWriter, read_manifest
from unet_perception.errors import DatasetError

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
SHA256 = st.text("0123456789abcdef", min_size=64, max_size=64)


@st.composite
def entry_lists(draw: st.DrawFn) -> list[Entry]:
    return [
        Entry(
            frame=draw(st.integers(0, 2**63)),
            stamp=draw(NUMBERS),
            wall_time=draw(NUMBERS),
            set=draw(st.text()),
            town=draw(st.text()),
            weather=draw(st.dictionaries(st.text(), NUMBERS, max_size=3)),
            pose=draw(st.tuples(*[NUMBERS] * 6)),
            speed=draw(NUMBERS),
            name=f"{number:06d}",
            histogram=draw(st.dictionaries(st.integers(0, 255), st.integers(1), max_size=4)),
            files={f"{folder}/{number:06d}.png": draw(SHA256) for folder in ("RGB", "Mask_left")},
        )
        for number in range(draw(st.integers(1, 4)))
    ]


@given(entries=entry_lists(), data=st.data())
def test_entries_come_back_and_a_cut_keeps_those_before_it(
    entries: list[Entry], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("manifest")
    writer = ManifestWriter(root)
    writer.append(entries)
    writer.close()
    assert read_manifest(root) == entries
    whole = (root / MANIFEST).read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    (root / MANIFEST).write_bytes(whole[:cut])
    kept = whole[:cut].count(b"\n")
    assert read_manifest(root) == entries[:kept]
    writer = ManifestWriter(root)
    assert writer.torn == cut - len(b"".join(whole.splitlines(keepends=True)[:kept]))
    writer.append(entries[kept:])
    writer.close()
    assert (root / MANIFEST).read_bytes() == whole


def test_zeros_behind_the_last_line_are_cut_off(tmp_path: Path) -> None:
    # What some file systems leave of a line that did not reach the disk before the power went.
    record(tmp_path, range(2))
    whole = (tmp_path / MANIFEST).read_bytes()
    (tmp_path / MANIFEST).write_bytes(whole + bytes(300))
    assert len(read_manifest(tmp_path)) == 2
    ManifestWriter(tmp_path).close()
    assert (tmp_path / MANIFEST).read_bytes() == whole


@pytest.fixture
def line(tmp_path: Path) -> dict[str, object]:
    record(tmp_path, range(1))
    data = json.loads((tmp_path / MANIFEST).read_text())
    assert isinstance(data, dict)
    return data


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "0000001"}, "name is '0000001'"),
        ({"name": "../../etc"}, "name is"),
        ({"frame": -1}, "frame is -1"),
        ({"frame": True}, "frame is True"),
        ({"speed": "fast"}, "speed is 'fast'"),
        ({"town": None}, "town is None"),
        ({"pose": [0, 1, 2]}, "pose is"),
        ({"weather": {"fog": "much"}}, "weather is"),
        ({"histogram": {"x": 3}}, "histogram is"),
        ({"files": {}}, "files is"),
        ({"files": {"CameraRGB/000009.png": "0" * 64}}, "files has 'CameraRGB/000009.png'"),
        ({"files": {"../CameraRGB/000000.png": "0" * 64}}, "files has '../CameraRGB"),
        ({"files": {"CameraRGB/000000.png": "0" * 63}}, "must be a sha256"),
    ],
)
def test_what_is_no_entry_is_refused(
    line: dict[str, object], change: dict[str, object], message: str
) -> None:
    Entry.from_json(json.dumps(line))
    with pytest.raises(ValueError, match=message):
        Entry.from_json(json.dumps({**line, **change}))


def test_a_key_that_is_missing_or_new(line: dict[str, object]) -> None:
    assert Entry.from_json(json.dumps({**line, "later": 1})).name == "000000"
    del line["set"]
    with pytest.raises(ValueError, match="set is missing"):
        Entry.from_json(json.dumps(line))
    for text in ("[]", "3", "", '{"a":', '{"stamp": NaN}'):
        with pytest.raises(ValueError, match=r"no JSON object|Expecting|NaN is no number"):
            Entry.from_json(text)


def test_a_number_that_is_none_is_never_written(tmp_path: Path) -> None:
    record(tmp_path, range(1))
    (entry,) = read_manifest(tmp_path)
    with pytest.raises(ValueError, match="not JSON compliant"):
        replace(entry, speed=float("nan")).to_json()


def test_damage_in_the_middle_names_the_line(tmp_path: Path) -> None:
    record(tmp_path, range(3))
    lines = (tmp_path / MANIFEST).read_text().splitlines(keepends=True)
    for damaged, message in (
        ([lines[0], "{}\n", lines[2]], "line 2 is damaged: frame is missing"),
        ([lines[0], lines[2]], "line 2 is pair 000002; it must be 000001"),
        ([lines[0], lines[0], lines[1]], "line 2 is pair 000000; it must be 000001"),
        (lines[1:], "line 1 is pair 000001; it must be 000000"),
    ):
        (tmp_path / MANIFEST).write_text("".join(damaged))
        with pytest.raises(DatasetError, match=message):
            read_manifest(tmp_path)
        with pytest.raises(DatasetError, match=message):
            ManifestWriter(tmp_path)
        assert (tmp_path / MANIFEST).read_text() == "".join(damaged)


@given(data=st.data())
def test_bytes_that_are_changed_are_refused_or_read_but_never_another_error(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("changed")
    writer = ManifestWriter(root)
    writer.append(data.draw(entry_lists()))
    writer.close()
    damaged = bytearray((root / MANIFEST).read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        where = data.draw(st.integers(0, len(damaged) - 1))
        damaged[where : where + 1] = data.draw(
            st.sampled_from([b"", b"9", b"}", b"\xff", b"1e999"])
        )
    (root / MANIFEST).write_bytes(damaged)
    with contextlib.suppress(DatasetError):
        entries = read_manifest(root)
        assert [entry.number for entry in entries] == list(range(len(entries)))


def test_a_number_beyond_all_bounds(line: dict[str, object]) -> None:
    text = json.dumps({**line, "speed": 0}).replace('"speed": 0', f'"speed": {"9" * 400}')
    assert Entry.from_json(text).speed == int("9" * 400)
    with pytest.raises(ValueError, match="speed is inf"):
        Entry.from_json(json.dumps({**line, "speed": 0}).replace('"speed": 0', '"speed": 1e999'))


def test_a_folder_without_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"manifest\.jsonl: cannot be read: No such file"):
        read_manifest(tmp_path)
    with pytest.raises(DatasetError, match=r"manifest\.jsonl: cannot be written: No such file"):
        ManifestWriter(tmp_path / "none")


def test_the_identity_has_the_folders_of_the_entries(tmp_path: Path) -> None:
    record(tmp_path, range(1))
    (entry,) = read_manifest(tmp_path)
    assert set(entry.files) == {f"{folder}/000000.png" for folder in IDENTITY.cameras}
