# SPDX-License-Identifier: Apache-2.0
"""What SECURITY.md says of the sources: nothing in them can make code of data."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from unet_perception.carla import cameras
from unet_perception.errors import ConfigError

REPO = Path(__file__).resolve().parent.parent.parent
ROOMS = ("unet_perception", "benchmarks", "docs", "launch")
SOURCES = sorted(
    [
        REPO / "setup.py",
        *(path for room in ROOMS for path in (REPO / room).rglob("*.py")),
        *(REPO / "scripts").iterdir(),  # Python without a suffix
    ]
)

UNPICKLERS = {
    *("pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"),
    # Its queues, pipes and managers unpickle what comes.
    "multiprocessing",
}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
SHELL = {REPO / "unet_perception" / "recording" / "recorder.py"}
"""The command that the user gives to restart CARLA is a shell's, as its help says."""

LOADERS = {("torch", "load"), ("torch", "save"), ("pd", "read_pickle"), ("pandas", "read_pickle")}
"""Each of these pickles."""

YAML_CALLS = {"safe_load", "safe_dump", "compose", "load"}
"""``load`` and ``compose`` where they are given a safe loader; see below."""


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
            # Under its bare name a loader would not be seen.
            bare = {(node.module, name.name) for name in node.names}
            assert not bare & LOADERS, path
            assert node.module != "yaml", path
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
        where = f"{path}:{call.lineno}"
        assert (room, name) not in LOADERS, where
        assert room or name not in FORBIDDEN_CALLS, where
        assert room != "yaml" or name in YAML_CALLS or name.endswith("Error"), where
        # numpy's third argument is allow_pickle, which is off unless it is given.
        assert (room, name) not in {("np", "load"), ("numpy", "load")} or len(call.args) < 3, where
        assert (room, name) not in {("os", "system"), ("os", "popen")}, where
        for keyword in call.keywords:
            allowed = isinstance(keyword.value, ast.Constant) and not keyword.value.value
            named = keyword.arg == "shell" and path in SHELL
            assert keyword.arg not in ("shell", "allow_pickle") or allowed or named, where


def test_yaml_makes_plain_data_alone(tmp_path: Path) -> None:
    given = [
        (path.name, ast.unparse(call.args[-1] if call.args[1:] else call.keywords[0].value))
        for path in SOURCES
        for call in calls(path)
        if dotted(call.func) in {("yaml", "load"), ("yaml", "compose")}
    ]
    # The cameras' loader is a safe one that refuses a key that stands twice.
    assert given == [("cameras.py", "_UniqueKeys"), ("plan_file.py", "yaml.SafeLoader")]
    assert issubclass(cameras._UniqueKeys, yaml.SafeLoader)
    assert cameras.load_cameras(REPO / "config" / "carla_cameras.yaml")
    tagged = tmp_path / "cameras.yaml"
    tagged.write_text("cameras: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(ConfigError, match="not valid YAML"):
        cameras.load_cameras(tagged)


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from multiprocessing import Queue",
        "from torch import load",
        "torch.load('x')",
        "np.load('x', allow_pickle=True)",
        "np.load('x', None, True)",
        "yaml.full_load('x')",
        "yaml.unsafe_load('x')",
        "from yaml import load",
        "eval('x')",
        "os.system('x')",
        "subprocess.run('x', shell=True)",
    ],
)
def test_what_makes_code_of_data_would_be_seen(line: str, tmp_path: Path) -> None:
    source = tmp_path / "source.py"
    source.write_text(f"{line}\n")
    with pytest.raises(AssertionError):
        test_no_data_becomes_code(source)
