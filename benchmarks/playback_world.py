# SPDX-License-Identifier: Apache-2.0
"""Pictures to play and processes to run, for the benchmarks of CARLA's side."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from unet_perception.dataset import DatasetInfo, write_info, write_pair
from unet_perception.playback.street import Street
from unet_perception.ros import process

PICTURES = 40

CAMERAS = """cameras:
  rgb_front: {type: rgb, width: 800, height: 600, fov: 90, x: 2.0, z: 2.0}
"""
"""The bridge's, as it reads them."""

IMAGE = "/carla/ego_vehicle/rgb_front/image"
"""Where that camera's pictures are published."""


def write_pictures(root: Path) -> None:
    """Write a folder of 800x600 street pictures, so that playing costs no drawing."""
    street = Street(0)
    for number in range(PICTURES):
        frame = street.frame(number * 5)
        write_pair(root, f"{number:06d}", frame.rgb, frame.ids)
    write_info(root, DatasetInfo(Street.LABEL_SET))


def playback(port: int, pictures: Path | None) -> list[str]:
    """Return the arguments of Python for a playback server."""
    data = [] if pictures is None else ["--data", str(pictures)]
    return ["-m", "unet_perception.cli", "playback", "--port", str(port), *data]


def round_options(description: str | None) -> argparse.Namespace:
    """Return ``rounds``, ``seconds`` and ``rate`` from the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each round (10)")
    parser.add_argument("--rate", type=float, default=20.0, help="frames a second (20)")
    return parser.parse_args()


def own_domain() -> None:
    """Let this process and those that it starts neither hear nor disturb other ROS systems."""
    os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"


@contextmanager
def playable() -> Iterator[Path]:
    """Make a folder with ``cameras.yaml`` and ``pictures``, and make this process fit for ROS."""
    process.prepare()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, process.STOP_SIGNALS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cameras.yaml").write_text(CAMERAS)
        write_pictures(folder / "pictures")
        yield folder


@contextmanager
def running(
    arguments: list[str], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run Python with arguments for as long as the ``with`` block runs."""
    started = subprocess.Popen(
        [sys.executable, *arguments],
        env=dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield started
    finally:
        started.terminate()
        started.wait(30.0)
