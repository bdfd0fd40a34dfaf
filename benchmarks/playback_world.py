# SPDX-License-Identifier: Apache-2.0
"""Pictures to play and processes to run, for the benchmarks of CARLA's side."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from unet_perception.dataset import DatasetInfo, write_info, write_pair
from unet_perception.playback.street import Street

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
