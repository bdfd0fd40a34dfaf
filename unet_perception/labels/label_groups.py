# SPDX-License-Identifier: Apache-2.0
"""Which classes of one label set a class of another may be: one, or one of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import LabelSetError
from unet_perception.labels.label_map import LabelMap, label_map
from unet_perception.labels.label_set import REST, UNLABELED, LabelClass, LabelSet


@dataclass(frozen=True)
class LabelGroups:
    """What each class of ``source`` says in terms of ``target``.

    Attributes:
        source: Label set of the masks.
        target: Label set of the network.
        members: By id of ``source``, the ids of ``target`` that such a pixel may have,
            ascending. More than one is a *partial label*.
    """

    source: LabelSet
    target: LabelSet
    members: Mapping[int, tuple[int, ...]]

    @property
    def is_partial(self) -> bool:
        """Whether some class of ``source`` stands for several of ``target``."""
        return any(len(ids) > 1 for ids in self.members.values())

    @cached_property
    def back_table(self) -> NDArray[np.uint8]:
        """Look-up table ``(256,)`` uint8 from ``target`` to ``source``; other ids become 255.

        With it a network's answer is scored against masks that say less than it does.

        Raises:
            LabelSetError: A class of ``target`` belongs to no class of ``source``, or to two.
        """
        table = np.full(256, UNLABELED, np.uint8)
        for label in self.target.classes:
            owners = [owner for owner, ids in self.members.items() if label.id in ids]
            if len(owners) != 1:
                names = " and ".join(self.source.by_id(owner).name for owner in owners)
                raise LabelSetError(
                    f"no way back from {self.target.name} to {self.source.name}: class "
                    f"{label.name!r} (id {label.id}) belongs to {names or 'none of its classes'}"
                )
            table[label.id] = owners[0]
        table.setflags(write=False)
        return table

    def describe(self) -> str:
        """Return one sentence on what is not told apart."""
        parts = [
            f"{self.source.by_id(class_id).name} is "
            + " or ".join(self.target.by_id(member).name for member in ids)
            for class_id, ids in self.members.items()
            if len(ids) > 1
        ]
        return (
            f"{self.source.name} -> {self.target.name}: {'; '.join(parts) or 'nothing is partial'}"
        )


def label_groups(source: LabelSet, target: LabelSet) -> LabelGroups:
    """Return which classes of ``target`` each class of ``source`` may be.

    A set that declares it (``stands_for`` in its file) is taken at its word. For any other two
    sets the maps between them tell, in both directions: ``Vehicles`` of carla-0.8 may be each
    class of carla-0.9.14 that is mapped to ``Vehicles`` on the way back.

    Raises:
        LabelSetError: A class of ``source`` has no place in ``target``.
    """
    if any(label.stands_for for label in source.classes):
        return LabelGroups(source, target, _declared(source, target))
    forward, error = _map_or_error(source, target)
    back, _ = _map_or_error(target, source)
    if back is None and error is not None:
        raise error
    members = {
        label.id: {
            after.id for before, after in (forward.pairs if forward else ()) if before == label
        }
        | {before.id for before, after in (back.pairs if back else ()) if after == label}
        for label in source.classes
    }
    return LabelGroups(source, target, _without_gaps(members, source, target))


def _declared(source: LabelSet, target: LabelSet) -> Mapping[int, tuple[int, ...]]:
    members = {
        label.id: {target.by_name(name).id for name in _names(label)} for label in source.classes
    }
    taken = set().union(*members.values())
    for label in source.classes:
        if label.stands_for == (REST,):
            members[label.id] = set(target.ids) - taken
    return _without_gaps(members, source, target)


def _names(label: LabelClass) -> tuple[str, ...]:
    if label.stands_for == (REST,):
        return ()
    return label.stands_for or (label.name,)


def _map_or_error(
    source: LabelSet, target: LabelSet
) -> tuple[LabelMap | None, LabelSetError | None]:
    try:
        return label_map(source, target), None
    except LabelSetError as error:
        return None, error


def _without_gaps(
    members: Mapping[int, set[int]], source: LabelSet, target: LabelSet
) -> Mapping[int, tuple[int, ...]]:
    for label in source.classes:
        if not members[label.id]:
            raise LabelSetError(
                f"no map from label set {source.name} to {target.name}: class {label.name!r} "
                f"(id {label.id}) stands for none of its classes"
            )
    return {class_id: tuple(sorted(ids)) for class_id, ids in members.items()}
