# SPDX-License-Identifier: Apache-2.0
"""Several datasets' ids as one set of training ids."""

from __future__ import annotations

import numpy as np
import pytest

from unet_perception.errors import LabelSetError
from unet_perception.labels import LabelClass, LabelSet, label_groups, load_label_set
from unet_perception.training.targets import STRAY, join_targets

OLD, NEW, ROADS = (load_label_set(n) for n in ("carla-0.8", "carla-0.9.14", "carla-roads"))


def test_datasets_share_classes_and_groups() -> None:
    sources = [label_groups(s, OLD) for s in (OLD, NEW, ROADS, ROADS)]
    targets, tables = join_targets(OLD, sources)
    assert targets.groups == ((0, 1, 2, 3, 4, 5, 9, 10, 11, 12),)
    assert (targets.n_classes, targets.n_ids) == (13, 14)
    assert tables[0][:13].tolist() == list(range(13))
    assert tables[1][NEW.by_name("Bus").id] == OLD.by_name("Vehicles").id
    assert tables[2][[0, 6, 7, 8]].tolist() == [13, 6, 7, 8]
    assert (tables[2] == tables[3]).all()
    for table in tables:
        assert table[255] == 255
    assert tables[0][13] == tables[2][1] == STRAY
    assert targets.members[:13].tolist() == np.eye(13, dtype=bool).tolist()
    assert np.flatnonzero(targets.members[13]).tolist() == list(targets.groups[0])


def test_no_more_groups_than_ids() -> None:
    target = LabelSet("many", tuple(LabelClass(i, f"c{i}", (0, 0, 0)) for i in range(253)))
    source = LabelSet(
        "pairs",
        tuple(LabelClass(i, f"p{i}", (0, 0, 0), (f"c{i}", f"c{i + 1}")) for i in range(2)),
    )
    with pytest.raises(LabelSetError, match="more than the 254 ids"):
        join_targets(target, [label_groups(source, target)])
