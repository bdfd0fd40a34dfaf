# SPDX-License-Identifier: Apache-2.0
"""Which engines can run, and what a model would really be run by."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from unet_perception.doctor.finding import GOOD, NOTE, PROBLEM, Finding
from unet_perception.doctor.plugs import look_at_clashes
from unet_perception.engines import open_engine
from unet_perception.engines.kind import ENGINE_KINDS, EngineKind
from unet_perception.errors import UnetPerceptionError
from unet_perception.model.bundle import load_bundle
from unet_perception.segmenter import find_model

FRAMES = 20


def look_at_engines() -> list[Finding]:
    """Return of each engine whether it can run here, the fastest first, then those of others."""
    findings = look_at_clashes(ENGINE_KINDS, "engine")
    for name in ENGINE_KINDS.names:
        try:
            kind = ENGINE_KINDS.load(name)
            kind.check()
        except UnetPerceptionError as error:
            # The message itself says what to do; that a robot has no GPU is no fault.
            findings.append(Finding(f"engine {name}", NOTE, str(error)))
        else:
            text = f"{_version(name, kind)}; {', '.join(kind.precisions)}"
            findings.append(Finding(f"engine {name}", GOOD, text))
    return findings


def look_at_model(name: str, report: Callable[[str], None]) -> list[Finding]:
    """Open a model as the node does by default; return what runs and how fast.

    Args:
        name: A bundle's folder, or the name of a shipped model.
        report: Takes lines while an engine is built.
    """
    try:
        bundle = load_bundle(find_model(name))
    except UnetPerceptionError as error:
        return [Finding("model", PROBLEM, str(error), "choose another, or make one with train")]
    height, width = bundle.spec.input_size
    int8 = "with int8" if bundle.has_int8 else "without int8"
    text = f"{bundle.path}: {height}x{width}, {bundle.spec.label_set.name}, {int8}"
    findings = [Finding("model", GOOD, text)]
    try:
        engine = open_engine(bundle, report=report)
    except UnetPerceptionError as error:
        fix = "pip install openvino (or the extra unet_perception[cpu])"
        return [*findings, Finding("what runs", PROBLEM, str(error), fix)]
    info = engine.info
    times = []
    for _ in range(FRAMES):
        before = time.perf_counter()
        engine.infer()
        times.append(time.perf_counter() - before)
    engine.close()
    median = float(np.median(times)) * 1e3
    return [
        *findings,
        Finding("what runs", GOOD, f"{info.name} {info.precision}, {median:.1f} ms a frame here"),
        Finding("where", GOOD, info.device),
        Finding("why", GOOD, info.reason),
        Finding("what was built", GOOD, info.detail),
    ]


def _version(name: str, kind: EngineKind) -> str:
    try:
        found = version(kind.library) if kind.library else ""
    except PackageNotFoundError:
        found = "of unknown version"
    added = "" if name in ENGINE_KINDS.built_in else ENGINE_KINDS.origin(name)
    return ", ".join(filter(None, (found, added)))
