# SPDX-License-Identifier: Apache-2.0
"""What a dataset folder says about itself, and what sessions leave on the disk."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from fuzz.scratch import folder, write
from fuzz.target import Target
from unet_perception.carla.journal import read_records
from unet_perception.dataset.entry import Entry
from unet_perception.dataset.info import read_info
from unet_perception.dataset.manifest import read_manifest
from unet_perception.dataset.pairs import list_pairs, words_of
from unet_perception.errors import DatasetError
from unet_perception.recording.identity import identity_of, settle_identity
from unet_perception.recording.plan import Plan
from unet_perception.recording.plan_file import settle_plan

_IDENTITY = identity_of(
    "carla-0.9.14",
    {name: {"width": 8, "height": 6} for name in ("CameraRGB", "CameraMask")},
    "0.9.16",
)
_PLAN = Plan(pairs=2, towns=("Town01",), val=("Town01",))


def _info(data: bytes) -> None:
    root = folder("info")
    write(root / "dataset.json", data)
    read_info(root)
    settle_identity(root, _IDENTITY)


def _info_seeds() -> list[bytes]:
    root = folder("info_seed")
    settle_identity(root, _IDENTITY)
    return [(root / "dataset.json").read_bytes(), b'{"label_set":"carla-0.8","format":0}']


def _settle(data: bytes) -> None:
    root = folder("plan")
    write(root / "plan.json", data)
    settle_plan(root, _PLAN)


def _settle_seeds() -> list[bytes]:
    root = folder("plan_seed")
    settle_plan(root, _PLAN)
    return [(root / "plan.json").read_bytes()]


def entry(number: int = 0) -> Entry:
    """Return a line of a manifest."""
    name = f"{number:06d}"
    files = {f"{folder}/{name}.png": "ab" * 32 for folder in ("CameraRGB", "CameraMask")}
    return Entry(
        *(7, 0.35, 1.7e9, "Town01-ClearNoon-r0", "Town01", {"wetness": 0.5}),
        *((1.0, 2.0, 3.0, 0.0, 0.0, 90.0), 8.5, name, {0: 40, 7: 8}, files),
    )


def _manifest(data: bytes) -> None:
    root = folder("manifest")
    write(root / "manifest.jsonl", data)
    for one in read_manifest(root):
        # What was read can be written again.
        one.to_json()


def _manifest_seeds() -> list[bytes]:
    lines = [entry(number).to_json().encode() + b"\n" for number in range(2)]
    return [lines[0], b"".join(lines), lines[0] + lines[1][:40]]


def _line(data: bytes) -> None:
    Entry.from_json(data.decode("utf-8"))


def _line_seeds() -> list[bytes]:
    return [entry().to_json().encode()]


@cache
def _pairs_folder() -> Path:
    root = folder("pairs")
    for name in ("CameraRGB", "CameraMask"):
        (root / name).mkdir()
        for number in range(3):
            (root / name / f"{number:06d}.png").touch()
    return root


def _split(data: bytes) -> None:
    root = _pairs_folder()
    write(root / "val.txt", data)
    try:
        list_pairs(root, "val")
    except DatasetError:
        words_of(root, "val")
        raise


def _split_seeds() -> list[bytes]:
    return [b"000000\n000002\n", b"000001"]


def _journal(data: bytes) -> None:
    root = folder("journal")
    write(root / "carla-00.json", data)
    write(root / "carla-01.json", _journal_seeds()[0])
    for record in read_records(root).values():
        assert record.orphaned in (True, False)
        assert all(note.type_id + note.role_name for note in record.actors)


def _journal_seeds() -> list[bytes]:
    owner = {"host": "elsewhere", "pid": 12, "start": 5}
    note = {"id": 30, "type_id": "sensor.camera.rgb", "role_name": "x"}
    record = {
        **{"format": 1, "server": "127.0.0.1:2000", "episode": 5, "owner": owner},
        **{"created": 1.5, "original": {"synchronous_mode": False}, "applied": None},
        **{"actors": [note, {**note, "id": None}], "abandoned": False},
    }
    return [json.dumps(record).encode()]


TARGETS = (
    Target("datasets.info", _info, _info_seeds, form="json", inputs=30_000, max_bytes=512),
    Target("datasets.plan", _settle, _settle_seeds, form="json", inputs=30_000, max_bytes=1_024),
    Target(
        "datasets.manifest", _manifest, _manifest_seeds, form="json", inputs=30_000, max_bytes=1_024
    ),
    Target(
        *("datasets.manifest_line", _line, _line_seeds, (ValueError,)),
        form="json",
        inputs=300_000,
        max_bytes=1_024,
    ),
    Target("datasets.split", _split, _split_seeds, inputs=20_000, max_bytes=256),
    Target("datasets.journal", _journal, _journal_seeds, form="json", inputs=30_000, max_bytes=512),
)
