# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")

from unet_perception.labels import load_label_set
from unet_perception.nodes.perception.drawing import GREY, highlighted


def test_only_highlighted_classes_keep_their_colours() -> None:
    labels = load_label_set("carla-0.8")
    palette = highlighted(labels, frozenset({"Pedestrians", "Vehicles"}))
    for label in labels.classes:
        wanted = label.color if label.name in ("Pedestrians", "Vehicles") else GREY
        assert tuple(palette[label.id]) == wanted
    assert np.array_equal(highlighted(labels, frozenset()), labels.palette)
