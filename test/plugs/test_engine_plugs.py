# SPDX-License-Identifier: Apache-2.0
"""Engines of other packages: found, put in their place, and passed over where they are broken."""

from __future__ import annotations

import subprocess
import sys
from ctypes.util import find_library
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from plugged import plug, python

from unet_perception.plugs.built_in import BUILT_IN

GRAY = """
import numpy as np
from unet_perception.engines import Engine, EngineInfo, EngineKind
from unet_perception.errors import EngineError

class Gray(Engine):
    def __init__(self, request):
        size = request.bundle.spec.input_size
        self.encoding = request.encoding
        self.inputs = np.zeros((request.batch, *size, 4), np.uint8)
        self.info = EngineInfo(NAME, "1", "fp32", "none", request.reason)
    def infer_all(self):
        return self.inputs[..., 0] // 32
    def close(self):
        pass

def check():
    pass

def refuse():
    raise EngineError("no such chip")

NAME = "gray"
"""
FIRST = GRAY + 'KIND = EngineKind(("fp32",), check, Gray, before="tensorrt")\n'
LAST = GRAY + 'KIND = EngineKind(("fp32", "fp16"), check, Gray)\n'
REFUSING = GRAY + 'KIND = EngineKind(("fp32",), refuse, Gray, before="tensorrt")\n'
BROKEN = "import package_that_is_not_there\n"

OPEN = """
from unet_perception.engines import open_engine
from unet_perception.errors import UnetPerceptionError
from unet_perception.model.bundle import load_bundle
from unet_perception.segmenter import find_model
try:
    info = open_engine(load_bundle(find_model("carla_unet")), {engine!r}, {precision!r}).info
    print(info.name, "|", info.reason)
except UnetPerceptionError as error:
    print(type(error).__name__, "|", error, "|", type(error.__cause__).__name__)
"""
DOCTOR = """
from unet_perception.doctor.engines import look_at_engines
for finding in look_at_engines():
    print(finding.state, "|", finding.topic, "|", finding.text)
"""


def opened(engine: str, *paths: Path, precision: str = "auto") -> str:
    return python(OPEN.format(engine=engine, precision=precision), *paths)


def test_the_built_in_ones_are_entry_points_as_well(repo: Path) -> None:
    for group, plugs in BUILT_IN.items():
        for name, where in plugs.items():
            assert EntryPoint(name, where, group).load() is not None
    pytest.importorskip("setuptools", reason="setuptools is not installed")
    code = (
        "import setuptools; setuptools.setup = lambda **x: print(x['entry_points']); import setup"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repo, capture_output=True, text=True, check=True
    )
    assert "'tensorrt = unet_perception.engines.kinds:TENSORRT'" in done.stdout
    for group in BUILT_IN:
        assert f"'{group}'" in done.stdout


def test_an_engine_of_another_package_is_opened_by_its_name(tmp_path: Path) -> None:
    plug(tmp_path, "grays", LAST, engines="gray = grays:KIND")
    assert opened("gray", tmp_path) == "gray | asked for"
    words = opened("gray", tmp_path, precision="bf16")
    assert words.startswith("EngineError | engine gray cannot run: it has no bf16, only fp32, fp16")
    words = opened("grey", tmp_path)
    assert "must be one of auto, tensorrt, cuda, openvino, pytorch, gray" in words


def test_auto_tries_it_where_it_says(tmp_path: Path) -> None:
    plug(tmp_path, "grays", FIRST, engines="gray = grays:KIND")
    assert opened("auto", tmp_path) == "gray | chosen by auto"


def test_without_a_place_it_comes_last(tmp_path: Path) -> None:
    plug(tmp_path, "grays", LAST, engines="gray = grays:KIND")
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    assert opened("auto", tmp_path).startswith("openvino | chosen by auto")
    if find_library("cuda"):
        pytest.skip("there is an NVIDIA driver here, whose engines have fp16")
    words = opened("auto", tmp_path, precision="fp16")
    assert words.startswith("gray | chosen by auto; not tensorrt or cuda: ")
    assert "not pytorch: it has no fp16" in words


