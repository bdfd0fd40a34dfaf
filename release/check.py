# SPDX-License-Identifier: Apache-2.0
"""Install the wheel into an empty environment, from the lock alone, and run the demo from it.

Nothing of the source tree is seen: another folder, a clean environment, another Python if asked.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from artefacts import DIST
from locked import BUILD, DEMO, REPO

DEMO_SECONDS = 15
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "CI")
PICTURES = REPO / "build" / "release_check"


def main() -> int:
    """Check the newest wheel in ``dist/``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", default=sys.executable, help="the Python to check it with")
    python = parser.parse_args().python
    wheel = max(DIST.glob("*.whl"), key=lambda path: path.stat().st_mtime)
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "environment"
        subprocess.run([python, "-m", "venv", environment], check=True)
        install(environment / "bin" / "python", wheel)
        run_demo(environment, Path(folder), Path(folder) / "pictures")
        shutil.copytree(Path(folder) / "pictures", PICTURES, dirs_exist_ok=True)
    print(f"{wheel.name} ran; its pictures: {PICTURES.relative_to(REPO)}")
    return 0


def install(python: Path, wheel: Path) -> None:
    """Install the lock, then the wheel, and let pip look whether anything is missing."""
    pip = [str(python), "-m", "pip"]
    locked = [*pip, "install", "--quiet", "--no-deps", "--require-hashes"]
    locked += ["--no-build-isolation", "--use-pep517"]
    for lock in (BUILD, DEMO):
        subprocess.run([*locked, "--requirement", str(lock)], check=True, cwd=python.parent)
    extras = f"{wheel}[ros,cpu,carla]"
    # Without an index: whatever the lock does not hold is missed here.
    subprocess.run([*pip, "install", "--quiet", "--no-index", extras], check=True)
    subprocess.run([*pip, "check"], check=True)


def run_demo(environment: Path, folder: Path, out: Path) -> None:
    """Run the demo of an environment for some seconds; it must end well, with pictures."""
    known = {key: os.environ[key] for key in KEPT if key in os.environ}
    known["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    demo = [str(environment / "bin" / "unet-perception"), "demo"]
    demo += ["--seconds", str(DEMO_SECONDS), "--out", str(out), "--no-view"]
    subprocess.run(demo, cwd=folder, env=known, check=True)


if __name__ == "__main__":
    raise SystemExit(main())
