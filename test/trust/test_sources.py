# SPDX-License-Identifier: Apache-2.0
"""What SECURITY.md says of the sources: nothing in them can make code of data."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from unet_perception.carla.cameras import load_cameras
from unet_perception.errors import ConfigError

REPO = Path(__file__).resolve().parent.parent.parent
SOURCES = sorted((REPO / "unet_perception").rglob("*.py"))

UNPICKLERS = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
SHELL = {"recorder.py"}
"""The command that the user gives to restart CARLA is a shell's, as its help says."""

# Each of these unpickles by default, or makes objects of YAML tags.
LOADERS = {("torch", "load"), ("np", "load"), ("numpy", "load"), ("yaml", "unsafe_load")}


def calls(path: Path) -> Iterator[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def dotted(function: ast.expr) -> tuple[str, str]:
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.value.id, function.attr
    return "", function.id if isinstance(function, ast.Name) else ""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(REPO)))
def test_no_data_becomes_code(path: Path) -> None:
    assert not imports(path) & UNPICKLERS
    for call in calls(path):
        room, name = dotted(call.func)
        where = f"{path.name}:{call.lineno}"
        assert (room, name) not in LOADERS, where
        assert room or name not in FORBIDDEN_CALLS, where
        assert (room, name) not in {("os", "system"), ("os", "popen")}, where
        for keyword in call.keywords:
            allowed = isinstance(keyword.value, ast.Constant) and not keyword.value.value
            named = keyword.arg == "shell" and path.name in SHELL
            assert keyword.arg not in ("shell", "allow_pickle") or allowed or named, where


def test_yaml_makes_plain_data_alone(tmp_path: Path) -> None:
    loaders = [
        (path.name, call)
        for path in SOURCES
        for call in calls(path)
        if dotted(call.func) == ("yaml", "load")
    ]
    # The one loader is a safe one, with limits, that refuses a key that stands twice.
    assert [name for name, _ in loaders] == ["documents.py"]
    assert load_cameras(REPO / "config" / "carla_cameras.yaml")
    tagged = tmp_path / "cameras.yaml"
    tagged.write_text("cameras: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(ConfigError, match="not valid YAML"):
        load_cameras(tagged)
