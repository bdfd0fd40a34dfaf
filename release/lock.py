# SPDX-License-Identifier: Apache-2.0
"""Write the lock: every package of ``make demo`` and ``make test``, with its version and hashes.

``setup.py`` says what is needed, ``requirements/*.txt`` which versions are taken. Run again it
keeps them; ``--upgrade`` takes the newest.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from locked import BUILD, DEMO, HEADER, INSTALLER, MATRIX, REPO, TEST, TORCH, entries, read_lock

DEMO_EXTRAS = ("ros", "cpu", "carla")
TEST_EXTRAS = (*DEMO_EXTRAS, "train", "tensorboard", "dev")
OLDEST_PYTHON = "3.10"

# PyTorch stands in torch.txt, which says why, and its wheels bring their own CUDA; pip is there.
LEFT_OUT = re.compile(r"(torch|triton|pip|nvidia-.*|cuda-.*)==")

# Builds this package and what has no wheel; goes in first, so that pip fetches nothing for a build.
BACKEND = "setuptools=="

# Installs what the tests need, in a fraction of pip's time.
FAST = "uv=="


def main() -> None:
    """Write the tests' file, and as parts of it the demo's, the build's and the installer's."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    upgrade = parser.parse_args().upgrade
    resolve(TEST, TEST_EXTRAS, constraint=TORCH, upgrade=upgrade)
    resolve(DEMO, DEMO_EXTRAS, constraint=TEST, upgrade=upgrade)
    write(BUILD, [entry for entry in entries(TEST) if entry.startswith(BACKEND)])
    write(INSTALLER, [entry for entry in entries(TEST) if entry.startswith(FAST)])
    write(MATRIX, [each.as_constraint() + "\n" for each in read_lock(TEST)])


def resolve(path: Path, extras: tuple[str, ...], *, constraint: Path, upgrade: bool) -> None:
    """Resolve ``setup.py`` with these extras, for all Pythons at once, into a file."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "setup.py", "--quiet"]
    command += ["--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes"]
    # Paths within the repository: they stand in the file.
    command += ["--constraint", str(constraint.relative_to(REPO))]
    command += ["--no-header", "--output-file", str(path.relative_to(REPO))]
    command += [f"--extra={extra}" for extra in extras]
    command += ["--upgrade"] if upgrade else []
    subprocess.run(command, cwd=REPO, check=True, stdout=subprocess.DEVNULL)
    write(path, [entry for entry in entries(path) if not LEFT_OUT.match(entry)])


def write(path: Path, kept: list[str]) -> None:
    """Write a lock of these entries."""
    path.write_text(HEADER + "".join(kept), encoding="utf-8")


if __name__ == "__main__":
    main()
