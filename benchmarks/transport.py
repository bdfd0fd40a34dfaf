# SPDX-License-Identifier: Apache-2.0
"""One camera picture from a process to the node's: which transport, which message, which QoS.

    python benchmarks/transport.py [--seconds 6] [--rounds 3] [--json FILE]

From the moment at which the camera has the picture to that at which the node has its pixels:
encoding, serialising, moving and decoding. Every round goes through all cases in fresh processes.
A picture that has not come a second after the window's end is lost. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from realtime_processes import Processes, cpu_ms
from realtime_records import SECOND, Outcome, RunFailedError, Window, outcome, read_records
from realtime_run import write_pictures
from rich.console import Console
from rich.table import Table
from transport_camera import JPEG, PICTURES_FILE, RAW
from transport_places import enter, other_host
from transport_ways import WAYS, Way, environment

from unet_perception.demo.processes import ProcessGroup

HERE = Path(__file__).parent
SIZE = (800, 600)
START_S = 30.0
WARM_UP_S = 2.0
STRAGGLERS_S = 1.0


@dataclass(frozen=True)
class Run:
    """What one run gave.

    Attributes:
        outcome: The pictures.
        camera_cpu_ms: CPU milliseconds of the camera's process for each picture sent.
        reader_cpu_ms: The same of the node's process.
        problem: What the node's subscription said last.
    """

    outcome: Outcome
    camera_cpu_ms: float
    reader_cpu_ms: float
    problem: str


@dataclass(frozen=True)
class Row:
    """All runs of a case; times in milliseconds, None where nothing came."""

    place: str
    way: str
    message: str
    reliability: str
    p50_ms: float | None
    p99_ms: float | None
    received: int
    sent: int
    camera_cpu_ms: float
    reader_cpu_ms: float
    problem: str


def main() -> int:
    """Measure and print a table; return 1 if a run failed."""
    enter(__file__, sys.argv[1:])
    options = _options()
    # Alone in this network: nothing is limited to this host, which would change transports.
    os.environ["ROS_DOMAIN_ID"] = "1"
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "SUBNET"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    console = Console(width=170)
    load = os.getloadavg()[0]
    if load > 0.25 * (os.cpu_count() or 1):
        console.print(f"The machine is busy (load {load:.2f}): compare ratios only.")
    cases = [
        (way, message, reliability)
        for way in WAYS
        for message in options.messages
        for reliability in ("reliable", "best_effort")
        if options.only in f"{way.place}: {way.name}"
    ]
    runs: dict[int, list[Run]] = {number: [] for number in range(len(cases))}
    with tempfile.TemporaryDirectory() as name, other_host(options.cable) as host:
        write_pictures(Path(name) / PICTURES_FILE, *SIZE)
        for round_number in range(options.rounds):
            for number, case in enumerate(cases):
                folder = Path(name) / f"{round_number}-{number}"
                folder.mkdir()
                try:
                    runs[number].append(_run(*case, options, str(host), folder))
                except RunFailedError as error:
                    console.print(f"{case}: {error}", markup=False)
                    return 1
    rows = [
        _row(way, message, reliability, runs[number])
        for number, (way, message, reliability) in enumerate(cases)
    ]
    console.print(_table(rows, options))
    if options.json is not None:
        facts = {"load_before": load, "cores": os.cpu_count(), **vars(options)}
        document = {"facts": facts, "rows": [asdict(row) for row in rows]}
        options.json.write_text(json.dumps(document, default=str, indent=1), encoding="utf-8")
    return 0


def _run(
    way: Way,
    message: str,
    reliability: str,
    options: argparse.Namespace,
    host: str,
    folder: Path,
) -> Run:
    sent, arrived = folder / "sent", folder / "arrived"
    with (
        Processes(folder, environment(way.reader)) as readers,
        Processes(folder, environment(way.camera)) as cameras,
    ):
        reader = readers.start("reader", [str(HERE / "transport_reader.py"), str(arrived)])
        script = [str(HERE / "transport_camera.py"), message, reliability, str(options.rate)]
        launcher = [str(HERE / "transport_places.py"), way.place, host]
        camera = cameras.start("camera", [*launcher, *script, str(sent)])
        _wait_for(sent, cameras)
        time.sleep(WARM_UP_S)
        before = cpu_ms(camera), cpu_ms(reader)
        begin = time.monotonic_ns()
        time.sleep(options.seconds)
        window = Window(begin, time.monotonic_ns())
        used = cpu_ms(camera) - before[0], cpu_ms(reader) - before[1]
        time.sleep(STRAGGLERS_S)
        readers.check()
        cameras.check()
    result = outcome(read_records(sent), read_records(arrived), window)
    problem = arrived.with_suffix(".txt").read_text(encoding="utf-8")
    return Run(result, used[0] / result.sent, used[1] / result.sent, problem)


def _wait_for(records: Path, processes: ProcessGroup) -> None:
    end = time.monotonic_ns() + START_S * SECOND
    while not len(read_records(records)):
        processes.check()
        if time.monotonic_ns() > end:
            raise RunFailedError(f"no picture was sent within {START_S:g} s")
        time.sleep(0.1)


def _row(way: Way, message: str, reliability: str, runs: Sequence[Run]) -> Row:
    latencies: NDArray[np.float64] = np.concatenate([run.outcome.latencies for run in runs])
    p50, p99 = np.percentile(latencies, (50, 99)).tolist() if len(latencies) else (None, None)
    return Row(
        way.place,
        way.name,
        message,
        reliability,
        p50,
        p99,
        len(latencies),
        sum(run.outcome.sent for run in runs),
        float(np.mean([run.camera_cpu_ms for run in runs])),
        float(np.mean([run.reader_cpu_ms for run in runs])),
        runs[-1].problem,
    )


def _table(rows: Sequence[Row], options: argparse.Namespace) -> Table:
    size = "x".join(str(one) for one in SIZE)
    title = f"{size} at {options.rate:g} Hz, {options.rounds} rounds of {options.seconds:g} s"
    table = Table(title=f"{title}; cable {options.cable}", title_justify="left")
    for column in ("camera", "transport", "message", "QoS"):
        table.add_column(column, no_wrap=True)
    for column in ("p50 ms", "p99 ms", "received", "CPU camera ms", "CPU node ms"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            row.place,
            row.way,
            row.message,
            row.reliability,
            *("-" if value is None else f"{value:.1f}" for value in (row.p50_ms, row.p99_ms)),
            f"{row.received}/{row.sent}",
            f"{row.camera_cpu_ms:.1f}",
            f"{row.reader_cpu_ms:.1f}",
        )
    return table


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each run (6)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=float, default=30.0, help="pictures a second (30)")
    parser.add_argument("--cable", default="1gbit", help="between hosts, as tc takes it (1gbit)")
    parser.add_argument("--messages", nargs="+", choices=(RAW, JPEG), default=[RAW, JPEG])
    parser.add_argument("--only", default="", help="part of a place and transport in the table")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
