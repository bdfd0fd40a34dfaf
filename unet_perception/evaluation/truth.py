# SPDX-License-Identifier: Apache-2.0
"""A dataset as it is scored: its pairs, and the label set in which truth and prediction meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset import Pair, read_info
from unet_perception.dataset.labels import read_pair
from unet_perception.dataset.manifest import MANIFEST, iterate_manifest
from unet_perception.dataset.sources import Source
from unet_perception.labels import UNLABELED, LabelSet, label_groups


class Truth:
    """Reads a dataset's pairs for scoring a network.

    Masks that tell as much as the network, or more, are mapped into the network's label set.
    Where a class of the masks stands for several of the network's, the network's answer is
    mapped into the masks' label set instead: nothing is asked of it that the masks do not know.

    Attributes:
        root: The dataset's folder.
        name: Its name.
        pairs: What is scored.
        split: Which pairs these are, for people.
        label_set: In which truth and prediction are compared.
        description: What the way into that label set merges, or what was assumed; empty where
            all is plain.
    """

    def __init__(self, source: Source, network: LabelSet) -> None:
        """Look up what is to be scored; nothing is decoded yet.

        Args:
            source: The dataset.
            network: Label set of the network.

        Raises:
            DatasetError: The folder, a list or ``dataset.json`` is damaged or missing.
            LabelSetError: The label sets cannot be compared.
        """
        self.root: Path = source.root
        self.name = source.root.resolve().name
        self.pairs, self.split = source.pairs_to_score()
        self._source = source.label_set(network)
        groups = label_groups(self._source, network)
        truth = np.full(256, UNLABELED, np.uint8)
        if groups.is_partial:
            self.label_set = self._source
            truth[list(self._source.ids)] = self._source.ids
            self._predicted = groups.back_table
        else:
            self.label_set = network
            for class_id, members in groups.members.items():
                truth[class_id] = members[0]
            self._predicted = np.arange(256, dtype=np.uint8)
        self._truth = truth
        self.description = source.in_words(groups)
        if groups.is_partial and self._source.name != network.name:
            self.description = f"compared in {self._source.name}: {self.description}"

    def read(self, pair: Pair) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return a pair's picture, RGB uint8 ``(H, W, 3)``, and its mask, uint8 ``(H, W)``.

        The mask's ids are those of ``label_set``, and 255.

        Raises:
            DatasetError: A file is unreadable, the sizes differ, or the mask has an id outside
                its label set.
        """
        image, mask = read_pair(pair, self._source)
        return image, np.take(self._truth, mask)

    def comparable(self, predicted: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the network's ids in terms of ``label_set``."""
        return np.take(self._predicted, predicted)


def places(truth: Truth) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the town and the weather of each pair by name, as far as anybody wrote them down.

    Raises:
        DatasetError: The manifest is damaged.
    """
    from unet_perception.dataset.statistics import weather_in_words

    if not (truth.root / MANIFEST).exists():
        info = read_info(truth.root)
        known = info.town if info else ""
        return {pair.name: known for pair in truth.pairs if known}, {}
    towns, weathers = {}, {}
    for entry in iterate_manifest(truth.root):
        towns[entry.name] = entry.town
        weathers[entry.name] = weather_in_words(entry.weather)
    return towns, weathers


def distinct_names(names: Sequence[str]) -> list[str]:
    """Return the names, with a number behind those that were there before."""
    distinct: list[str] = []
    for name in names:
        other, number = name, 2
        while other in distinct:
            other, number = f"{name} ({number})", number + 1
        distinct.append(other)
    return distinct
