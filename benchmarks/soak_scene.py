# SPDX-License-Identifier: Apache-2.0
"""What soak.py plays, and what every node must make of it; a process, for the engine's threads.

python benchmarks/soak_scene.py FOLDER
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playback_world import write_pictures

from unet_perception.dataset import MaskReader, list_pairs
from unet_perception.imaging import Frame
from unet_perception.labels import load_label_set
from unet_perception.model.encoding import encode_pixels
from unet_perception.playback.street import Street
from unet_perception.segmenter import open_segmenter

Pixels = NDArray[np.uint8]

MODEL = "carla_unet"
ENGINE: dict[str, str | int] = {"engine": "openvino", "precision": "int8", "threads": 1}
"""One thread, so that the same picture gives the same mask in every process."""


@dataclass(frozen=True)
class Scene:
    """Pictures, uint8 ``(n, H, W, 4)`` in bgra8, their true ids and right masks, ``(n, H, W)``."""

    pictures: Pixels
    truths: Pixels
    masks: Pixels

    @classmethod
    def load(cls, folder: Path) -> Scene:
        """Read what ``write`` wrote."""
        return cls(*(np.load(folder / f"{name}.npy") for name in ("pictures", "truths", "masks")))


def write(folder: Path) -> None:
    """Write a dataset for the playback server to ``pairs``, and the scene beside it."""
    pairs = folder / "pairs"
    write_pictures(pairs)
    reader = MaskReader(pairs, load_label_set(Street.LABEL_SET))
    seen = [reader.read_pair(pair) for pair in list_pairs(pairs)]
    pictures = encode_pixels(np.stack([rgb for rgb, _ in seen]), "bgra8")
    segmenter = open_segmenter(MODEL, **ENGINE)  # type: ignore[arg-type]
    masks = [segmenter.segment(Frame(picture, "bgra8")).mask.copy() for picture in pictures]
    segmenter.close()
    np.save(folder / "pictures.npy", pictures)
    np.save(folder / "truths.npy", np.stack([ids for _, ids in seen]))
    np.save(folder / "masks.npy", np.stack(masks))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
