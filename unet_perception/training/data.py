# SPDX-License-Identifier: Apache-2.0
"""All datasets of a run, read and joined: what is trained on, what is validated on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset.parallel import Watch, unwatched
from unet_perception.dataset.sources import Source
from unet_perception.errors import ConfigError, DatasetError
from unet_perception.labels import LabelGroups, LabelSet, label_groups
from unet_perception.training.examples import Examples, Part, load_examples
from unet_perception.training.targets import Targets, join_targets


@dataclass(frozen=True)
class ValidationSet:
    """Pairs of one dataset that are scored and never trained on.

    Attributes:
        name: Of the dataset.
        examples: The pairs.
        groups: What the dataset's classes say in terms of the network's.
        table: Look-up table from the dataset's ids to training ids.
    """

    name: str
    examples: Examples
    groups: LabelGroups
    table: NDArray[np.uint8]


@dataclass(frozen=True)
class TrainingData:
    """What a run is made of.

    Attributes:
        targets: Meaning of the training ids.
        examples: Pairs to train on, one dataset after another.
        counts_and_weights: Pairs of each dataset, and how often each is taken in an epoch.
        validation: Pairs to score.
    """

    targets: Targets
    examples: Examples
    counts_and_weights: tuple[tuple[int, float], ...]
    validation: tuple[ValidationSet, ...] = ()

    def __post_init__(self) -> None:
        """Refuse data from which nothing can be learned.

        Raises:
            DatasetError: Not one pixel has a label.
        """
        if not self.examples.counts[:, : self.targets.n_ids].any():
            raise DatasetError("no mask has a labeled pixel; there is nothing to learn")

    @property
    def fingerprint(self) -> str:
        """Checksum of all pixels and masks, of both kinds of pairs."""
        digest = hashlib.sha256(self.examples.fingerprint.encode())
        for part in self.validation:
            digest.update(part.examples.fingerprint.encode())
        return digest.hexdigest()

    def pixels_of_ids(self) -> NDArray[np.float64]:
        """Return how many pixels of each training id are trained on, ``(256,)``."""
        weights = [np.full(count, weight) for count, weight in self.counts_and_weights]
        return np.asarray(np.concatenate(weights) @ self.examples.counts, np.float64)


def load_data(
    sources: Sequence[Source],
    label_set: LabelSet,
    say: Callable[[str], None] = lambda line: None,
    on_progress: Watch = unwatched,
) -> TrainingData:
    """Read every pair of several datasets.

    Args:
        sources: One or more.
        label_set: The network's.
        say: Told one line at a time what was found.
        on_progress: Told how many pairs are read, of how many to train on.

    Raises:
        ConfigError: There is no dataset.
        DatasetError: A pair is missing, damaged or of the wrong kind.
        LabelSetError: A dataset's classes have no place in the label set.
    """
    if not sources:
        raise ConfigError("data names no dataset; it must name one or more")
    groups = [label_groups(source.label_set(label_set), label_set) for source in sources]
    targets, tables = join_targets(label_set, groups)
    parts, held_out = [], []
    for source, group, table in zip(sources, groups, tables, strict=True):
        pairs, scored = source.pairs()
        say(f"{source.root}: {len(pairs)} pairs to train on, {len(scored)} to validate on")
        about = source.in_words(group)
        if about:
            say(f"  {about}")
        parts.append(Part(pairs, group.source, table))
        held_out.append(Part(scored, group.source, table))
    examples = load_examples(parts, on_progress=on_progress)
    say(examples.place)
    validation = [
        ValidationSet(source.root.resolve().name, load_examples([part]), group, part.table)
        for source, group, part in zip(sources, groups, held_out, strict=True)
        if part.pairs
    ]
    counts = [(len(part.pairs), source.weight) for part, source in zip(parts, sources, strict=True)]
    return TrainingData(targets, examples, tuple(counts), tuple(validation))
