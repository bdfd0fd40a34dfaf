# SPDX-License-Identifier: Apache-2.0
"""One round gives every engine the same frame in turn, so that all share the machine's moods."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unet_perception.bench.floor import PROBE_MULTIPLY_ADDS, Probe
from unet_perception.engines import open_engine
from unet_perception.errors import EngineError
from unet_perception.model.bundle import ModelBundle, bundle_weights
from unet_perception.model.encoding import ENCODINGS, encode_pixels
from unet_perception.model.onnx_file import build_onnx
from unet_perception.model.summary import multiply_adds

ENCODING = ENCODINGS[0]
REFERENCE = ("pytorch", "fp32")
MIN_ROUNDS = 5
WARM_UP = 3
PROBES_A_ROUND = 3

Infer = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


@dataclass(frozen=True)
class Row:
    """One engine at one size and precision.

    Attributes:
        engine: Its name.
        precision: What it really computes in.
        size: Rows and columns of the network's input.
        least_ms: The fastest frame.
        p50_ms: Median of one frame, from pixels in host memory to ids in host memory.
        p99_ms: 99th percentile.
        times_as_fast: Median of the reference over this median.
        agreement: Share of pixels that are the reference's.
        floor_ms: Multiply-adds over the rate of this precision; None where none was measured.
            A network that is in int8 for the most part is held against int8 as a whole.
        of_floor: ``floor_ms`` over ``least_ms``: 1 is as fast as it could be. The least of both:
            the rate is the machine's at its best, not its mood.
        detail: What the engine says it built.
    """

    engine: str
    precision: str
    size: tuple[int, int]
    least_ms: float
    p50_ms: float
    p99_ms: float
    times_as_fast: float
    agreement: float
    floor_ms: float | None
    of_floor: float | None
    detail: str


@dataclass(frozen=True)
class Result:
    """All rows of one size.

    Attributes:
        rows: The engines that ran, the reference first.
        refused: Why the others did not, by engine and precision.
        rounds: Frames that each engine was given.
        rates: Multiply-adds a second by precision.
    """

    rows: list[Row]
    refused: dict[str, str]
    rounds: int
    rates: dict[str, float]


@dataclass
class _Runner:
    engine: str
    precision: str
    detail: str
    infer: Infer
    close: Callable[[], None]
    times: list[float] = field(default_factory=list)
    same: list[float] = field(default_factory=list)


def at_size(bundle: ModelBundle, size: tuple[int, int]) -> ModelBundle:
    """Return the same weights for another size of input.

    An int8 network is carried over as it is; sizes that are no multiples of 16 need one of
    their own.
    """
    if size == bundle.spec.input_size:
        return bundle
    onnx = build_onnx(bundle.spec.architecture, bundle_weights(bundle), size, {}, half=True)
    digest = hashlib.sha256(onnx).hexdigest()
    return replace(bundle, spec=replace(bundle.spec, input_size=size), onnx=onnx, sha256=digest)


def measure(
    bundle: ModelBundle,
    pictures: Sequence[NDArray[np.uint8]],
    variants: Sequence[tuple[str, str]],
    probes: Sequence[Probe],
    threads: int,
    seconds: float,
    extra: Mapping[str, Callable[[ModelBundle, int], tuple[Infer, str]]],
) -> Result:
    """Time engines on the same frames, interleaved.

    Args:
        bundle: The network, at the size to measure.
        pictures: RGB uint8 ``(h, w, 3)`` at that size.
        variants: Engines and precisions; those that cannot run are listed as refused.
        probes: Timed in the same rounds.
        threads: Processor threads, 0 for as many as there are cores.
        seconds: Time to spend, at least; ``MIN_ROUNDS`` rounds are made in any case.
        extra: Other runtimes to compare with, in fp32, by name.

    Raises:
        EngineError: The reference cannot run.
    """
    runners: list[_Runner] = []
    refused: dict[str, str] = {}
    for name, precision in dict.fromkeys([REFERENCE, *variants]):
        try:
            runners.append(_open(bundle, name, precision, threads))
        except EngineError as error:
            if (name, precision) == REFERENCE:
                raise
            refused[f"{name} {precision}"] = str(error)
    for name, open_extra in extra.items():
        infer, detail = open_extra(bundle, threads)
        runners.append(_Runner(name, "fp32", detail, infer, lambda: None))
    try:
        frames = [encode_pixels(picture, ENCODING) for picture in pictures]
        floor_times = _rounds(runners, probes, frames, seconds)
    finally:
        for runner in runners:
            runner.close()
    rates = {
        probe.precision: PROBE_MULTIPLY_ADDS / min(floor_times[probe.precision]) for probe in probes
    }
    rows = [_row(runner, runners[0], bundle, rates) for runner in runners]
    return Result(rows, refused, len(runners[0].times), rates)


def _open(bundle: ModelBundle, name: str, precision: str, threads: int) -> _Runner:
    engine = open_engine(bundle, name, precision, threads, ENCODING)
    return _Runner(name, engine.info.precision, engine.info.detail, engine.infer, engine.close)


def _rounds(
    runners: Sequence[_Runner],
    probes: Sequence[Probe],
    frames: Sequence[NDArray[np.uint8]],
    seconds: float,
) -> dict[str, list[float]]:
    for _ in range(WARM_UP):
        for runner in runners:
            runner.infer(frames[0])
        for probe in probes:
            probe.run()
    floor_times: dict[str, list[float]] = {probe.precision: [] for probe in probes}
    started, turn = time.perf_counter(), 0
    while turn < MIN_ROUNDS or time.perf_counter() - started < seconds:
        frame = frames[turn % len(frames)]
        # The reference's answer first; it may lie in memory that its next call overwrites.
        expected = _timed(runners[0], frame).copy()
        runners[0].same.append(1.0)
        for runner in runners[1:]:
            runner.same.append(float((_timed(runner, frame) == expected).mean()))
        for probe in [*probes] * PROBES_A_ROUND:
            before = time.perf_counter()
            probe.run()
            floor_times[probe.precision].append(time.perf_counter() - before)
        turn += 1
    return floor_times


def _timed(runner: _Runner, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    before = time.perf_counter()
    ids = runner.infer(frame)
    runner.times.append(time.perf_counter() - before)
    return ids


def _row(
    runner: _Runner, reference: _Runner, bundle: ModelBundle, rates: Mapping[str, float]
) -> Row:
    least, p50, p99 = (float(v) * 1e3 for v in np.percentile(runner.times, (0, 50, 99)))
    # The rates are the processor's.
    on_processor = runner.engine not in ("cuda", "tensorrt")
    rate = rates.get(runner.precision) if on_processor else None
    floor = multiply_adds(bundle.spec) / rate * 1e3 if rate else None
    return Row(
        engine=runner.engine,
        precision=runner.precision,
        size=bundle.spec.input_size,
        least_ms=least,
        p50_ms=p50,
        p99_ms=p99,
        times_as_fast=float(np.median(reference.times)) * 1e3 / p50,
        agreement=float(np.mean(runner.same)),
        floor_ms=floor,
        of_floor=floor / least if floor else None,
        detail=runner.detail,
    )


def as_document(result: Result) -> dict[str, Any]:
    """Return a result as JSON values."""
    return {
        "rounds": result.rounds,
        "multiply_adds_a_second": result.rates,
        "refused": result.refused,
        "rows": [{**vars(row), "size": list(row.size)} for row in result.rows],
    }
