# SPDX-License-Identifier: Apache-2.0
"""Maps from one label set to another, which say what merges and what is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

import numpy as np
import yaml
from numpy.typing import NDArray

from unet_perception.errors import LabelSetError
from unet_perception.labels.builtin import load_label_set
from unet_perception.labels.label_set import REST, UNLABELED, LabelClass, LabelSet

_CATCH_ALL = ("None", "Other")


@dataclass(frozen=True)
class LabelMap:
    """Where each class of ``source`` goes in ``target``.

    Attributes:
        source: Label set of the masks that come in.
        target: Label set of the masks that go out.
        pairs: Source class and target class, one pair for each class of ``source``.
    """

    source: LabelSet
    target: LabelSet
    pairs: tuple[tuple[LabelClass, LabelClass], ...]

    @cached_property
    def table(self) -> NDArray[np.uint8]:
        """Look-up table ``(256,)`` uint8; ids outside ``source`` become 255, unlabeled."""
        table = np.full(256, UNLABELED, np.uint8)
        for before, after in self.pairs:
            table[before.id] = after.id
        table.setflags(write=False)
        return table

    @cached_property
    def merged(self) -> dict[LabelClass, tuple[LabelClass, ...]]:
        """Target classes that take in several source classes, and which."""
        groups: dict[LabelClass, list[LabelClass]] = {}
        for before, after in self.pairs:
            groups.setdefault(after, []).append(before)
        return {after: tuple(group) for after, group in groups.items() if len(group) > 1}

    @cached_property
    def lost(self) -> tuple[LabelClass, ...]:
        """Source classes that end in a catch-all (None or Other) of the target."""
        return tuple(
            before
            for before, after in self.pairs
            if after.name in _CATCH_ALL and before.name not in _CATCH_ALL
        )

    @cached_property
    def unreachable(self) -> tuple[LabelClass, ...]:
        """Target classes that no source class stands for."""
        reached = {after for _, after in self.pairs}
        return tuple(label for label in self.target.classes if label not in reached)

    def apply(self, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a new mask of the same shape with ids of the target set."""
        return self.table[mask]

    def describe(self) -> str:
        """Return one sentence on what merges and what is lost."""
        parts = [
            f"{', '.join(label.name for label in group)} become {after.name}"
            for after, group in self.merged.items()
        ]
        if self.lost:
            parts.append(f"lost: {', '.join(label.name for label in self.lost)}")
        if self.unreachable:
            parts.append(f"never produced: {', '.join(c.name for c in self.unreachable)}")
        change = "; ".join(parts) or "every class keeps its own"
        return f"{self.source.name} -> {self.target.name}: {change}"


def label_map(source: LabelSet, target: LabelSet) -> LabelMap:
    """Return the map between two label sets.

    Built-in sets have maps of their own. Any other two are mapped when every class of
    ``source`` has a class of the same name in ``target``, or one that ``stands_for`` it.

    Raises:
        LabelSetError: A class of ``source`` has no place in ``target``.
    """
    renamed = _builtin_renames().get((source.name, target.name), {})
    pairs = []
    for label in source.classes:
        name = renamed.get(label.name, label.name)
        after = _counterpart(name, target)
        if after is None:
            raise LabelSetError(
                f"no map from label set {source.name} to {target.name}: class "
                f"{label.name!r} (id {label.id}) has no counterpart"
            )
        pairs.append((label, after))
    return LabelMap(source, target, tuple(pairs))


def _counterpart(name: str, target: LabelSet) -> LabelClass | None:
    fits = (
        lambda label: label.name == name,
        lambda label: name in label.stands_for,
        lambda label: label.stands_for == (REST,),
    )
    return next((label for fit in fits for label in target.classes if fit(label)), None)


@cache
def _builtin_renames() -> Mapping[tuple[str, str], Mapping[str, str]]:
    text = resources.files("unet_perception.labels").joinpath("maps.yaml").read_text("utf-8")
    rows = yaml.safe_load(text)["maps"]
    for row in rows:
        target = load_label_set(row["target"])
        for name in row["renamed"].values():
            target.by_name(name)
    return {(row["source"], row["target"]): row["renamed"] for row in rows}
