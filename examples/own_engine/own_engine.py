# SPDX-License-Identifier: Apache-2.0
"""An engine of one's own: the network through ONNX Runtime.

``pip install ./examples/own_engine``, and ``unet-perception doctor`` lists it; it is asked for by
its name, as in ``unet-perception predict PICTURES --engine own --out masks``.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unet_perception.engines import Engine, EngineInfo, EngineKind, EngineRequest
from unet_perception.errors import EngineError
from unet_perception.model.export import export_onnx


class OwnEngine(Engine):
    """A bundle's network in a session of ONNX Runtime."""

    def __init__(self, request: EngineRequest) -> None:
        """Write the graph for the camera's order of colours, and open a session for it."""
        import onnxruntime

        graph = export_onnx(request.bundle, "fp32", request.encoding, request.batch)
        self._session: Any = onnxruntime.InferenceSession(graph)
        pixels = self._session.get_inputs()[0].shape
        self.encoding = request.encoding
        self.inputs = np.zeros(pixels, np.uint8)
        version = onnxruntime.__version__
        self.info = EngineInfo("own", version, "fp32", "CPU", request.reason)

    def infer_all(self) -> NDArray[np.uint8]:
        """Return the class id of each pixel; see ``Engine.infer_all``."""
        try:
            ids: NDArray[np.uint8] = self._session.run(["ids"], {"image": self.inputs})[0]
        except Exception as error:  # ONNX Runtime's own have no base of their own
            raise EngineError(f"ONNX Runtime failed: {error}") from error
        return ids

    def close(self) -> None:
        """Let the session go."""
        del self._session


def _check() -> None:
    if not find_spec("onnxruntime"):
        raise EngineError("not installed: pip install onnxruntime")


KIND = EngineKind(("fp32",), _check, OwnEngine, library="onnxruntime")
