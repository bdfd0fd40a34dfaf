# SPDX-License-Identifier: Apache-2.0
"""Real CARLA frames over real DDS score what ``evaluate`` says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from harness.camera import pixels, stamp
from sensor_msgs.msg import Image

from unet_perception.dataset import MaskReader, list_pairs, read_image
from unet_perception.dataset.sources import Source
from unet_perception.evaluation.confusion import Confusion
from unet_perception.evaluation.evaluate import evaluate
from unet_perception.evaluation.truth import Truth
from unet_perception.imaging import Frame
from unet_perception.segmenter import open_segmenter

MODEL = "carla_unet"


def test_miou_over_ros_equals_miou_of_evaluate(peer: Any, camera: Any, shared: Path) -> None:
    root = shared / "data" / "carla_drive"
    pairs = list_pairs(root, "val")
    segmenter = open_segmenter(MODEL)
    expected = evaluate(segmenter, [Truth(Source(root), segmenter.label_set)]).overall.scores
    info = segmenter.engine.info
    peer.perception(Path(MODEL), engine=info.name, precision=info.precision, threads=0)
    masks = peer.subscribe(Image, "/perception/mask")
    images = peer.publisher(Image, "/image")
    peer.wait_for_reader("/image", reliable=True)
    truths = MaskReader(root, segmenter.label_set)
    confusion = Confusion(segmenter.label_set.n_classes)
    for number, pair in enumerate(pairs):
        images.publish(camera.message(read_image(pair.image), "bgra8", stamp=number))
        mask = masks.wait(lambda m, number=number: stamp(m) == number)
        confusion.update(truths.read_pair(pair)[1], pixels(mask))
    scores = confusion.scores()
    assert scores.miou == pytest.approx(expected.miou, abs=1e-3)
    assert scores.accuracy == pytest.approx(expected.accuracy, abs=1e-3)
    # A model that calls everything one class would pass the lines above.
    assert scores.miou > 0.3


def test_engines_agree_on_real_frames(shared: Path) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    pairs = list_pairs(shared / "data" / "carla_drive", "val")
    frames = [Frame(np.asarray(cv2.imread(str(pair.image)), np.uint8), "bgr8") for pair in pairs]
    reference = open_segmenter(MODEL, "pytorch")
    expected = [reference.segment(frame).mask.copy() for frame in frames]
    for precision, least in (("auto", 0.995), ("fp32", 0.999)):
        fast = open_segmenter(MODEL, "openvino", precision)
        masks = zip(frames, expected, strict=True)
        same = [(fast.segment(frame).mask == mask).mean() for frame, mask in masks]
        assert np.mean(same) >= least, precision