def test_one_that_is_passed_over_is_in_the_reason(tmp_path: Path) -> None:
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    plug(tmp_path, "grays", REFUSING, engines="gray = grays:KIND")
    words = opened("auto", tmp_path)
    assert words.startswith("openvino | chosen by auto")
    assert "not gray: no such chip" in words


def test_one_that_cannot_be_imported_stops_nothing_else(tmp_path: Path) -> None:
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    plug(tmp_path, "wrecks", BROKEN, engines="wreck = wrecks:KIND")
    plug(tmp_path, "grays", LAST, engines="gray = grays:KIND\nnothing = grays:NAME")
    words = opened("auto", tmp_path)
    why = (
        "package wrecks 1.0 cannot be imported: ModuleNotFoundError: No module named "
        "'package_that_is_not_there'"
    )
    assert words.startswith("openvino | chosen by auto")
    assert f"not wreck: {why}" in words
    assert opened("wreck", tmp_path) == (
        f"EngineError | engine wreck cannot run: {why} | EngineError"
    )
    found = python(DOCTOR, tmp_path).splitlines()
    assert f"note | engine wreck | {why}" in found
    assert "good | engine gray | package grays 1.0; fp32, fp16" in found
    assert any("grays:NAME: it is of type str" in line for line in found)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ('("fp8",), check, Gray', "precision is 'fp8'; it must be one of fp32, bf16, fp16, int8"),
        ('("fp32",), check, Gray, before="gray"', "before is 'gray'; it must be one of tensorrt"),
    ],
)
def test_what_a_kind_says_wrong_is_named(tmp_path: Path, arguments: str, words: str) -> None:
    plug(tmp_path, "grays", f"{GRAY}KIND = EngineKind({arguments})\n", engines="gray = grays:KIND")
    assert words in opened("gray", tmp_path)


def test_two_packages_with_one_name_are_both_refused(tmp_path: Path) -> None:
    plug(tmp_path, "grays", FIRST, engines="gray = grays:KIND")
    plug(tmp_path, "greys", FIRST, engines="gray = greys:KIND")
    both = "package grays 1.0 and package greys 1.0 both bring a gray"
    assert both in opened("gray", tmp_path)
    assert both in opened("auto", tmp_path)
    assert both in python(DOCTOR, tmp_path)


def test_a_built_in_name_stays_ours(tmp_path: Path) -> None:
    plug(tmp_path, "grays", FIRST, engines="pytorch = grays:KIND")
    code = "from unet_perception.engines import engine_names; print(*engine_names())"
    assert python(code, tmp_path) == "auto tensorrt cuda openvino pytorch"
    (line, *_) = python(DOCTOR, tmp_path).splitlines()
    assert line.startswith("note | engine pytorch | package grays 1.0 wants to bring one as well")


def test_the_nodes_option_takes_it(tmp_path: Path) -> None:
    plug(tmp_path, "wrecks", BROKEN, engines="wreck = wrecks:KIND")
    code = (
        "from unet_perception.options.perception import PERCEPTION_OPTIONS as options\n"
        "engine = next(option for option in options if option.name == 'engine')\n"
        "print(engine.check('wreck'), engine.check('auto'))"
    )
    assert python(code, tmp_path) == "wreck auto"


def test_the_choices_are_listed_without_a_look_at_what_is_installed() -> None:
    code = (
        "import sys, unet_perception.options.perception as p\n"
        "engine = next(o for o in p.PERCEPTION_OPTIONS if o.name == 'engine')\n"
        "engine.check('openvino')\n"
        "heavy = ('importlib.metadata', 'openvino', 'torch', 'unet_perception.engines.kinds')\n"
        "print([name for name in heavy if name in sys.modules], engine.allowed)"
    )
    listed = python(code)
    assert listed.startswith("[] one of auto, tensorrt, cuda, openvino, pytorch, or one that")
