# SPDX-License-Identifier: Apache-2.0
"""A label set of one's own: masks of any CARLA version in five classes.

``python own_labels.py OUT.png``. To train a network on it: ``unet-perception train --label-set
own_labels.yaml``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from unet_perception.imaging import Frame, colorize
from unet_perception.labels import label_map, load_label_set
from unet_perception.playback.street import LABEL_SET, Street
from unet_perception.segmenter import open_segmenter


def main(out: Path) -> None:
    """Draw the network's mask and the true one side by side, both in our classes."""
    ours = load_label_set(str(Path(__file__).with_name("own_labels.yaml")))
    frame = Street(seed=0).frame(0)
    segmenter = open_segmenter("carla_unet")
    found = segmenter.segment(Frame(frame.rgb, "rgb8")).mask
    both = []
    for labels, mask in ((segmenter.label_set, found), (load_label_set(LABEL_SET), frame.ids)):
        mapping = label_map(labels, ours)
        print(mapping.describe())
        both.append(mapping.apply(mask))
    for row in ours.classes:
        shares = ", ".join(f"{(mask == row.id).mean():7.2%}" for mask in both)
        print(f"{row.name:>8}  {shares}")
    drawn = colorize(np.hstack(both), ours.palette)
    cv2.imwrite(str(out), cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
