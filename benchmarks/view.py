# SPDX-License-Identifier: Apache-2.0
"""Do those who look at the live page slow the masks? From a camera's stamp to the mask.

    python benchmarks/view.py [--seconds 10] [--rounds 6] [--rate 20] [--viewers 10] [--json FILE]

One run of the same processes: camera, perception node, a subscriber that notes when masks come, and
the page's node. Viewers come and go: every round has a span without, with one and with all of them,
in turn, so that all share the machine's moods. Viewers take and acknowledge every picture as a
browser does, but do not draw it; they stand for other machines and so have the least priority.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from realtime_processes import cpu_ms
from realtime_records import RunFailedError, Window
from realtime_run import Stage
from realtime_variants import HERE, Case, Network, Variant, image_topic
from rich.console import Console
from rich.table import Table

from unet_perception.demo.stack import free_port

LINGER = "linger:=2.0"
SETTLE_S = 4.0
"""Longer than the page keeps its subscriptions after the last viewer has left."""

NODES = ("perception", "live_view")


@dataclass(frozen=True)
class Span:
    """What was measured while so many looked.

    Attributes:
        viewers: How many.
        latencies_ms: Of each mask.
        sent: Frames that the camera sent.
        cpu: Share of a core that each of ``NODES`` took.
        pictures_hz: Pictures that a viewer got per second; 0 without viewers.
    """

    viewers: int
    latencies_ms: NDArray[np.float64]
    sent: int
    cpu: dict[str, float]
    pictures_hz: float


class Viewers:
    """Processes that look at the page; they end with the ``with`` block."""

    def __init__(self, address: str, count: int) -> None:
        """Start them, all in one process."""
        self._address, self._count = address, count
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Viewers:
        """Wait until all of them look."""
        if self._count:
            command = [sys.executable, str(HERE / "view_viewers.py"), self._address]
            self._process = subprocess.Popen(
                [*command, str(self._count)], start_new_session=True, stdin=subprocess.DEVNULL
            )
        return self

    def __exit__(self, *_: object) -> None:
        """End them."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()


def main() -> int:
    """Measure and print a table; return 1 if a run failed."""
    options = _options()
    os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    console = Console(width=120)
    if os.getloadavg()[0] > 0.25 * (os.cpu_count() or 1):
        console.print(f"The machine is busy (load {os.getloadavg()[0]:.2f}): compare ratios only.")
    network = Network(options.model, options.engine, options.precision)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        run.mkdir()
        try:
            spans = measure(options, network, run)
        except RunFailedError as error:
            print(error, file=sys.stderr)
            return 1
    report(spans, console)
    if options.json:
        rows = [{**asdict(span), "latencies_ms": span.latencies_ms.tolist()} for span in spans]
        Path(options.json).write_text(json.dumps(rows), encoding="utf-8")
    return 0


def measure(options: argparse.Namespace, network: Network, folder: Path) -> list[Span]:
    """Return all spans, in the order in which they were measured.

    Raises:
        RunFailedError: A process ended, or no masks came.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    case = Case(options.size[0], options.size[1], options.rate)
    spans = []
    with Stage(_variant(port), case, network, folder) as stage:
        counts = (0, 1, options.viewers)
        for number in range(options.rounds):
            # Each round begins with another count: what comes after what must not matter.
            for turn in range(len(counts)):
                count = counts[(turn + number) % len(counts)]
                with Viewers(address, count):
                    stage.wait(SETTLE_S)
                    if _figure(address, "unet_perception_view_viewers") != count:
                        raise RunFailedError(f"not {count} viewers look at {address}")
                    spans.append(_span(stage, address, count, options.seconds))
                print(f"round {number + 1}, {_short(spans[-1])}", file=sys.stderr)
    return spans


def report(spans: Sequence[Span], console: Console) -> None:
    """Print what came of it, pooled over the rounds."""
    table = Table("viewers", "p50 ms", "p95 ms", "p99 ms", "masks", "p50 to none")
    for node in NODES:
        table.add_column(f"{node}, cores")
    table.add_column("pictures/s")
    bare = [np.median(span.latencies_ms) for span in spans if not span.viewers]
    for count in sorted({span.viewers for span in spans}):
        those = [span for span in spans if span.viewers == count]
        pooled = np.concatenate([span.latencies_ms for span in those])
        p50, p95, p99 = np.percentile(pooled, (50, 95, 99))
        ratios = [np.median(x.latencies_ms) / y for x, y in zip(those, bare, strict=True)]
        sent = sum(span.sent for span in those)
        table.add_row(
            str(count),
            *(f"{value:.2f}" for value in (p50, p95, p99)),
            f"{len(pooled)}/{sent}",
            f"{np.median(ratios):.3f} ({min(ratios):.2f}-{max(ratios):.2f})",
            *(f"{np.mean([span.cpu[node] for span in those]):.3f}" for node in NODES),
            f"{np.mean([span.pictures_hz for span in those]):.1f}",
        )
    console.print(table)


def _span(stage: Stage, address: str, viewers: int, seconds: float) -> Span:
    pictures = _figure(address, "unet_perception_view_sent_total")
    begin = time.monotonic_ns()
    used = [cpu_ms(pid) for pid in stage.nodes]
    stage.wait(seconds)
    window = Window(begin, time.monotonic_ns())
    taken = [cpu_ms(pid) - before for pid, before in zip(stage.nodes, used, strict=True)]
    pictures = _figure(address, "unet_perception_view_sent_total") - pictures
    stage.settle(window.end)
    (outcome,) = stage.outcomes(window).values()
    return Span(
        viewers,
        outcome.latencies,
        outcome.sent,
        {name: ms / 1e3 / window.seconds for name, ms in zip(NODES, taken, strict=True)},
        pictures / window.seconds / viewers if viewers else 0.0,
    )


def _variant(port: int) -> Variant:
    def commands(case: Case, network: Network, folder: Path) -> list[list[str]]:
        del folder
        values = {**vars(network), "input_image_topic": image_topic(case.cameras[0])}
        given = [x for key, value in values.items() for x in ("-p", f"{key}:={value}")]
        node = ["-m", "unet_perception.nodes"]
        return [
            [*node, "perception", "--ros-args", *given],
            [*node, "live_view", "--ros-args", *("-p", f"port:={port}"), *("-p", LINGER)],
        ]

    return Variant("view", commands)


def _figure(address: str, name: str) -> float:
    with urllib.request.urlopen(f"{address}metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def _short(span: Span) -> str:
    return (
        f"{span.viewers} viewers: {np.median(span.latencies_ms):.2f} ms, "
        f"{len(span.latencies_ms)}/{span.sent}, {span.pictures_hz:.1f} pictures/s each"
    )


def _size(text: str) -> tuple[int, int]:
    width, height = text.split("x")
    return int(width), int(height)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each span (10)")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--rate", type=float, default=20.0, help="of the camera (20)")
    parser.add_argument("--size", type=_size, default=(800, 600), help="of the camera (800x600)")
    parser.add_argument("--viewers", type=int, default=10)
    parser.add_argument("--model", default="carla_unet")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
