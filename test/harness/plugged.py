# SPDX-License-Identifier: Apache-2.0
"""Packages as pip leaves them, for processes of their own that have them on their path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]


def plug(folder: Path, package: str, code: str, **entries: str) -> Path:
    """Write a module and the metadata that tells its entry points, ``engines="mine = m:KIND"``.

    Returns:
        The folder, for ``python``.
    """
    (folder / f"{package}.py").write_text(code)
    metadata = folder / f"{package}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    groups = (f"[unet_perception.{group}]\n{text}\n" for group, text in entries.items())
    (metadata / "entry_points.txt").write_text("\n".join(groups))
    return folder


def python(code: str, *paths: Path) -> str:
    """Run code in a process of its own, which must end well, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [*paths, REPO]))},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
