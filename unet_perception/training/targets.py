# SPDX-License-Identifier: Apache-2.0
"""What a run's masks say: a class, one of several classes, or nothing.

Datasets of different label sets become one: their ids are looked up as *training ids*, in which
the network's classes keep their own ids, each group of classes that some dataset does not tell
apart gets an id after them, and 255 is unlabeled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import LabelSetError
from unet_perception.labels import UNLABELED, LabelGroups, LabelSet

STRAY = 254
"""What look-up tables give for an id that the dataset's label set does not have."""


@dataclass(frozen=True)
class Targets:
    """The training ids of a run.

    Attributes:
        label_set: The network's.
        groups: Classes of each group, ascending; group ``g`` has training id ``n_classes + g``.
    """

    label_set: LabelSet
    groups: tuple[tuple[int, ...], ...] = ()

    @property
    def n_classes(self) -> int:
        """Output channels of the network, and the first group's training id."""
        return self.label_set.n_classes

    @property
    def n_ids(self) -> int:
        """Training ids, groups included."""
        return self.n_classes + len(self.groups)

    @cached_property
    def members(self) -> NDArray[np.bool_]:
        """Which classes each training id may be, ``(n_ids, n_classes)``."""
        table = np.zeros((self.n_ids, self.n_classes), bool)
        np.fill_diagonal(table, True)
        for row, group in zip(table[self.n_classes :], self.groups, strict=True):
            row[list(group)] = True
        table.setflags(write=False)
        return table


def join_targets(
    label_set: LabelSet, datasets: Sequence[LabelGroups]
) -> tuple[Targets, list[NDArray[np.uint8]]]:
    """Return the training ids of a run and, for each dataset, the table that leads to them.

    Args:
        label_set: The network's.
        datasets: What each dataset's classes say in terms of ``label_set``.

    Returns:
        The targets, and for each dataset a look-up table ``(256,)`` uint8 from its masks' ids to
        training ids; unlabeled stays 255, an id outside its label set becomes ``STRAY``.

    Raises:
        LabelSetError: There are more groups than ids.
    """
    groups: list[tuple[int, ...]] = []
    tables = []
    for dataset in datasets:
        table = np.full(256, STRAY, np.uint8)
        table[UNLABELED] = UNLABELED
        for class_id, members in dataset.members.items():
            if len(members) == 1:
                table[class_id] = members[0]
                continue
            if members not in groups:
                groups.append(members)
            training_id = label_set.n_classes + groups.index(members)
            if training_id >= STRAY:
                raise LabelSetError(
                    f"{label_set.n_classes} classes of {label_set.name} and {len(groups)} groups "
                    f"of them are more than the {STRAY} ids of a mask"
                )
            table[class_id] = training_id
        tables.append(table)
    return Targets(label_set, tuple(groups)), tables
