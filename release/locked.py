# SPDX-License-Identifier: Apache-2.0
"""Read the files in ``requirements/``: what they pin, for which Pythons, with which hashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPO = Path(__file__).resolve().parent.parent
BUILD = REPO / "requirements" / "build.txt"
INSTALLER = REPO / "requirements" / "installer.txt"
DEMO = REPO / "requirements" / "demo.txt"
TEST = REPO / "requirements" / "test.txt"
TORCH = REPO / "requirements" / "torch.txt"
MATRIX = REPO / "test" / "matrix" / "locked.txt"
"""The same versions for ``tox.ini``, whose environments need only some of them: constraints."""

HEADER = "# Written by make lock; do not edit. What it is: docs/releasing.md\n"

HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Locked:
    """One package at one version, taken where the marker holds."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]

    def as_constraint(self) -> str:
        """Return it without hashes, as pip reads it."""
        return f"{self.name}=={self.version}" + (f" ; {self.marker}" if self.marker else "")


def entries(path: Path) -> list[str]:
    """Return a lock's entries: each begins in the first column, its hashes are indented."""
    text = path.read_text(encoding="utf-8").removeprefix(HEADER)
    return re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]


def read_lock(path: Path) -> list[Locked]:
    """Return what a lock pins."""
    pinned = []
    for entry in entries(path):
        if entry.startswith("#"):
            continue
        requirement = Requirement(entry.partition("\n")[0].removesuffix("\\"))
        pinned.append(
            Locked(
                canonicalize_name(requirement.name),
                str(requirement.specifier).removeprefix("=="),
                str(requirement.marker or ""),
                tuple(HASH.findall(entry)),
            )
        )
    return pinned
