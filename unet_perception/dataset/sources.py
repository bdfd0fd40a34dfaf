# SPDX-License-Identifier: Apache-2.0
"""One dataset of a run as a command line names it: ``DIR,labels=NAME,weight=2,...``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from unet_perception.dataset.info import INFO_FILE, read_info
from unet_perception.dataset.pairs import Pair
from unet_perception.dataset.splits import AUTO, evaluation_pairs, training_pairs
from unet_perception.errors import ConfigError, DatasetError, LabelSetError
from unet_perception.labels import LabelGroups, LabelSet, label_map, load_label_set

GAP = 0.01
"""Share of the pairs between the trained and the held out ones that is used for neither."""

MAX_WEIGHT = 1000.0
MAX_HOLD_OUT = 0.9
KEYS = ("labels", "weight", "split", "hold_out")


@dataclass(frozen=True)
class Source:
    """A dataset and how it is used.

    Attributes:
        root: Its folder.
        labels: Label set of its masks, by name or YAML file; empty takes what its
            ``dataset.json`` says, and without one the network's.
        weight: How often each pair is trained on in an epoch.
        split: Which of its lists, as ``training_pairs`` and ``evaluation_pairs`` take it.
        hold_out: Share of the pairs, the last by name, that is validated on and never trained
            on.
    """

    root: Path
    labels: str = ""
    weight: float = 1.0
    split: str = AUTO
    hold_out: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values outside what is allowed.

        Raises:
            ConfigError: Names the key, the value and what is allowed.
        """
        if not 0.0 < self.weight <= MAX_WEIGHT:
            raise ConfigError(
                f"weight is {self.weight!r}; it must be above 0 and at most {MAX_WEIGHT:g}"
            )
        if not 0.0 <= self.hold_out <= MAX_HOLD_OUT:
            raise ConfigError(
                f"hold_out is {self.hold_out!r}; it must be a number 0 to {MAX_HOLD_OUT:g}"
            )
        if not self.split:
            raise ConfigError("split is ''; it must be auto, all or the name of a list")

    def label_set(self, target: LabelSet) -> LabelSet:
        """Return the label set of the masks.

        Args:
            target: The network's, which is taken where nothing else is said.

        Raises:
            DatasetError: ``dataset.json`` cannot be read.
            LabelSetError: The label set is unknown.
        """
        name = self.labels
        if not name:
            info = read_info(self.root)
            name = info.label_set if info else target.name
        return target if name == target.name else load_label_set(name)

    @property
    def assumed(self) -> bool:
        """Whether nothing says what the masks' ids mean."""
        return not self.labels and read_info(self.root) is None

    def in_words(self, groups: LabelGroups) -> str:
        """Return what the way into the network's label set merges or assumes; may be empty."""
        if self.assumed:
            return f"no {INFO_FILE}: ids are taken as {groups.target.name}"
        if groups.source.name == groups.target.name:
            return ""
        if groups.is_partial:
            return groups.describe()
        try:
            return label_map(groups.source, groups.target).describe()
        except LabelSetError:
            return groups.describe()

    def pairs(self) -> tuple[list[Pair], list[Pair]]:
        """Return the pairs to train on and the pairs to validate on.

        Raises:
            DatasetError: A list is missing or empty, or too few pairs are there to hold some out.
        """
        chosen, listed = training_pairs(self.root, self.split)
        trained, held_out = self._cut(chosen)
        return trained, listed + held_out

    def pairs_to_score(self) -> tuple[list[Pair], str]:
        """Return the pairs to score and, for people, which they are.

        With ``hold_out`` these are the pairs that a training with the same source held out.

        Raises:
            DatasetError: As ``pairs``.
        """
        if not self.hold_out:
            return evaluation_pairs(self.root, self.split)
        return self.pairs()[1], f"held out {self.hold_out:g}"

    def _cut(self, pairs: list[Pair]) -> tuple[list[Pair], list[Pair]]:
        if not self.hold_out:
            return pairs, []
        held_out = max(1, round(self.hold_out * len(pairs)))
        # A drive's neighbours look alike: what lies between must not be known either.
        gap = max(1, round(GAP * len(pairs)))
        left = len(pairs) - held_out - gap
        if left < 1:
            raise DatasetError(
                f"{self.root}: has {len(pairs)} pairs; hold_out {self.hold_out:g} leaves none to "
                "train on"
            )
        return pairs[:left], pairs[left + gap :]


def parse_source(text: str) -> Source:
    """Return a source from how a command line names it.

    Args:
        text: ``DIR``, and after commas ``labels=``, ``weight=``, ``split=``, ``hold_out=``.

    Raises:
        ConfigError: Names the key, the value and what is allowed.
    """
    root, *settings = text.split(",")
    if not root:
        raise ConfigError(f"data is {text!r}; it must begin with a folder")
    given: dict[str, str] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if key not in KEYS or not equals:
            raise ConfigError(
                f"data {text!r} has {setting!r}; after the folder each part must be KEY=VALUE "
                f"with KEY one of {', '.join(KEYS)}"
            )
        if key in given:
            raise ConfigError(f"data {text!r} has {key} twice; it must be given once")
        if not value:
            raise ConfigError(f"data {text!r} has no value for {key}; leave it out or give one")
        given[key] = value
    try:
        return Source(
            Path(root),
            labels=given.get("labels", ""),
            weight=_number(given, "weight", 1.0),
            split=given.get("split", AUTO),
            hold_out=_number(given, "hold_out", 0.0),
        )
    except ConfigError as error:
        raise ConfigError(f"data {text!r}: {error}") from None


def _number(given: dict[str, str], key: str, default: float) -> float:
    try:
        return float(given.get(key, default))
    except ValueError:
        raise ConfigError(f"{key} is {given[key]!r}; it must be a number") from None
