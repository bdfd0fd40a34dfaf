# SPDX-License-Identifier: Apache-2.0
"""Whether a recording is what a playback server of the numbered pairs has served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from unet_perception.dataset.manifest import read_manifest

SERVED = 28


def served_number(frame: int) -> int:
    """The first episode of a server plays one pair a frame."""
    return frame % SERVED


def check_pairs(out: Path, served: Path, count: int) -> list[Any]:
    """Every pair is there, once, and is what was served for its frame."""
    entries = read_manifest(out)
    assert [entry.number for entry in entries] == list(range(count))
    for folder in ("CameraRGB", "CameraMask"):
        names = sorted(path.name for path in (out / folder).iterdir())
        assert names == [f"{number:06d}.png" for number in range(count)]
    for entry in entries:
        number = served_number(entry.frame)
        name = f"{number:06d}.png"
        for folder in ("CameraRGB", "CameraMask"):
            recorded = cv2.imread(str(out / folder / f"{entry.name}.png"), cv2.IMREAD_UNCHANGED)
            original = cv2.imread(str(served / folder / name), cv2.IMREAD_COLOR)
            if folder == "CameraRGB":
                assert np.array_equal(recorded, original), (folder, entry)
            else:
                # CARLA's ids are in the red channel alone.
                assert np.array_equal(recorded[..., 2], original.max(axis=2)), (folder, entry)
                assert not recorded[..., :2].any()
        assert entry.histogram == {number: 80 * 60}
    return entries
