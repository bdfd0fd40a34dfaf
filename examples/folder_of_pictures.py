# SPDX-License-Identifier: Apache-2.0
"""A folder of pictures: a mask and an overlay of each.

``python folder_of_pictures.py OUT [PICTURES]``; without pictures, the built-in street is drawn.
``unet-perception predict`` does the same, and videos too.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2

from unet_perception.dataset import read_image
from unet_perception.imaging import Frame, overlay
from unet_perception.playback.street import Street
from unet_perception.segmenter import open_segmenter


def draw_street(folder: Path, count: int = 3) -> None:
    """Write some pictures to begin with."""
    folder.mkdir(parents=True)
    street = Street(seed=0)
    for number in range(count):
        rgb = street.frame(150 * number).rgb
        cv2.imwrite(str(folder / f"street_{number}.png"), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))


def main(out: Path, pictures: Path | None) -> None:
    """Segment every picture of a folder."""
    if pictures is None:
        pictures = out / "pictures"
        draw_street(pictures)
    (out / "masks").mkdir(parents=True, exist_ok=True)
    (out / "overlays").mkdir(exist_ok=True)
    segmenter = open_segmenter("carla_unet")
    palette = segmenter.label_set.palette
    for path in sorted(pictures.glob("*.png")):
        frame = Frame(read_image(path), "rgb8")
        found = segmenter.segment(frame)
        drawn = overlay(frame, found.ids, palette, alpha=0.5)
        cv2.imwrite(str(out / "masks" / path.name), found.mask)
        cv2.imwrite(str(out / "overlays" / path.name), cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR))
        print(path.name)
    segmenter.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
