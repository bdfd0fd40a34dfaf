# SPDX-License-Identifier: Apache-2.0
"""Opening an engine by name; only ``auto`` chooses, and it says what and why."""

from __future__ import annotations

import os
from importlib.util import find_spec

from unet_perception.engines.engine import Engine
from unet_perception.errors import ConfigError, EngineError
from unet_perception.model.bundle import ModelBundle

ENGINES = ("auto", "openvino", "pytorch")
PRECISIONS = ("auto", "fp32", "bf16")

_PACKAGES = {"openvino": "openvino", "pytorch": "torch"}
_REMEDY = {
    "openvino": "pip install openvino (or the extra unet_perception[cpu])",
    "pytorch": "pip install torch (or the extra unet_perception[train])",
}


def open_engine(
    bundle: ModelBundle, name: str = "auto", precision: str = "auto", threads: int = 0
) -> Engine:
    """Compile a bundle's network.

    Args:
        bundle: The network.
        name: One of ``ENGINES``. ``auto`` takes OpenVINO, the fastest on a CPU, or
            PyTorch where OpenVINO is not installed.
        precision: One of ``PRECISIONS``; ``auto`` is fp32, which gives PyTorch's masks.
        threads: Processor threads, 0 for as many as there are cores.

    Raises:
        ConfigError: An argument is outside what is allowed.
        EngineError: The engine is not installed or cannot run the network as asked.
    """
    for key, value, allowed in (("engine", name, ENGINES), ("precision", precision, PRECISIONS)):
        if value not in allowed:
            raise ConfigError(f"{key} is {value!r}; it must be one of {', '.join(allowed)}")
    if not 0 <= threads <= 1024:
        raise ConfigError(f"threads is {threads}; it must be 0 (all cores) to 1024")
    # Containers and taskset give fewer cores than the machine has.
    threads = threads or len(os.sched_getaffinity(0))
    reason = "asked for"
    if name == "auto":
        name, reason = _choose()
    elif not find_spec(_PACKAGES[name]):
        raise EngineError(f"engine {name} is not installed: {_REMEDY[name]}")
    if name == "openvino":
        from unet_perception.engines.openvino import OpenVinoEngine

        return OpenVinoEngine(bundle, precision, threads, reason)
    from unet_perception.engines.pytorch import PyTorchEngine

    return PyTorchEngine(bundle, precision, threads, reason)


def _choose() -> tuple[str, str]:
    if find_spec("openvino"):
        return "openvino", "chosen by auto: the fastest engine on a CPU"
    if find_spec("torch"):
        return "pytorch", "chosen by auto: OpenVINO is not installed"
    raise EngineError(f"no engine is installed: {_REMEDY['openvino']}, or {_REMEDY['pytorch']}")
