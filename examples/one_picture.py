# SPDX-License-Identifier: Apache-2.0
"""One picture from Python: the class of each of its pixels."""

from __future__ import annotations

from unet_perception.imaging import Frame
from unet_perception.playback.street import Street
from unet_perception.segmenter import open_segmenter

picture = Street(seed=0).frame(0).rgb  # or your own: uint8 (H, W, 3)
segmenter = open_segmenter("carla_unet")
mask = segmenter.segment(Frame(picture, "rgb8")).mask  # class ids, uint8 (H, W)
for row in segmenter.label_set.classes:
    print(f"{(mask == row.id).mean():7.2%}  {row.name}")
