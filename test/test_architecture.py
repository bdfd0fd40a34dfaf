# SPDX-License-Identifier: Apache-2.0
"""docs/architecture.md is true: who imports whom, and who knows ROS, CARLA and PyTorch."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent
ROOT = REPO / "unet_perception"
PAGE = (REPO / "docs" / "architecture.md").read_text(encoding="utf-8")

PLAIN_WORDS = "nodes' plain files"
PLAIN = ("nodes/*parameters.py", "nodes/process.py", "nodes/diagnostics.py")
EVERYTHING = "everything"
ENTRY_POINT = "nodes/main.py"
STARTED = ("nodes/perception", "cli")

ROS = ("rclpy", "*_msgs", "std_srvs", "rcl_interfaces")
HOMES = {
    **dict.fromkeys(ROS, ("nodes/*",)),
    "launch*": ("bringup/launching.py",),
    "carla": ("carla/*",),
    "onnx": ("model/graph.py",),
    "torch": (
        *("model/unet.py", "model/summary.py", "model/activations.py", "evaluation/parity.py"),
        *("training/*", "quantization/*", "engines/pytorch.py", "engines/cuda*.py"),
        "engines/self_test.py",  # of the GPU engines
    ),
    "tensorrt*": ("engines/tensorrt*.py",),
    "aiohttp": ("view/*",),
    "nncf": ("quantization/int8.py",),
    "h5py": ("model/keras_*.py",),
    "rosbags": ("bags/*",),
    "safetensors": ("training/checkpoint.py",),
}
"""Where each library is imported, and nowhere else."""


def imported(path: Path) -> Iterator[str]:
    """Modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, path
            assert node.module, path
            yield node.module
            # Of a package, what is taken may be a module.
            yield from (f"{node.module}.{name.name}" for name in node.names)


FILES = {
    path.relative_to(ROOT).as_posix(): set(imported(path)) for path in sorted(ROOT.rglob("*.py"))
}


def rooms() -> dict[str, set[str]]:
    """Rows of the page's table: rooms, and what they may import."""
    rows = re.findall(r"^\| `([\w/.]+)` \| .+ \| ([^|]+) \|$", PAGE, re.MULTILINE)
    table = {name.removesuffix(".py").strip("/"): set(may.split(", ")) for name, may in rows}
    # What lies beside the rooms may be imported by all.
    return {name: may - {"numpy"} for name, may in table.items()}


ROOMS = rooms()


def room(file: str) -> str:
    """The room of a file; of nested ones the inner one; empty beside them."""
    inside = [x for x in ROOMS if file.startswith(f"{x}/") or file == f"{x}.py"]
    return max(inside, key=len, default="")


def closure(name: str) -> set[str]:
    found: set[str] = set()
    new = {name}
    while new:
        found |= new
        new = {may for each in new for may in ROOMS.get(each, set())} - found
    return found


def own_files(modules: set[str]) -> set[str]:
    """Files of the package among modules."""
    names = {x.removeprefix("unet_perception.").replace(".", "/") for x in modules if own(x)}
    return {file for x in names for file in (f"{x}.py", f"{x}/__init__.py") if file in FILES}


def own(module: str) -> bool:
    return module.startswith("unet_perception.")


def is_plain(file: str) -> bool:
    return any(fnmatch(file, pattern) for pattern in PLAIN)


def test_the_page_names_every_room() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert folders == {name for name in ROOMS if "/" not in name} - {"segmenter"}
    known = {*ROOMS, PLAIN_WORDS, EVERYTHING}
    assert set.union(*ROOMS.values()) <= known


@pytest.mark.parametrize("file", FILES)
def test_a_file_imports_only_what_its_room_may(file: str) -> None:
    mine = room(file)
    may = closure(mine) if mine else {""}
    for other in own_files(FILES[file]):
        theirs = room(other)
        allowed = (
            theirs in may
            or (theirs == "" and mine != "")
            or EVERYTHING in may
            or (PLAIN_WORDS in may and is_plain(other))
            # A package's __init__ is imported with whatever is in it.
            or other == "__init__.py"
            or (file == ENTRY_POINT and theirs in STARTED)
        )
        assert allowed, f"{file} imports {other}, but {mine or 'it'} may import {sorted(may)}"


def test_no_room_may_import_one_that_may_import_it() -> None:
    for name, direct in ROOMS.items():
        for other in direct - {PLAIN_WORDS, EVERYTHING}:
            assert name not in closure(other), f"{name} and {other} may import each other"


def test_nodes_plain_files_lead_to_no_ros() -> None:
    reached = {file for file in FILES if is_plain(file)}
    assert len(reached) >= len(PLAIN)
    while new := {x for file in reached for x in own_files(FILES[file])} - reached:
        reached |= new
    for file in reached:
        top = {module.partition(".")[0] for module in FILES[file]}
        assert not [x for x in top if any(fnmatch(x, pattern) for pattern in ROS)], file


@pytest.mark.parametrize("library", HOMES)
def test_a_library_has_its_home(library: str) -> None:
    users = {
        file
        for file, modules in FILES.items()
        if any(fnmatch(module.partition(".")[0], library) for module in modules)
    }
    strangers = {x for x in users if not any(fnmatch(x, home) for home in HOMES[library])}
    assert strangers == set()


def test_only_launch_files_import_what_needs_launch() -> None:
    assert [file for file, x in FILES.items() if "unet_perception.bringup.launching" in x] == []
    for path in (REPO / "launch").iterdir():
        assert "unet_perception.bringup.launching" in set(imported(path))


def test_names_say_what_is_in_them() -> None:
    nothing = {"util", "utils", "helper", "helpers", "common", "misc", "tools", "stuff"}
    for folder in ("unet_perception", "benchmarks", "test", "scripts", "launch", "config", "docs"):
        for path in (REPO / folder).rglob("*"):
            assert path.stem.lower() not in nothing, path
