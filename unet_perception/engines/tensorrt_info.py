# SPDX-License-Identifier: Apache-2.0
"""What TensorRT built, in its own words: the types that its layers compute in."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

_WORDS = (
    ("half", re.compile(r"\b(fp16|half)\b", re.IGNORECASE)),
    ("bfloat16", re.compile(r"\b(bf16|bfloat16)\b", re.IGNORECASE)),
    ("int8", re.compile(r"\bint8\b", re.IGNORECASE)),
    ("float", re.compile(r"\b(fp32|float|tf32)\b", re.IGNORECASE)),
)
_MOVES = ("reformat", "shuffle", "noop", "constant", "signal", "wait", "cast", "topk")
"""Kinds of layers that compute nothing in floating point."""


def engine_detail(library: Any, engine: Any) -> str:
    """Return, say, ``27 of 28 layers half``, read back from a built engine."""
    inspector = engine.create_engine_inspector()
    if inspector is None:
        return "layers are not told"
    return layer_types(inspector.get_engine_information(library.LayerInformationFormat.JSON))


def layer_types(document: str) -> str:
    """Return how many layers compute in which type.

    Args:
        document: The inspector's JSON for a whole engine, of any release from 8 on: they name
            types as ``Half`` or within a sentence such as ``Row major linear FP16 format``.
    """
    try:
        layers = json.loads(document).get("Layers", [])
    except (ValueError, AttributeError):
        return "layers are not told"
    counts = Counter(filter(None, (_layer_type(x) for x in layers if isinstance(x, Mapping))))
    total = sum(counts.values())
    if not total:
        return f"{len(layers)} layers, types are not told"
    return ", ".join(f"{n} of {total} layers {name}" for name, n in counts.most_common())


def _layer_type(layer: Mapping[str, Any]) -> str | None:
    kind = str(layer.get("LayerType", "")).lower()
    if any(word in kind for word in _MOVES):
        return None
    # What it writes; a layer that ends in ids or an index counts by what it reads.
    for side in ("Outputs", "Inputs"):
        tensors = layer.get(side) or []
        for tensor in tensors:
            told = str(tensor.get("Format/Datatype", "")) if isinstance(tensor, Mapping) else ""
            for name, pattern in _WORDS:
                if pattern.search(told):
                    return name
    return None
