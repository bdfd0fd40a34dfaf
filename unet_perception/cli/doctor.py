# SPDX-License-Identifier: Apache-2.0
"""``unet-perception doctor``: what would run on this machine, why not the rest, and the fix."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser(
        "doctor", help="say what would run here, why not the rest, and what to do about it"
    )
    parser.add_argument(
        "model",
        nargs="?",
        default="carla_unet",
        help="a bundle's folder, or a shipped model's name",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what was found; return 1 if the perception node would not run as it should."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from unet_perception.doctor.engines import look_at_engines, look_at_model
    from unet_perception.doctor.finding import GOOD, NOTE, PROBLEM
    from unet_perception.doctor.machine import look_at_processor, look_at_shared_memory
    from unet_perception.doctor.plugs import look_at_architectures
    from unet_perception.doctor.software import look_at_carla, look_at_packages, look_at_ros

    findings = [
        *look_at_processor(),
        *look_at_shared_memory(),
        *look_at_ros(),
        *look_at_carla(),
        *look_at_packages(),
        *look_at_engines(),
        *look_at_architectures(),
        *look_at_model(options.model, lambda line: print(line, file=sys.stderr, flush=True)),
    ]
    styles = {GOOD: "green", NOTE: "yellow", PROBLEM: "bold red"}
    table = Table(show_header=False, box=None, pad_edge=False)
    for finding in findings:
        text = f"{finding.text}\n-> {finding.fix}" if finding.fix else finding.text
        # Text as it is: "[cpu]" in the name of an extra is no markup.
        cells = (Text(finding.state, styles[finding.state]), Text(finding.topic), Text(text))
        table.add_row(*cells)
    Console().print(table)
    problems = [finding.topic for finding in findings if finding.state == PROBLEM]
    if problems:
        print(f"to be put right: {', '.join(problems)}")
    return 1 if problems else 0
