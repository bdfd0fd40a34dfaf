# SPDX-License-Identifier: Apache-2.0
"""Opening an engine while the node already lives: its state meanwhile, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable

from unet_perception.engines import EngineInfo
from unet_perception.engines.cache import BUILDING
from unet_perception.engines.progress import Report
from unet_perception.errors import EngineError
from unet_perception.model.bundle import ModelBundle
from unet_perception.model.origin import origin
from unet_perception.segmenter import Segmenter


class EngineOpening:
    """One thread opens; any may ask how far it is.

    Attributes:
        info: What runs; None until the engine is open.
    """

    def __init__(
        self,
        bundle: ModelBundle,
        opener: Callable[[Report], Segmenter],
        log: Callable[[str], object],
    ) -> None:
        """Keep what to open.

        Args:
            bundle: The network.
            opener: Opens its engine, and reports every few seconds while TensorRT builds.
            log: Takes these reports.
        """
        self.bundle = bundle
        self._opener = opener
        self._log = log
        self._since = time.monotonic()
        self._building = False
        self.info: EngineInfo | None = None

    def open(self) -> Segmenter:
        """Open the engine.

        Raises:
            EngineError: The engine cannot run the network.
        """
        try:
            segmenter = self._opener(self._on_progress)
        except MemoryError as error:
            raise EngineError(f"there is not enough memory for {self.bundle.path}") from error
        self.info = segmenter.engine.info
        return segmenter

    def state(self) -> str:
        """Return, say, ``building, 40 s``."""
        seconds = f"{time.monotonic() - self._since:.0f} s"
        return f"building, {seconds}" if self._building else f"opening the engine, {seconds}"

    def facts(self) -> dict[str, str]:
        """Return engine and model as ``/diagnostics`` shows them; empty words until it is open."""
        info = self.info or EngineInfo("", "", "", "", "", "")
        return {
            "engine": info.name,
            "engine_version": info.version,
            "engine_detail": info.detail,
            "precision": info.precision,
            "device": info.device,
            "engine_reason": info.reason,
            "model": str(self.bundle.path),
            "model_origin": origin(self.bundle),
            "model_sha256": self.bundle.sha256,
        }

    def _on_progress(self, line: str) -> None:
        self._building = line.startswith(BUILDING)
        self._log(line)
