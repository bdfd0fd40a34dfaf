# SPDX-License-Identifier: Apache-2.0
"""Engines: one file each behind one small interface."""

from unet_perception.engines.batching import open_batches
from unet_perception.engines.engine import Engine, EngineInfo
from unet_perception.engines.kind import PRECISIONS, EngineKind, EngineRequest, engine_names
from unet_perception.engines.select import open_engine

__all__ = [
    "PRECISIONS",
    "Engine",
    "EngineInfo",
    "EngineKind",
    "EngineRequest",
    "engine_names",
    "open_batches",
    "open_engine",
]
