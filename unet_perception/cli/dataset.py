# SPDX-License-Identifier: Apache-2.0
"""``unet-perception dataset DIR``: check, look at and reshape a folder of pairs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unet_perception.cli.arguments import at_least
from unet_perception.cli.progress import progress

if TYPE_CHECKING:
    from unet_perception.dataset.rewrite import NewDataset


def add_parser(subparsers: Any) -> None:
    """Add the verb, its actions and their options."""
    parser = subparsers.add_parser("dataset", help="check, look at, convert or merge datasets")
    parser.add_argument("dir", type=Path, metavar="DIR", help="folder with CameraRGB, CameraMask")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    verify = actions.add_parser("verify", help="find everything that is wrong with it")
    verify.add_argument(
        "--limit", type=int, default=10, metavar="N", help="findings to print of each kind (10)"
    )
    stats = actions.add_parser("stats", help="class balance, towns, weathers, near-duplicates")
    stats.add_argument("--json", action="store_true", help="print JSON instead of tables")
    report = actions.add_parser("report", help="one HTML page or PNG picture to look at")
    report.add_argument(
        "--out",
        type=Path,
        default=Path("dataset_report.html"),
        metavar="FILE",
        help=".html or .png (dataset_report.html)",
    )
    report.add_argument(
        "--pictures", type=int, metavar="N", help="pairs to show (24 in HTML, 8 in PNG)"
    )
    for action in (stats, report):
        action.add_argument(
            "--near",
            type=int,
            metavar="BITS",
            help="neighbours whose 256-bit hashes differ by so much or less look alike (8)",
        )
    convert = actions.add_parser("convert", help="write it in another label set")
    subsample = actions.add_parser("subsample", help="write some of its pairs")
    fewer = subsample.add_mutually_exclusive_group(required=True)
    fewer.add_argument("--every", type=int, metavar="N", help="each N-th pair")
    fewer.add_argument("--count", type=int, metavar="N", help="N pairs, evenly spread")
    fewer.add_argument(
        "--min-distance", type=float, metavar="M", help="pairs at least M metres apart"
    )
    merge = actions.add_parser("merge", help="write its pairs and those of other folders")
    merge.add_argument("others", type=Path, nargs="+", metavar="DIR2", help="further folders")
    for action, required in ((convert, True), (merge, False)):
        action.add_argument(
            "--to", required=required, metavar="LABELSET", help="label set of the new folder"
        )
    for action in (convert, subsample, merge):
        action.add_argument(
            "--out", type=Path, required=True, metavar="DIR", help="new or empty folder"
        )
        action.add_argument(
            "--link", action="store_true", help="hard links instead of copies where it can be"
        )
    for action in (verify, stats, report, convert, subsample, merge):
        action.add_argument(
            "--label-set",
            default="",
            metavar="NAME",
            help="name or YAML file, for a folder without dataset.json",
        )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do what the action says; return the exit code: 1 where verify finds anything.

    Raises:
        ConfigError: A number is out of range.
        DatasetError: A folder is damaged where it must not be, or cannot be written.
        LabelSetError: A label set is not known, or cannot be mapped.
    """
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "verify": _verify,
        "stats": _stats,
        "report": _report,
        "convert": _convert,
        "subsample": _subsample,
        "merge": _merge,
    }
    return actions[options.action](options)


def _verify(options: argparse.Namespace) -> int:
    from unet_perception.dataset.verify import KINDS, verify

    limit = at_least(0, "limit", options.limit)
    with progress("verify") as watch:
        found = verify(options.dir, options.label_set, watch)
    for kind in KINDS:
        of_kind = [finding for finding in found.findings if finding.kind == kind]
        for finding in of_kind[:limit]:
            print(f"{kind}: {finding.where}: {finding.text}")
        if len(of_kind) > limit:
            print(f"{kind}: {len(of_kind) - limit} more")
    for note in found.notes:
        print(f"note: {note}")
    count = len(found.findings)
    print(f"{options.dir}: {found.pairs} pairs, {count or 'no'} finding{'s' * (count != 1)}")
    return 1 if count else 0


def _stats(options: argparse.Namespace) -> int:
    import json

    from rich.console import Console

    from unet_perception.dataset.folder import read_folder
    from unet_perception.dataset.statistics import shown_label_set, statistics
    from unet_perception.dataset.tables import render

    folder = read_folder(options.dir, options.label_set)
    with progress("stats") as watch:
        found = statistics(folder, _near(options), watch)
    if options.json:
        print(json.dumps(found.as_dict(), indent=2))
    else:
        label_set = shown_label_set(folder, (row.id for row in found.classes))
        Console().print(render(folder, found, label_set))
    return 0


def _report(options: argparse.Namespace) -> int:
    from unet_perception.dataset.folder import read_folder
    from unet_perception.dataset.report import write_report

    pictures = 0 if options.pictures is None else at_least(1, "pictures", options.pictures)
    folder = read_folder(options.dir, options.label_set)
    with progress("report") as watch:
        found = write_report(folder, options.out, pictures, _near(options), watch)
    print(f"{options.out}: report on {found.pairs} pairs of {options.dir}")
    return 0


def _convert(options: argparse.Namespace) -> int:
    from unet_perception.dataset.folder import read_folder
    from unet_perception.dataset.transform import convert
    from unet_perception.labels import load_label_set

    target = load_label_set(options.to)
    return _write(options, convert(read_folder(options.dir, options.label_set), target))


def _subsample(options: argparse.Namespace) -> int:
    from unet_perception.dataset.folder import read_folder
    from unet_perception.dataset.transform import apart, evenly, every, subsample

    folder = read_folder(options.dir, options.label_set)
    if options.every is not None:
        indices = every(folder, options.every)
    elif options.count is not None:
        indices = evenly(folder, options.count)
    else:
        indices = apart(folder, options.min_distance)
    return _write(options, subsample(folder, indices))


def _merge(options: argparse.Namespace) -> int:
    from unet_perception.dataset.folder import read_folder
    from unet_perception.dataset.info import INFO_FILE
    from unet_perception.dataset.transform import merge
    from unet_perception.labels import load_label_set

    target = load_label_set(options.to) if options.to else None
    roots = [options.dir, *options.others]
    # Folders that say what their ids mean are believed; the option is for the others.
    folders = [
        read_folder(root, "" if (root / INFO_FILE).exists() else options.label_set)
        for root in roots
    ]
    return _write(options, merge(folders, target))


def _write(options: argparse.Namespace, new: NewDataset) -> int:
    for note in new.notes:
        print(note, flush=True)
    with progress(options.action) as watch:
        new.write(options.out, options.link, watch)
    splits = "".join(f", {len(names)} in {split}" for split, names in new.lists.items())
    print(f"{options.out}: {len(new.items)} pairs{splits}")
    return 0


def _near(options: argparse.Namespace) -> int:
    from unet_perception.dataset.statistics import NEAR

    return NEAR if options.near is None else at_least(0, "near", options.near)
