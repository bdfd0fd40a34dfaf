# SPDX-License-Identifier: Apache-2.0
"""What a dataset has: classes, towns, weathers, splits, and pictures that are nearly the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unet_perception.carla.weather import PRESETS
from unet_perception.dataset.folder import Folder, numbered_label_set
from unet_perception.dataset.near import NearPair, near_pairs, picture_hash
from unet_perception.dataset.pairs import Pair
from unet_perception.dataset.parallel import Watch, in_order, unwatched
from unet_perception.dataset.pictures import read_image, read_mask
from unet_perception.labels import UNLABELED, LabelSet

NEAR = 8
"""Bits of 256: frames of a standing car have less, those 1 m apart have 10 to 30."""

_MAIN = {
    "sun_altitude_angle": "sun {:g}°",
    "cloudiness": "clouds {:g}",
    "precipitation": "rain {:g}",
    "precipitation_deposits": "puddles {:g}",
    "wetness": "wet {:g}",
    "fog_density": "fog {:g}",
}
"""What tells CARLA's weathers apart, in words."""


@dataclass(frozen=True)
class ClassBalance:
    """How much there is of a class.

    Attributes:
        id: Class id.
        name: Name of the class; "unlabeled" for 255.
        pixels: Of all masks.
        share: Of all pixels.
        pairs: Pairs that have at least one pixel of it.
    """

    id: int
    name: str
    pixels: int
    share: float
    pairs: int


@dataclass(frozen=True)
class Statistics:
    """Facts about a dataset.

    Attributes:
        pairs: How many.
        size: Bytes of all pictures and masks.
        label_set: Name, or "unknown".
        sizes: Pairs by the pictures' size, such as "800x600".
        classes: Every class of the label set, and every id that is there, by id.
        splits: Pairs by list.
        towns: Pairs by town; empty without a manifest, as are the next two.
        weathers: Pairs by weather in words.
        sets: Pairs by set of the recording's plan.
        near: Neighbours that look alike.
        near_distance: Bits up to which they count as such.
    """

    pairs: int
    size: int
    label_set: str
    sizes: Mapping[str, int]
    classes: Sequence[ClassBalance]
    splits: Mapping[str, int]
    towns: Mapping[str, int]
    weathers: Mapping[str, int]
    sets: Mapping[str, int]
    near: Sequence[NearPair]
    near_distance: int

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return asdict(self)


@dataclass(frozen=True)
class _Look:
    size: str
    bytes: int
    histogram: NDArray[np.int64]
    hash: NDArray[np.uint8]


def statistics(folder: Folder, near: int = NEAR, watch: Watch = unwatched) -> Statistics:
    """Look at every pair of a folder once.

    Args:
        folder: The dataset.
        near: Bits by which the hashes of two near-duplicates differ at most.
        watch: Told how far it is.

    Raises:
        DatasetError: A file cannot be read.
    """
    pixels = np.zeros(256, np.int64)
    present = np.zeros(256, np.int64)
    sizes: Counter[str] = Counter()
    hashes: list[NDArray[np.uint8]] = []
    total = 0
    for look in in_order(_look, folder.pairs, watch):
        pixels += look.histogram
        present += look.histogram > 0
        sizes[look.size] += 1
        hashes.append(look.hash)
        total += look.bytes
    entries = folder.entries or ()
    names = [pair.name for pair in folder.pairs]
    label_set = shown_label_set(folder, np.flatnonzero(pixels).tolist())
    return Statistics(
        pairs=len(names),
        size=total,
        label_set=label_set.name,
        sizes=_ranked(sizes),
        classes=_classes(label_set, pixels, present),
        splits={split: len(listed) for split, listed in folder.lists.items()},
        towns=_ranked(Counter(entry.town for entry in entries)),
        weathers=_ranked(Counter(weather_in_words(entry.weather) for entry in entries)),
        sets=_ranked(Counter(entry.set for entry in entries)),
        near=near_pairs(names, hashes, near),
        near_distance=near,
    )


def shown_label_set(folder: Folder, ids: Iterable[int]) -> LabelSet:
    """Return the folder's label set; where it is not known, one that names ids by their number."""
    return folder.label_set or numbered_label_set(list(ids))


def weather_in_words(weather: Mapping[str, float]) -> str:
    """Return CARLA's name for a weather, or its main numbers where it has none."""
    # A server of another version may know fewer fields, or more, but must know these.
    for name, fields in PRESETS.items() if weather.keys() >= _MAIN.keys() else ():
        if all(abs(fields.get(key, value) - value) < 1e-3 for key, value in weather.items()):
            return name
    words = [text.format(weather[key]) for key, text in _MAIN.items() if key in weather]
    return ", ".join(words) or "not said"


def _look(pair: Pair) -> _Look:
    rgb, ids = read_image(pair.image), read_mask(pair.mask)
    return _Look(
        size=f"{rgb.shape[1]}x{rgb.shape[0]}",
        bytes=pair.image.stat().st_size + pair.mask.stat().st_size,
        histogram=np.bincount(ids.reshape(-1), minlength=256).astype(np.int64),
        hash=picture_hash(rgb),
    )


def _classes(
    label_set: LabelSet, pixels: NDArray[np.int64], present: NDArray[np.int64]
) -> list[ClassBalance]:
    names = {label.id: label.name for label in label_set.classes}
    total = int(pixels.sum())
    return [
        ClassBalance(
            id=i,
            name=names.get(i, "unlabeled" if i == UNLABELED else f"not in {label_set.name}"),
            pixels=int(pixels[i]),
            share=int(pixels[i]) / total,
            pairs=int(present[i]),
        )
        for i in sorted({*names, *np.flatnonzero(pixels).tolist()})
    ]


def _ranked(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
