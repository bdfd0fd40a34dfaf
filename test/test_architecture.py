# SPDX-License-Identifier: Apache-2.0
"""docs/architecture.md is true: who imports whom, and who knows ROS, CARLA and PyTorch."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent
ROOT = REPO / "unet_perception"
sys.path.insert(0, str(REPO / "docs"))

from rooms import EVERYTHING, PAGE, PICTURE, drawing, layers, room_of, rooms  # noqa: E402

ROS = ("rclpy", "*_msgs", "std_srvs", "rcl_interfaces")
WITH_ROS = ("ros", "ros/transport", "nodes", "nodes/*", "demo", "cli")
HOMES = {
    **dict.fromkeys(ROS, ("ros/*", "nodes/*", "demo/monitor.py")),
    "launch*": ("bringup/launching.py",),
    "carla": ("carla/*",),
    "onnx": ("model/graph.py", "model/onnx_file.py"),
    "torch": (
        *(
            "model/unet*.py",
            "model/architecture.py",
            "model/summary.py",
            "model/layer_table.py",
            "model/activations.py",
        ),
        "evaluation/parity.py",
        *("training/*", "quantization/*", "engines/pytorch.py", "engines/cuda*.py"),
        "engines/self_test.py",  # of the GPU engines
    ),
    "tensorrt*": ("engines/tensorrt*.py",),
    "aiohttp": ("view/*",),
    "openvino": (
        *("engines/openvino*.py", "quantization/*", "bench/*"),
        *("cli/bench.py", "evaluation/onnx_run.py"),
    ),
    "jinja2": ("dataset/page.py",),
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


ROOMS = rooms(PAGE.read_text(encoding="utf-8"))


def room(file: str) -> str:
    return room_of(file, ROOMS)


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


def test_the_page_names_every_room() -> None:
    folders = {path.parent.relative_to(ROOT).as_posix() for path in ROOT.rglob("*/__init__.py")}
    assert folders - {"."} == set(ROOMS) - {"segmenter"}
    assert {path.stem for path in ROOT.glob("*.py")} == {"__init__", "errors", "segmenter"}


@pytest.mark.parametrize("file", FILES)
def test_a_file_imports_only_what_its_room_may(file: str) -> None:
    mine = room(file)
    may = closure(mine) if mine else set()
    for other in own_files(FILES[file]) - {"errors.py"}:
        # A package's __init__ is imported with whatever is in it.
        allowed = room(other) in may or EVERYTHING in may or other == "__init__.py"
        assert allowed, f"{file} imports {other}, but {mine or 'it'} may import {sorted(may)}"


def test_rooms_stand_in_layers_as_they_are_drawn() -> None:
    floors = {name: floor for floor, names in enumerate(layers(ROOMS)) for name in names}
    for name, may in ROOMS.items():
        assert all(floors[other] < floors[name] for other in may - {EVERYTHING}), name
    assert PICTURE.read_text(encoding="utf-8") == drawing(ROOMS), "run python docs/rooms.py"


@pytest.mark.parametrize("circle", ["a: b, b: a", "a: nowhere"])
def test_rooms_without_an_order_are_refused(circle: str) -> None:
    table = {one[0]: {one[3:]} for one in circle.split(", ")}
    with pytest.raises(ValueError, match="no order in a"):
        layers(table)


def test_what_knows_no_ros_leads_to_none() -> None:
    def knows(file: str) -> bool:
        return any(fnmatch(room(file), pattern) for pattern in WITH_ROS)

    reached = {file for file in FILES if not knows(file)}
    assert len(reached) > 200
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
