# SPDX-License-Identifier: Apache-2.0
"""Build the sdist and the wheel into ``dist/``: equal sources give equal bytes.

Times are those of the last commit, modes and owners fixed, and only what git knows is taken: no
cache, no machine's path. The wheel is built from the sdist, so whoever has that one can build it.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyproject_hooks
from build import ProjectBuilder

REPO = Path(__file__).resolve().parent.parent
DIST = REPO / "dist"

SHARED_UMASK = 0o022


def main() -> int:
    """Build both from the last commit."""
    if git(REPO, "status", "--porcelain"):
        print("there are changes that are not committed: a release is a commit", file=sys.stderr)
        return 1
    for artefact in build(REPO, DIST):
        print(artefact.relative_to(REPO))
    return 0


def build(source: Path, out: Path) -> tuple[Path, Path]:
    """Build sdist and wheel of the files in ``source`` that git knows; return their paths."""
    epoch = int(git(source, "log", "-1", "--format=%ct"))
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, build_environment(epoch):
        tree, unpacked = Path(folder) / "tree", Path(folder) / "unpacked"
        copy_tracked(source, tree)
        raw = Path(builder(tree).build("sdist", folder))
        sdist = out / raw.name
        write_sdist(raw, sdist, epoch)
        with tarfile.open(sdist) as archive:
            # The archive is ours; Python 3.10 knows no filter.
            archive.extractall(unpacked)
        (root,) = unpacked.iterdir()
        wheel = Path(builder(root).build("wheel", out))
    return sdist, wheel


def builder(source: Path) -> ProjectBuilder:
    """Return what builds a source tree with the setuptools of this environment, silently."""
    return ProjectBuilder(source, runner=pyproject_hooks.quiet_subprocess_runner)


def copy_tracked(source: Path, tree: Path) -> None:
    """Copy the files that git knows, with plain modes: executable or not."""
    for name in git(source, "ls-files", "-z").split("\0"):
        path = source / name
        if not name or not path.is_file():
            continue
        copy = tree / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
        copy.chmod(0o755 if os.access(path, os.X_OK) else 0o644)


def write_sdist(raw: Path, sdist: Path, epoch: int) -> None:
    """Write an sdist again, sorted and without the time, modes and owner of its build."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.mtime = epoch
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
        member.pax_headers = {}
        return member

    with (
        sdist.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=epoch) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive,
        tarfile.open(raw) as built,
    ):
        for member in sorted(built.getmembers(), key=lambda member: member.name):
            archive.addfile(plain(member), built.extractfile(member) if member.isfile() else None)


@contextmanager
def build_environment(epoch: int) -> Iterator[None]:
    """Fix what setuptools takes from its surroundings."""
    before = os.environ.get("SOURCE_DATE_EPOCH")
    umask = os.umask(SHARED_UMASK)
    os.environ["SOURCE_DATE_EPOCH"] = str(epoch)
    try:
        yield
    finally:
        os.umask(umask)
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = before


def git(folder: Path, *arguments: str) -> str:
    """Return what git says."""
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    raise SystemExit(main())
