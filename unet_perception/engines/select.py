# SPDX-License-Identifier: Apache-2.0
"""Opening an engine by name; only ``auto`` chooses, and it says what and why."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from unet_perception.engines.engine import Engine
from unet_perception.engines.kind import (
    ENGINE_KINDS,
    PRECISIONS,
    EngineKind,
    EngineRequest,
    engine_names,
)
from unet_perception.engines.progress import Report, silent
from unet_perception.errors import BundleError, ConfigError, EngineError
from unet_perception.model.bundle import ModelBundle
from unet_perception.model.encoding import ENCODINGS
from unet_perception.model.spec import MAX_BATCH


def open_engine(
    bundle: ModelBundle,
    name: str = "auto",
    precision: str = "auto",
    threads: int = 0,
    encoding: str = ENCODINGS[0],
    report: Report | None = None,
    batch: int = 1,
) -> Engine:
    """Compile a bundle's network.

    Args:
        bundle: The network.
        name: One of ``engine_names()``. ``auto`` takes the first that runs here: TensorRT, then
            PyTorch on a GPU, then OpenVINO, then PyTorch on the processor; engines of other
            packages come where they say, or last.
        precision: One of ``PRECISIONS``; ``auto`` is the fastest that keeps the masks.
        threads: Processor threads, 0 for as many as there are cores.
        encoding: Order of the colours that the engine's input has, one of ``ENCODINGS``.
        report: Takes a line every few seconds while TensorRT builds, from any thread.
        batch: Pictures at a time, 1 to ``MAX_BATCH``: what the network is compiled for. See
            ``open_batches`` for whether more than one is worth it.

    Raises:
        ConfigError: An argument is outside what is allowed.
        EngineError: The engine is not installed or cannot run the network as asked.
        BundleError: The engine builds the network itself, and its architecture cannot be loaded.
    """
    if name != "auto" and name not in ENGINE_KINDS:
        raise ConfigError(f"engine is {name!r}; it must be one of {', '.join(engine_names())}")
    for key, value, allowed in (
        ("precision", precision, PRECISIONS),
        ("encoding", encoding, ENCODINGS),
    ):
        if value not in allowed:
            raise ConfigError(f"{key} is {value!r}; it must be one of {', '.join(allowed)}")
    if not 0 <= threads <= 1024:
        raise ConfigError(f"threads is {threads}; it must be 0 (all cores) to 1024")
    if not 1 <= batch <= MAX_BATCH:
        raise ConfigError(f"batch is {batch}; it must be 1 to {MAX_BATCH}")
    # Containers and taskset give fewer cores than the machine has.
    threads = threads or len(os.sched_getaffinity(0))
    request = EngineRequest(
        bundle, precision, threads, encoding, "asked for", report or silent, batch
    )
    if name == "auto":
        return _open_first(request)
    try:
        kind = ENGINE_KINDS.load(name)
        _check(kind, precision)
    except EngineError as error:
        raise EngineError(f"engine {name} cannot run: {error}") from error
    return kind.open(request)


def _open_first(request: EngineRequest) -> Engine:
    kinds, passed_over = _in_order()
    for name, kind in kinds.items():
        try:
            _check(kind, request.precision)
        except EngineError as error:
            problem = str(error)
        else:
            why = "; ".join(["chosen by auto", *_reasons(passed_over)])
            try:
                return kind.open(replace(request, reason=why))
            except (EngineError, BundleError) as error:
                # Not every engine needs the architecture's own package.
                # Said in the reason and in the log: a slower engine is never a secret.
                problem = str(error)
                request.report(f"engine {name} is passed over: {problem}")
        passed_over.setdefault(problem, []).append(name)
    raise EngineError(f"no engine can run this: {'; '.join(_reasons(passed_over))}")


def _in_order() -> tuple[dict[str, EngineKind], dict[str, list[str]]]:
    """Return the engines as ``auto`` tries them, and why some cannot be loaded."""
    order = list(ENGINE_KINDS.built_in)
    kinds: dict[str, EngineKind] = {}
    broken: dict[str, list[str]] = {}
    for name in ENGINE_KINDS.names:
        try:
            kind = kinds[name] = ENGINE_KINDS.load(name)
        except EngineError as error:
            broken.setdefault(str(error), []).append(name)
            continue
        if name not in order:
            order.insert(order.index(kind.before) if kind.before else len(order), name)
    return {name: kinds[name] for name in order if name in kinds}, broken


def _reasons(passed_over: Mapping[str, list[str]]) -> list[str]:
    return [f"not {' or '.join(names)}: {problem}" for problem, names in passed_over.items()]


def _check(kind: EngineKind, precision: str) -> None:
    if precision not in ("auto", *kind.precisions):
        raise EngineError(f"it has no {precision}, only {', '.join(kind.precisions)}")
    kind.check()
