# SPDX-License-Identifier: Apache-2.0
"""Engines: one file each behind one small interface."""

from unet_perception.engines.batching import open_batches
from unet_perception.engines.engine import Engine, EngineInfo
from unet_perception.engines.select import ENGINES, PRECISIONS, open_engine

__all__ = ["ENGINES", "PRECISIONS", "Engine", "EngineInfo", "open_batches", "open_engine"]
