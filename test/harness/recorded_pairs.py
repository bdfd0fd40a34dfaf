# SPDX-License-Identifier: Apache-2.0
"""Pairs whose pixels tell their frame, and a process that records them until it is killed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from unet_perception.dataset import read_image, read_mask
from unet_perception.dataset.manifest import read_manifest
from unet_perception.recording.identity import identity_of
from unet_perception.recording.resume import open_folder
from unet_perception.recording.writer import PairJob, PairWriter

HEIGHT, WIDTH = 48, 64
CAMERA = {"type": "rgb", "width": WIDTH, "height": HEIGHT, "fov": 90.0}
IDENTITY = identity_of("carla-0.9.14", {"CameraRGB": CAMERA, "CameraMask": CAMERA}, "0.9.16")


def pixels_of(frame: int) -> tuple[np.ndarray, np.ndarray]:
    """The picture, BGRA, and the ids of a frame; no two frames have the same."""
    noise = np.random.default_rng(frame)
    # Frames that are quick to encode follow upon slow ones, so that they overtake these.
    bgra = noise.integers(0, 256 if frame % 5 == 0 else 2, (HEIGHT, WIDTH, 4)).astype(np.uint8)
    return bgra, noise.integers(0, 29, (HEIGHT, WIDTH)).astype(np.uint8)


def job(frame: int, name: str = "a") -> PairJob:
    bgra, ids = pixels_of(frame)
    return PairJob(
        frame=frame,
        stamp=frame / 20,
        wall_time=1e9 + frame,
        set=name,
        town="Town01",
        weather={"cloudiness": 5.0},
        pose=(1.0, 2.0, 0.0, 0.0, 0.0, 90.0),
        speed=3.5,
        images={"CameraRGB": bgra, "CameraMask": ids},
    )


def record(root: Path, frames: range, name: str = "a", workers: int = 2) -> None:
    with open_folder(root, IDENTITY) as folder, PairWriter(folder, workers) as writer:
        for frame in frames:
            writer.submit(job(frame, name))


def check_whole(root: Path) -> int:
    """Assert that a folder has pairs 0, 1, 2 ... of frames 0, 1, 2 ..., and nothing else."""
    entries = read_manifest(root)
    assert [entry.name for entry in entries] == [f"{i:06d}" for i in range(len(entries))]
    files = {path for entry in entries for path in entry.files}
    lie = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert lie - {"manifest.jsonl", "dataset.json"} == files
    for number, entry in enumerate(entries):
        assert entry.frame == number
        bgra, ids = pixels_of(entry.frame)
        image = read_image(root / "CameraRGB" / f"{entry.name}.png")
        assert np.array_equal(image, bgra[..., 2::-1])
        assert np.array_equal(read_mask(root / "CameraMask" / f"{entry.name}.png"), ids)
        counted = np.unique(ids, return_counts=True)
        assert entry.histogram == dict(zip(*(part.tolist() for part in counted), strict=True))
    return len(entries)


def record_until_killed(root: Path) -> None:
    with open_folder(root, IDENTITY) as folder, PairWriter(folder, workers=3) as writer:
        print(folder.next_number, flush=True)
        frame = folder.next_number
        while True:
            writer.submit(job(frame))
            frame += 1


if __name__ == "__main__":
    record_until_killed(Path(sys.argv[1]))
