# SPDX-License-Identifier: Apache-2.0
"""The segmenter, and the model that ships."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unet_perception.errors import BundleError
from unet_perception.files.share import share_path
from unet_perception.imaging import Frame
from unet_perception.playback.street import Street
from unet_perception.segmenter import find_model, open_segmenter

pytest.importorskip("openvino", reason="OpenVINO is not installed")


def test_the_shipped_model_sees_the_road() -> None:
    segmenter = open_segmenter("carla_unet")
    assert segmenter.label_set.name == "carla-0.8"
    frame = Street(seed=0).frame(40)
    out = np.zeros(frame.ids.shape, np.uint8)
    result = segmenter.segment(Frame(frame.rgb, "rgb8"), out)
    assert np.shares_memory(result.mask, out)
    assert result.ids.shape == segmenter.bundle.spec.input_size
    roads = segmenter.label_set.by_name("Roads").id
    # The street's ids are carla-0.9.14's, where Roads are 1.
    truth = frame.ids == 1
    found = result.mask == roads
    assert (truth & found).sum() / (truth | found).sum() > 0.7
    segmenter.close()


def test_masks_have_the_size_of_their_frames() -> None:
    segmenter = open_segmenter("carla_unet")
    for size in ((600, 800), (17, 33), (720, 1280)):
        frame = Frame(np.zeros((*size, 3), np.uint8), "bgr8")
        assert segmenter.segment(frame).mask.shape == size


def test_the_model_card_stands_beside_the_model() -> None:
    card = (find_model("carla_unet") / "MODEL_CARD.md").read_text()
    bundle = open_segmenter("carla_unet").bundle
    assert f"{bundle.spec.scores['val_miou_camera']:.3f}" in card


def test_unknown_models_are_named() -> None:
    for name in ("no_such_model", "some/folder/of/mine"):
        with pytest.raises(BundleError, match=name):
            open_segmenter(name)


def test_shared_files_are_found_in_a_prefix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert share_path("models/none_of_ours") is None
    folder = tmp_path / "share" / "unet_perception" / "models" / "none_of_ours"
    folder.mkdir(parents=True)
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"/nowhere:{tmp_path}")
    assert share_path("models/none_of_ours") == folder
