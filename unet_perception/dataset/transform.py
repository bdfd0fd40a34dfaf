# SPDX-License-Identifier: Apache-2.0
"""Making a dataset of others: in another label set, with fewer pairs, or of several folders."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from unet_perception.dataset.folder import Folder, require_label_set
from unet_perception.dataset.info import DatasetInfo
from unet_perception.dataset.rewrite import Item, NewDataset
from unet_perception.errors import ConfigError, DatasetError
from unet_perception.labels import LabelMap, LabelSet, label_map


def convert(folder: Folder, target: LabelSet) -> NewDataset:
    """Plan a dataset with the masks in another label set.

    Raises:
        DatasetError: The folder's label set is not known, or is the target.
        LabelSetError: There is no map.
    """
    source = require_label_set(folder)
    if source == target:
        raise DatasetError(f"{folder.root}: is in label set {target.name} already")
    mapping = label_map(source, target)
    info = folder.info or DatasetInfo(source.name, source=folder.root.resolve().name)
    story = f"{info.source}; " if info.source else ""
    return NewDataset(
        sources=[folder.root],
        items=_items(folder, range(len(folder.pairs)), {}, mapping),
        info=replace(info, label_set=target.name, source=f"{story}converted from {source.name}"),
        lists=folder.lists,
        notes=[mapping.describe()],
    )


def every(folder: Folder, step: int) -> list[int]:
    """Return the indices of each ``step``-th pair, from the first on.

    Raises:
        ConfigError: ``step`` is below 1.
    """
    if step < 1:
        raise ConfigError(f"every is {step}: it must be a whole number from 1 up")
    return list(range(0, len(folder.pairs), step))


def evenly(folder: Folder, count: int) -> list[int]:
    """Return the indices of ``count`` pairs, evenly spread.

    Raises:
        ConfigError: There are not so many, or ``count`` is below 1.
    """
    if not 1 <= count <= len(folder.pairs):
        raise ConfigError(f"count is {count}: it must be 1 to {len(folder.pairs)}, all there are")
    return [i * len(folder.pairs) // count for i in range(count)]


def apart(folder: Folder, metres: float) -> list[int]:
    """Return the indices of pairs, each at least so far from the one kept before it.

    Where a new set or town of the recording begins, its first pair is kept.

    Raises:
        ConfigError: ``metres`` is no positive number.
        DatasetError: There is no manifest, which has the poses.
    """
    if not (0 < metres < math.inf):
        raise ConfigError(f"min-distance is {metres:g}: it must be a number of metres above 0")
    if folder.entries is None:
        raise DatasetError(f"{folder.root}: has no manifest.jsonl, so where it was is not known")
    kept: list[int] = []
    for index, entry in enumerate(folder.entries):
        last = folder.entries[kept[-1]] if kept else None
        same_drive = last is not None and (last.set, last.town) == (entry.set, entry.town)
        if last is None or not same_drive or math.dist(last.pose[:3], entry.pose[:3]) >= metres:
            kept.append(index)
    return kept


def subsample(folder: Folder, indices: Sequence[int]) -> NewDataset:
    """Plan a dataset of some of the pairs, in their order.

    Names that are this package's numbers begin at 0 again; others stay.
    """
    renamed = {}
    if folder.numbered or folder.entries is not None:
        renamed = {folder.pairs[i].name: f"{new:06d}" for new, i in enumerate(indices)}
    kept = {folder.pairs[i].name for i in indices}
    lists = {
        split: [renamed.get(name, name) for name in names if name in kept]
        for split, names in folder.lists.items()
    }
    info = folder.info
    if info is not None:
        story = f"{info.source}; " if info.source else ""
        info = replace(info, source=f"{story}{len(indices)} of {len(folder.pairs)} pairs")
    return NewDataset(
        sources=[folder.root],
        items=_items(folder, indices, renamed, None),
        info=info,
        lists={split: names for split, names in lists.items() if names},
        notes=[f"{split}.txt: no pair of it is left" for split in lists if not lists[split]],
    )


def merge(folders: Sequence[Folder], target: LabelSet | None = None) -> NewDataset:
    """Plan a dataset of the pairs of several, one folder after the other.

    Names stay where they are all different; else all pairs are numbered anew.

    Args:
        folders: Two or more, each once.
        target: Label set of the new one; needed where theirs differ.

    Raises:
        DatasetError: A label set is not known, they differ and there is no target, or a folder
            is given twice.
        LabelSetError: There is no map to the target.
    """
    roots = [folder.root.resolve() for folder in folders]
    if len(set(roots)) < len(roots):
        raise DatasetError(f"{max(roots, key=roots.count)}: is given twice; merge each once")
    maps, notes = _maps(folders, target)
    recorded = all(folder.entries is not None for folder in folders)
    if not recorded and any(folder.entries is not None for folder in folders):
        notes.append("no manifest.jsonl is written, since not every folder has one")
    if any(folder.lists for folder in folders):
        notes += [
            f"{folder.root}: has no lists, so its {len(folder.pairs)} pairs are in none"
            for folder in folders
            if not folder.lists
        ]
    common = set.intersection(*(set(folder.further) for folder in folders))
    for folder in folders:
        for left in sorted(folder.further.keys() - common):
            notes.append(f"{left} is left out: only {folder.root} and not every folder has it")
    names = Counter(pair.name for folder in folders for pair in folder.pairs)
    anew = recorded or max(names.values()) > 1 or all(folder.numbered for folder in folders)
    items: list[Item] = []
    lists: dict[str, list[str]] = {}
    for folder, mapping in zip(folders, maps, strict=True):
        first = len(items)
        renamed = {pair.name: f"{first + i:06d}" for i, pair in enumerate(folder.pairs)}
        renamed = renamed if anew else {}
        for item in _items(folder, range(len(folder.pairs)), renamed, mapping):
            files = {
                name: path
                for name, path in item.files.items()
                if name not in folder.further or name in common
            }
            items.append(replace(item, files=files, entry=item.entry if recorded else None))
        for split, listed in folder.lists.items():
            lists.setdefault(split, []).extend(renamed.get(name, name) for name in listed)
    label_set = target or require_label_set(folders[0])
    info = _merged_info(folders, label_set, recorded)
    return NewDataset([folder.root for folder in folders], items, info, lists, notes)


def _items(
    folder: Folder,
    indices: Sequence[int],
    renamed: Mapping[str, str],
    mapping: LabelMap | None,
) -> list[Item]:
    items = []
    for index in indices:
        pair = folder.pairs[index]
        entry = folder.entries[index] if folder.entries else None
        items.append(Item(renamed.get(pair.name, pair.name), folder.files(pair), entry, mapping))
    return items


def _maps(
    folders: Sequence[Folder], target: LabelSet | None
) -> tuple[list[LabelMap | None], list[str]]:
    sets = [require_label_set(folder) for folder in folders]
    if target is None:
        for folder, found in zip(folders, sets, strict=True):
            if found != sets[0]:
                raise DatasetError(
                    f"{folder.root}: is in label set {found.name}, but {folders[0].root} in "
                    f"{sets[0].name}; say with --to which one the new folder has"
                )
        return [None] * len(sets), []
    maps = [None if found == target else label_map(found, target) for found in sets]
    return maps, list(dict.fromkeys(mapping.describe() for mapping in maps if mapping))


def _merged_info(folders: Sequence[Folder], label_set: LabelSet, recorded: bool) -> DatasetInfo:
    infos = [folder.info or DatasetInfo("") for folder in folders]
    first = infos[0]
    parts = [
        info.source or folder.root.resolve().name
        for folder, info in zip(folders, infos, strict=True)
    ]
    return DatasetInfo(
        label_set=label_set.name,
        source=f"merged: {' + '.join(parts)}",
        carla_version=_shared([info.carla_version for info in infos]),
        town=_shared([info.town for info in infos]),
        cameras=first.cameras if all(info.cameras == first.cameras for info in infos) else {},
        format=max(info.format for info in infos) if recorded else 0,
    )


def _shared(values: Sequence[str]) -> str:
    return values[0] if len(set(values)) == 1 else ""
