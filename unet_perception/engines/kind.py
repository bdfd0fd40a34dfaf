# SPDX-License-Identifier: Apache-2.0
"""An engine as it is plugged in: what it computes in, whether it can run here, how it is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from unet_perception.engines.engine import Engine
from unet_perception.engines.progress import Report
from unet_perception.errors import EngineError
from unet_perception.model.bundle import ModelBundle
from unet_perception.plugs.built_in import ENGINES
from unet_perception.plugs.plug_point import PlugPoint

PRECISIONS = ("auto", "fp32", "bf16", "fp16", "int8")


@dataclass(frozen=True)
class EngineRequest:
    """What an engine is opened with; its values were checked.

    Attributes:
        bundle: The network.
        precision: ``auto`` or one of the kind's own.
        threads: Processor threads, 1 or more.
        encoding: Order of the colours that the engine's input has.
        reason: Why this engine was chosen; belongs into its ``EngineInfo``.
        report: Takes a line every few seconds while opening takes long, from any thread.
        batch: Pictures at a time.
    """

    bundle: ModelBundle
    precision: str
    threads: int
    encoding: str
    reason: str
    report: Report
    batch: int


@dataclass(frozen=True)
class EngineKind:
    """An engine that can be asked for: what an entry point of ``unet_perception.engines`` names.

    The module that it stands in is imported to see whether it can run, so heavy libraries are
    imported within its functions.

    Attributes:
        precisions: What it computes in besides ``auto``, of ``PRECISIONS``.
        check: Raises an ``EngineError`` where it cannot run; imports no more than it must.
        open: Opens it; an ``EngineError`` says why it cannot be.
        library: Installed package that it runs on, whose version ``doctor`` shows.
        before: Built-in engine before which ``auto`` tries it; empty for after all of them.

    Raises:
        EngineError: A precision or the engine to stand before is not known.
    """

    precisions: tuple[str, ...]
    check: Callable[[], object]
    open: Callable[[EngineRequest], Engine]
    library: str = ""
    before: str = ""

    def __post_init__(self) -> None:
        """Check what is in words."""
        for precision in self.precisions:
            if precision not in PRECISIONS[1:]:
                raise EngineError(
                    f"precision is {precision!r}; it must be one of {', '.join(PRECISIONS[1:])}"
                )
        if self.before not in ("", *ENGINE_KINDS.built_in):
            raise EngineError(
                f"before is {self.before!r}; it must be one of "
                f"{', '.join(ENGINE_KINDS.built_in)}, or empty"
            )


ENGINE_KINDS = PlugPoint(ENGINES, EngineKind, EngineError)
"""All engines there are."""


def engine_names() -> tuple[str, ...]:
    """Return what can be asked for: ``auto``, the built-in engines, and those of other packages."""
    return ("auto", *ENGINE_KINDS.names)
