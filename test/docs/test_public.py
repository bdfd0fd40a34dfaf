# SPDX-License-Identifier: Apache-2.0
"""docs/public.md is true: what it names is there and described, and examples need no more."""

from __future__ import annotations

import argparse
import ast
import re
import sys
from pathlib import Path

import pytest

from unet_perception.cli.main import VERBS
from unet_perception.model import bundle
from unet_perception.recording import identity, plan_file

REPO = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPO / "docs"))

from public import PAGE, exported, public_modules, source_of  # noqa: E402

TEXT = PAGE.read_text(encoding="utf-8")
MODULES = public_modules(TEXT)
EXAMPLES = sorted((REPO / "examples").rglob("*.py"))


def described(node: ast.AST) -> bool:
    assert isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    return bool(ast.get_docstring(node))


@pytest.mark.parametrize("module", MODULES)
def test_a_public_module_is_there_and_described(module: str) -> None:
    source = source_of(module, REPO)
    tree = ast.parse(source.read_text(encoding="utf-8"))
    assert described(tree)
    named = [x for x in tree.body if isinstance(x, ast.ClassDef | ast.FunctionDef)]
    for node in named:
        assert node.name.startswith("_") or described(node), node.name
    assert exported(source) if source.stem == "__init__" else named


@pytest.mark.parametrize("module", [x for x in MODULES if source_of(x, REPO).stem == "__init__"])
def test_a_public_package_hands_on_what_it_lists(module: str) -> None:
    handed: set[str] = set()
    source = source_of(module, REPO)
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            handed = set(ast.literal_eval(node.value))
    assert handed == set(exported(source))


def test_examples_import_public_modules_alone() -> None:
    # What a reader copies must go on working.
    for path in EXAMPLES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("unet_perception"):
                assert node.module in MODULES, path


def test_verbs_are_those_of_the_command_line() -> None:
    subparsers = argparse.ArgumentParser().add_subparsers()
    for verb in VERBS:
        verb.add_parser(subparsers)
    sentence = re.search(r"The verbs of `unet-perception` are (.+?)\.\n", TEXT, re.DOTALL)
    assert sentence
    assert re.findall(r"`([\w-]+)`", sentence[1]) == list(subparsers.choices)


def test_executables_are_those_that_are_installed() -> None:
    line = re.search(r"^- Executables: (.+)\.$", TEXT, re.MULTILINE)
    assert line
    assert set(re.findall(r"`(\w+)`", line[1])) == {x.name for x in (REPO / "scripts").iterdir()}


def test_versions_of_files_are_those_that_are_written() -> None:
    rows = dict(re.findall(r"^\| ([\w ,'`.]+) \| (\d+) \|", TEXT, re.MULTILINE))
    assert rows == {
        "model bundle, `model.json`": str(bundle.VERSION),
        "recorded folder, `dataset.json`": str(identity.FORMAT),
        "training checkpoint": _checkpoint_version(),
        "recording's plan, `plan.json`": str(plan_file.FORMAT),
    }


def _checkpoint_version() -> str:
    # Read, not imported: it needs PyTorch.
    source = (REPO / "unet_perception" / "training" / "checkpoint.py").read_text(encoding="utf-8")
    version = re.search(r'^VERSION = "(\d+)"$', source, re.MULTILINE)
    assert version
    return version[1]
