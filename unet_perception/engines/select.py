# SPDX-License-Identifier: Apache-2.0
"""Opening an engine by name; only ``auto`` chooses, and it says what and why."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec

from unet_perception.engines.cuda_device import cuda_device
from unet_perception.engines.engine import Engine
from unet_perception.engines.progress import Report, silent
from unet_perception.engines.tensorrt_library import tensorrt_library
from unet_perception.errors import ConfigError, EngineError
from unet_perception.model.bundle import ModelBundle
from unet_perception.model.encoding import ENCODINGS
from unet_perception.model.spec import MAX_BATCH

PRECISIONS = ("auto", "fp32", "bf16", "fp16", "int8")


@dataclass(frozen=True)
class Request:
    """What an engine is opened with; see ``open_engine``."""

    bundle: ModelBundle
    precision: str
    threads: int
    encoding: str
    reason: str
    report: Report
    batch: int


@dataclass(frozen=True)
class Kind:
    """An engine that can be asked for.

    Attributes:
        precisions: What it computes in, besides ``auto``.
        check: Raises an ``EngineError`` where it cannot run; imports no more than it must.
        open: Opens it.
    """

    precisions: tuple[str, ...]
    check: Callable[[], object]
    open: Callable[[Request], Engine]


def _open_tensorrt(request: Request) -> Engine:
    from unet_perception.engines.tensorrt import TensorRtEngine

    return TensorRtEngine(
        request.bundle,
        request.precision,
        request.encoding,
        request.reason,
        request.report,
        request.batch,
    )


def _open_cuda(request: Request) -> Engine:
    from unet_perception.engines.cuda import CudaEngine

    return CudaEngine(
        request.bundle, request.precision, request.encoding, request.reason, request.batch
    )


def _open_openvino(request: Request) -> Engine:
    from unet_perception.engines.openvino import OpenVinoEngine

    return OpenVinoEngine(
        request.bundle,
        request.precision,
        request.threads,
        request.encoding,
        request.reason,
        request.batch,
    )


def _open_pytorch(request: Request) -> Engine:
    from unet_perception.engines.pytorch import PyTorchEngine

    return PyTorchEngine(
        request.bundle,
        request.precision,
        request.threads,
        request.encoding,
        request.reason,
        request.batch,
    )


def _check_tensorrt() -> None:
    # The GPU first: its absence is the better reason, and nothing of TensorRT is safe without.
    cuda_device()
    tensorrt_library()


def _check_installed(package: str, remedy: str) -> Callable[[], None]:
    def check() -> None:
        if not find_spec(package):
            raise EngineError(f"not installed: {remedy}")

    return check


_CHECK_OPENVINO = _check_installed(
    "openvino", "pip install openvino (or the extra unet_perception[cpu])"
)
_CHECK_PYTORCH = _check_installed(
    "torch", "pip install torch (or the extra unet_perception[train])"
)

KINDS = {
    "tensorrt": Kind(("fp32", "fp16"), _check_tensorrt, _open_tensorrt),
    "cuda": Kind(("fp32", "fp16"), cuda_device, _open_cuda),
    "openvino": Kind(("fp32", "bf16", "int8"), _CHECK_OPENVINO, _open_openvino),
    "pytorch": Kind(("fp32", "bf16"), _CHECK_PYTORCH, _open_pytorch),
}
"""The engines, the fastest first: the order in which ``auto`` tries them."""

ENGINES = ("auto", *KINDS)


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
        name: One of ``ENGINES``. ``auto`` takes the first that runs here: TensorRT, then
            PyTorch on a GPU, then OpenVINO, then PyTorch on the processor.
        precision: One of ``PRECISIONS``; ``auto`` is the fastest that keeps the masks.
        threads: Processor threads, 0 for as many as there are cores.
        encoding: Order of the colours that the engine's input has, one of ``ENCODINGS``.
        report: Takes a line every few seconds while TensorRT builds, from any thread.
        batch: Pictures at a time, 1 to ``MAX_BATCH``: what the network is compiled for. See
            ``open_batches`` for whether more than one is worth it.

    Raises:
        ConfigError: An argument is outside what is allowed.
        EngineError: The engine is not installed or cannot run the network as asked.
    """
    for key, value, allowed in (
        ("engine", name, ENGINES),
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
    request = Request(bundle, precision, threads, encoding, "asked for", report or silent, batch)
    if name == "auto":
        return _open_first(request)
    problem = _problem(name, precision)
    if problem:
        raise EngineError(f"engine {name} cannot run: {problem}")
    return KINDS[name].open(request)


def _open_first(request: Request) -> Engine:
    passed_over: dict[str, list[str]] = {}
    for name, kind in KINDS.items():
        problem = _problem(name, request.precision)
        if not problem:
            why = "; ".join(["chosen by auto", *_reasons(passed_over)])
            try:
                return kind.open(replace(request, reason=why))
            except EngineError as error:
                # Said in the reason and in the log: a slower engine is never a secret.
                problem = str(error)
                request.report(f"engine {name} is passed over: {problem}")
        passed_over.setdefault(problem, []).append(name)
    raise EngineError(f"no engine can run this: {'; '.join(_reasons(passed_over))}")


def _reasons(passed_over: Mapping[str, list[str]]) -> list[str]:
    return [f"not {' or '.join(names)}: {problem}" for problem, names in passed_over.items()]


def _problem(name: str, precision: str) -> str:
    precisions = KINDS[name].precisions
    if precision not in ("auto", *precisions):
        return f"it has no {precision}, only {', '.join(precisions)}"
    try:
        KINDS[name].check()
    except EngineError as error:
        return str(error)
    return ""
