# SPDX-License-Identifier: Apache-2.0
"""Weights of classes by how often they are seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.errors import ConfigError
from unet_perception.labels import label_groups, load_label_set
from unet_perception.training.class_weights import LARGEST, class_weights
from unet_perception.training.recipe import CLASS_WEIGHTS
from unet_perception.training.targets import join_targets

OLD = load_label_set("carla-0.8")
TARGETS, _ = join_targets(OLD, [label_groups(load_label_set("carla-roads"), OLD)])

pixels = st.lists(st.integers(0, 10**9), min_size=14, max_size=14).map(lambda x: np.array(x, float))


@given(pixels, st.sampled_from(CLASS_WEIGHTS))
def test_rare_classes_never_weigh_less(counts: np.ndarray, how: str) -> None:
    weights = class_weights(how, counts, TARGETS)
    assert weights.shape == (14,)
    assert weights.dtype == np.float32
    assert ((weights > 0) & (weights <= LARGEST)).all()
    order = np.argsort(counts[:13])
    assert (np.diff(weights[:13][order]) <= 1e-6).all()
    assert weights[:13].min() - 1e-6 <= weights[13] <= weights[:13].max() + 1e-6


def test_values() -> None:
    counts = np.zeros(14)
    counts[[0, 7]] = 400.0, 100.0
    assert class_weights("none", counts, TARGETS).tolist() == [1.0] * 14
    sqrt = class_weights("sqrt", counts, TARGETS)
    assert sqrt[7] / sqrt[0] == pytest.approx(2.0)
    assert 0.8 * sqrt[0] + 0.2 * sqrt[7] == pytest.approx(1.0)
    assert sqrt[4] == LARGEST
    assert sqrt[13] == pytest.approx(sqrt[0], rel=1e-4)
    log = class_weights("log", counts, TARGETS)
    assert log[7] / log[0] == pytest.approx(np.log(1.82) / np.log(1.22))


def test_masks_of_groups_alone_still_have_weights() -> None:
    counts = np.zeros(14)
    counts[13] = 10.0
    assert np.isfinite(class_weights("sqrt", counts, TARGETS)).all()


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(ConfigError, match="class_weights is 'cube'; it must be one of none, log"):
        class_weights("cube", np.ones(14), TARGETS)
