# SPDX-License-Identifier: Apache-2.0
"""Write ``docs/licences.md``: the licence of every dependency in the lock.

A licence that is unknown, or not one of those in ``licences.yaml``, is an error.
"""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml
from license_expression import ExpressionError, get_spdx_licensing
from locked import DEMO, REPO, TEST, TORCH, Locked, read_lock

PAGE = REPO / "docs" / "licences.md"
RULES = REPO / "release" / "licences.yaml"

INTRO = """# Licences of the dependencies

Written by `make licences`, of the metadata of the installed packages and, for those of ROS, of
their `package.xml`. The tests fail when a licence is unknown or not among those that
[licences.yaml](../release/licences.yaml) allows. This package is under the Apache License 2.0.

It is what each package says of itself. A wheel may hold libraries of others, which its own licence
file names: OpenCV's has FFmpeg (LGPL 2.1), NumPy's has OpenBLAS and GCC's runtime. PyTorch from
PyPI brings NVIDIA's CUDA libraries, under NVIDIA's terms; its CPU builds do not.
"""
SECTIONS = (
    ("With `make demo`, and with `pip install 'unet_perception[ros,cpu,carla]'`", DEMO),
    ("With `make test` as well", TEST),
)


@dataclass(frozen=True)
class Rules:
    """What ``licences.yaml`` says."""

    allowed: tuple[str, ...]
    allowed_in_tests: tuple[str, ...]
    names: dict[str, str]
    stated: dict[str, str]


@cache
def rules() -> Rules:
    """Read ``licences.yaml``."""
    data: dict[str, Any] = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return Rules(
        tuple(data["allowed"]), tuple(data["allowed_in_tests"]), data["names"], data["stated"]
    )


# Half a second to read, and asked for each package.
licensing = cache(get_spdx_licensing)


@cache
def licence(name: str) -> str:
    """Return a package's licence as an SPDX expression; empty where nothing says it."""
    if name in rules().stated:
        return rules().stated[name]
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
    return next((found for words in said(distribution) if (found := spdx(words))), "")


def said(distribution: importlib.metadata.Distribution) -> Iterator[str]:
    """Yield what an installed package says of its licence, the clearest first."""
    metadata = distribution.metadata
    yield from metadata.get_all("License-Expression") or []
    for file in distribution.files or []:
        if file.name == "package.xml":
            root = ElementTree.parse(Path(str(file.locate()))).getroot()
            found = {spdx(element.text or "") for element in root.findall("license")}
            yield " AND ".join(sorted(found)) if all(found) else ""
    yield from metadata.get_all("License") or []
    kinds = [kind for kind in metadata.get_all("Classifier") or [] if kind.startswith("License")]
    yield kinds[0].rpartition(" :: ")[2] if len(kinds) == 1 else ""


def spdx(words: str) -> str:
    """Return the SPDX expression for words of the metadata; empty if they are none."""
    words = words.rpartition(" :: ")[2].strip()
    words = rules().names.get(words, words)
    if not words or words.startswith("LicenseRef-"):
        return words
    try:
        return str(licensing().parse(words, validate=True, strict=True))
    except ExpressionError:
        return ""


def is_allowed(expression: str, *, in_tests: bool = False) -> bool:
    """Return whether the rules allow a licence: all parts of an AND, one of an OR."""
    allowed = rules().allowed + (rules().allowed_in_tests if in_tests else ())
    if expression in allowed:
        return True
    parsed = licensing().parse(expression)
    args = getattr(parsed, "args", ())
    if not args or not hasattr(parsed, "operator"):
        return False
    accepted = [is_allowed(str(part), in_tests=in_tests) for part in args]
    return any(accepted) if parsed.operator.strip() == "OR" else all(accepted)


def sections() -> list[tuple[str, dict[str, list[Locked]]]]:
    """Return each section's title and its packages, by name."""
    seen: set[str] = set()
    found = []
    for title, lock in SECTIONS:
        packages: dict[str, list[Locked]] = {}
        for package in read_lock(lock) + (read_lock(TORCH) if lock is TEST else []):
            if package.name not in seen:
                packages.setdefault(package.name, []).append(package)
        seen |= set(packages)
        found.append((title, dict(sorted(packages.items()))))
    return found


def problems() -> list[str]:
    """Return a line for each package whose licence is unknown or not allowed."""
    found = []
    for (_, packages), (_, lock) in zip(sections(), SECTIONS, strict=True):
        for name in packages:
            expression = licence(name)
            if not expression:
                found.append(f"{name}: the licence is unknown")
            elif not is_allowed(expression, in_tests=lock is TEST):
                found.append(f"{name}: {expression} is not allowed")
    return found


def page() -> str:
    """Return the page."""
    text = INTRO
    for title, packages in sections():
        text += f"\n## {title}\n\n| package | version | licence |\n|---|---|---|\n"
        for name, pinned in packages.items():
            versions = ", ".join(dict.fromkeys(package.version for package in pinned))
            text += f"| {name} | {versions} | {licence(name)} |\n"
    return text


def main() -> int:
    """Write the page, or say what stands against it."""
    found = problems()
    if found:
        print("\n".join(found), file=sys.stderr)
        return 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
