# SPDX-License-Identifier: Apache-2.0
"""Looking for everything that is wrong with a dataset folder, whoever wrote it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from unet_perception.dataset.entry import NUMBERED, Entry
from unet_perception.dataset.folder import SPLITS, further_folders, label_set_of, names_pairs
from unet_perception.dataset.info import INFO_FILE, DatasetInfo, read_info
from unet_perception.dataset.manifest import MANIFEST, read_manifest
from unet_perception.dataset.pairs import (
    IMAGE_FOLDER,
    IMAGE_SUFFIXES,
    MASK_FOLDER,
    list_splits,
    words_of,
)
from unet_perception.dataset.parallel import Watch, in_order, unwatched
from unet_perception.dataset.verify_pair import Finding, PairCheck
from unet_perception.errors import DatasetError

KINDS = (
    "dataset",
    "pairing",
    "unreadable",
    "size",
    "mask form",
    "class id",
    "sum",
    "manifest",
    "numbering",
    "stray",
    "list",
)
"""Kinds of findings in the order in which they are told."""


@dataclass(frozen=True)
class Verification:
    """What was found.

    Attributes:
        pairs: Names that have a picture and a mask.
        findings: All that is wrong, by kind and then by file.
        notes: Sentences on what could not be checked, or is as it may be.
    """

    pairs: int
    findings: Sequence[Finding]
    notes: Sequence[str]


def verify(root: Path, label_set: str = "", watch: Watch = unwatched) -> Verification:
    """Look at every file of a dataset folder.

    Args:
        root: Dataset folder; with or without ``dataset.json``, ``manifest.jsonl`` and lists.
        label_set: Name or YAML file of its label set, where ``dataset.json`` does not say it.
        watch: Told how far it is.

    Raises:
        DatasetError: There is no such folder, or ``dataset.json`` names another label set.
        LabelSetError: ``label_set`` is not known.
    """
    root = Path(root)
    if not root.is_dir():
        raise DatasetError(f"{root}: no such folder")
    findings: list[Finding] = []
    notes: list[str] = []
    info = _info(root, findings)
    known = label_set_of(root, info, label_set)
    if known is None:
        said = f"label set {info.label_set!r} is unknown" if info else f"no {INFO_FILE}"
        notes.append(f"{said}: class ids are not checked; say what they mean with --label-set")
    files = _scan(root, findings)
    names = sorted(set().union(*files.values()))
    entries = _manifest(root, names, info, findings)
    check = PairCheck(known)

    def look(name: str) -> list[Finding]:
        there = {folder: paths[name] for folder, paths in files.items() if name in paths}
        return check.check(name, there, entries.get(name))

    for more in in_order(look, names, watch):
        findings += more
    _check_numbers(names, findings, notes)
    whole = files[IMAGE_FOLDER].keys() & files[MASK_FOLDER].keys()
    _check_lists(root, whole, findings, notes)
    findings.sort(key=lambda finding: (KINDS.index(finding.kind), finding.where))
    return Verification(len(whole), findings, notes)


def _info(root: Path, findings: list[Finding]) -> DatasetInfo | None:
    try:
        return read_info(root)
    except DatasetError as error:
        findings.append(Finding("dataset", INFO_FILE, _without_path(error, root / INFO_FILE)))
        return None


def _scan(root: Path, findings: list[Finding]) -> dict[str, dict[str, Path]]:
    """Return the pictures of each folder by name; note what else is there, and what is not."""
    files: dict[str, dict[str, Path]] = {}
    for folder in (IMAGE_FOLDER, MASK_FOLDER, *further_folders(root)):
        files[folder] = {}
        if not (root / folder).is_dir():
            findings.append(Finding("dataset", folder, "is missing; a dataset has one"))
            continue
        for path in sorted((root / folder).iterdir()):
            where = f"{folder}/{path.name}"
            reason = _stray(path)
            if reason:
                findings.append(Finding("stray", where, reason))
            elif path.stem in files[folder]:
                text = f"has the same name as {files[folder][path.stem].name}"
                findings.append(Finding("pairing", where, text))
            else:
                files[folder][path.stem] = path
    for path in sorted(root.iterdir()):
        if path.name.startswith(".") and path.name.endswith(".tmp"):
            findings.append(Finding("stray", path.name, _stray(path)))
    names = set().union(*files.values())
    if not names:
        findings.append(Finding("dataset", IMAGE_FOLDER, "has no pictures"))
    for folder, paths in files.items():
        for name in sorted(names - paths.keys()) if (root / folder).is_dir() else ():
            partner = next(other for other, found in files.items() if name in found)
            text = f"is missing; {partner}/{files[partner][name].name} has no partner"
            findings.append(Finding("pairing", f"{folder}/{name}", text))
    return files


def _stray(path: Path) -> str:
    if path.name.startswith("."):
        temporary = path.name.endswith(".tmp")
        return "is a temporary file that a crash left" if temporary else "is a hidden file"
    if not path.is_file():
        return "is no file"
    return "" if path.suffix.lower() in IMAGE_SUFFIXES else "is no picture"


def _manifest(
    root: Path, names: Collection[str], info: DatasetInfo | None, findings: list[Finding]
) -> Mapping[str, Entry]:

    path = root / MANIFEST
    if not path.exists():
        if info is not None and info.format:
            text = f"is missing; {INFO_FILE} has format {info.format}"
            findings.append(Finding("manifest", MANIFEST, text))
        return {}
    try:
        listed = read_manifest(root)
        with path.open("rb") as file:
            lines = sum(1 for _ in file)
    except DatasetError as error:
        findings.append(Finding("manifest", MANIFEST, _without_path(error, path)))
        return {}
    except OSError as error:
        findings.append(Finding("manifest", MANIFEST, f"cannot be read: {error.strerror}"))
        return {}
    if lines > len(listed):
        text = f"line {lines} is torn, as a crash leaves it; recording on would cut it off"
        findings.append(Finding("manifest", MANIFEST, text))
    entries = {entry.name: entry for entry in listed}
    for name in sorted(entries.keys() - set(names)):
        findings.append(Finding("manifest", name, "is in the manifest, but has no files"))
    for name in sorted(set(names) - entries.keys()):
        findings.append(Finding("stray", name, "has files, but no line in the manifest"))
    return entries


def _check_numbers(names: Sequence[str], findings: list[Finding], notes: list[str]) -> None:
    if not names:
        return
    if not all(NUMBERED.fullmatch(name) for name in names):
        notes.append("the names are not numbers of six digits: gaps are not looked for")
        return
    numbers = sorted(map(int, names))
    for before, after in zip([-1, *numbers], numbers, strict=False):
        if after > before + 1:
            gap = f"{before + 1:06d}" + (f" to {after - 1:06d}" if after > before + 2 else "")
            findings.append(Finding("numbering", gap, "is missing in the numbering"))


def _check_lists(
    root: Path, names: Collection[str], findings: list[Finding], notes: list[str]
) -> None:
    lists: dict[str, set[str]] = {}
    for split in list_splits(root):
        where = f"{split}.txt"
        try:
            words = words_of(root, split)
        except DatasetError as error:
            findings.append(Finding("list", where, _without_path(error, root / where)))
            continue
        if not names_pairs(split, words, names):
            continue
        counts = Counter(words)
        lists[split] = set(counts)
        if not counts:
            findings.append(Finding("list", where, "is empty"))
        for name, count in counts.items():
            if name not in names:
                findings.append(Finding("list", where, f"names {name}, which is no pair"))
            if count > 1:
                findings.append(Finding("list", where, f"names {name} {count} times"))
    for one, other in combinations([split for split in lists if split in SPLITS], 2):
        for name in sorted(lists[one] & lists[other]):
            findings.append(Finding("list", f"{one}.txt", f"names {name}, as {other}.txt does"))
    unlisted = len(set(names).difference(*lists.values()))
    if lists and unlisted:
        notes.append(f"{unlisted} pairs are in none of the lists ({', '.join(lists)})")


def _without_path(error: DatasetError, path: Path) -> str:
    return str(error).removeprefix(f"{path}: ")
