# SPDX-License-Identifier: Apache-2.0
"""Files for parsers that read files: one folder for each process, in memory where there is any."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

MEMORY = Path("/dev/shm")


@cache
def folder(name: str) -> Path:
    """Return an empty folder of this process."""
    path = _root() / name
    path.mkdir(parents=True)
    return path


def put(name: str, data: bytes) -> Path:
    """Write a file, in place of the one of the same name, and return it."""
    path = folder("files") / name
    write(path, data)
    return path


def write(path: Path, data: bytes) -> None:
    """Write a file; renaming or unlinking the one before would cost more than all else."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)


@cache
def _root() -> Path:
    root = Path(
        tempfile.mkdtemp(prefix="unet_perception_fuzz", dir=MEMORY if MEMORY.is_dir() else None)
    )
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root
