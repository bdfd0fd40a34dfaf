# SPDX-License-Identifier: Apache-2.0
"""From a camera's stamp to the mask at a subscriber: our node, a tutorial's, and the floor.

    python benchmarks/realtime.py [--seconds 10] [--rounds 3] [--json FILE] [--plot FILE]
    python benchmarks/realtime.py --cameras 4
    python benchmarks/realtime.py --soak 60

A camera's process publishes, a node of the same network answers, a third process subscribes. Every
round goes through all variants at each size and rate, each in fresh processes, so all share
the machine's moods. Frames count by their moment of sending; one whose mask never comes is dropped.

tutorial           a node as tutorials write it, on Fast DDS's default transport
tutorial-profile   the same, all three processes with our transport profile
ours               the package's node
ours-overlay       the same while the overlay is subscribed, too
moving             a frame there and a mask back, as bytes, with nothing in between
floor              the same with the network alone in between; "engine + moving" is the floor
                   that the others are held against
one-for-all        with --cameras: one of our nodes serves all cameras
one-for-each       with --cameras: one of our nodes for each camera
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from realtime_plot import save_plot
from realtime_records import RunFailedError
from realtime_report import as_document, as_table, notes, rows_of
from realtime_run import Run, run
from realtime_soak import as_document as soak_document
from realtime_soak import as_lines, soak
from realtime_variants import CAMERAS, VARIANTS, VARIANTS_OF_MANY, Case, Network, Variant
from rich.console import Console

RATES, RATES_OF_MANY, SOAK_RATES = (10.0, 20.0, 30.0, 60.0), (10.0,), (30.0,)
SIZES, SIZES_OF_LONG = ((800, 600), (1280, 720)), ((800, 600),)


def main() -> int:
    """Measure and print tables; return 1 if a run failed."""
    options = _options()
    # Neither heard by nor disturbed by other ROS systems; above 101 the ports collide with others.
    os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    # Told to end, it ends its processes first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    network = Network(options.model, options.engine, options.precision)
    console = Console(width=150)
    facts = {"load_before": os.getloadavg()[0], "cores": os.cpu_count(), "network": vars(network)}
    if os.getloadavg()[0] > 0.25 * (os.cpu_count() or 1):
        console.print(f"The machine is busy (load {os.getloadavg()[0]:.2f}): compare ratios only.")
    with tempfile.TemporaryDirectory() as name:
        if options.soak:
            return _soak(options, network, Path(name), console, facts)
        return _compare(options, network, Path(name), console, facts)


def _compare(
    options: argparse.Namespace,
    network: Network,
    folder: Path,
    console: Console,
    facts: Mapping[str, object],
) -> int:
    cases = [
        Case(width, height, rate, CAMERAS[: options.cameras] if options.cameras else ("",))
        for width, height in options.sizes
        for rate in options.rates
    ]
    results: dict[Case, dict[str, list[Run]]] = {}
    failures: list[str] = []
    try:
        for number in range(options.rounds):
            for case in cases:
                for variant in options.variants:
                    what = f"round {number + 1}, {case}, {variant.name}"
                    try:
                        got = _run(variant, case, network, options.seconds, folder)
                    except RunFailedError as error:
                        failures.append(f"{what}: {error}")
                        print(failures[-1], file=sys.stderr)
                        continue
                    results.setdefault(case, {}).setdefault(variant.name, []).append(got)
                    print(f"{what}: {_short(got)}", file=sys.stderr)
    finally:
        # Also when it is cut short: what there is by then.
        _report(results, options, console, {**facts, "failures": failures})
    return 1 if failures else 0


def _run(variant: Variant, case: Case, network: Network, seconds: float, folder: Path) -> Run:
    # Its records and logs go at once; the pictures beside them are kept for the next one.
    with tempfile.TemporaryDirectory(dir=folder) as name:
        return run(variant, case, network, seconds, Path(name))


def _short(result: Run) -> str:
    return ", ".join(
        f"{camera} {np.median(part.latencies):.1f} ms {part.received}/{part.sent}".strip()
        for camera, part in result.outcomes.items()
    )


def _report(
    results: Mapping[Case, Mapping[str, Sequence[Run]]],
    options: argparse.Namespace,
    console: Console,
    facts: Mapping[str, object],
) -> None:
    rows = {
        case: [row for name, runs in variants.items() for row in rows_of(name, runs)]
        for case, variants in results.items()
    }
    for case, of_case in rows.items():
        console.print(as_table(case, of_case))
        for line in notes(case, of_case):
            console.print(line)
    if options.json:
        settings = {"seconds": options.seconds, "rounds": options.rounds}
        _write(options.json, {**facts, **settings, "cases": as_document(rows)})
    if options.plot and rows:
        save_plot(rows, options.plot)


def _soak(
    options: argparse.Namespace,
    network: Network,
    folder: Path,
    console: Console,
    facts: Mapping[str, object],
) -> int:
    ((width, height),), (rate,) = options.sizes, options.rates
    case = Case(width, height, rate)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        try:
            result = soak(case, network, options.soak, Path(name))
        except RunFailedError as error:
            print(error, file=sys.stderr)
            return 1
    console.print(f"{case}, {options.soak:g} minutes")
    for line in as_lines(result):
        console.print(line)
    if options.json:
        _write(options.json, {**facts, "case": asdict(case), "soak": soak_document(result)})
    return 0


def _write(path: Path, document: Mapping[str, object]) -> None:
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="of each run (10)")
    parser.add_argument("--rounds", type=int, default=3, help="through all runs (3)")
    parser.add_argument("--rates", type=_rates, help="frames a second (10,20,30,60)")
    parser.add_argument("--sizes", type=_sizes, help="of the pictures (800x600,1280x720)")
    parser.add_argument("--variants", help="names from the list above, with commas (all)")
    parser.add_argument("--model", default="carla_unet", help="bundle of all nodes (carla_unet)")
    parser.add_argument("--engine", default="auto", help="of our node and of the floor (auto)")
    parser.add_argument("--precision", default="auto", help="of our node and of the floor (auto)")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--plot", type=Path, help="write a picture here, a PNG")
    long = parser.add_mutually_exclusive_group()
    long.add_argument(
        "--cameras",
        type=int,
        choices=range(2, len(CAMERAS) + 1),
        help="serve so many at once, at 800x600 and 10 Hz if nothing else is said",
    )
    long.add_argument(
        "--soak",
        type=float,
        metavar="MINUTES",
        help="run our node alone, at 800x600 and 30 Hz if nothing else is said",
    )
    options = parser.parse_args()
    offered = VARIANTS_OF_MANY if options.cameras else VARIANTS
    names = options.variants.split(",") if options.variants else list(offered)
    for name in names:
        if name not in offered:
            parser.error(f"--variants has {name!r}; it must be of {', '.join(offered)}")
    options.variants = [offered[name] for name in names]
    options.sizes = options.sizes or (SIZES_OF_LONG if options.cameras or options.soak else SIZES)
    options.rates = options.rates or (
        RATES_OF_MANY if options.cameras else SOAK_RATES if options.soak else RATES
    )
    if options.soak and (len(options.sizes), len(options.rates)) != (1, 1):
        parser.error("--soak takes one size and one rate")
    return options


def _rates(text: str) -> tuple[float, ...]:
    rates = tuple(float(part) for part in text.split(","))
    if not all(0.1 <= rate <= 1000.0 for rate in rates):
        raise argparse.ArgumentTypeError(f"{text!r}: a rate is from 0.1 to 1000")
    return rates


def _sizes(text: str) -> tuple[tuple[int, int], ...]:
    sizes = tuple(tuple(map(int, part.split("x"))) for part in text.split(","))
    if not all(len(size) == 2 and all(1 <= side <= 4096 for side in size) for size in sizes):
        raise argparse.ArgumentTypeError(f"{text!r}: a size is WIDTHxHEIGHT, 1 to 4096 each")
    return tuple((size[0], size[1]) for size in sizes)


if __name__ == "__main__":
    sys.exit(main())
