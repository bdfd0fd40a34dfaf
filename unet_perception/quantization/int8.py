# SPDX-License-Identifier: Apache-2.0
"""A network in int8 by NNCF's post-training quantization."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import openvino
from numpy.typing import NDArray

from unet_perception.engines.openvino_core import openvino_core
from unet_perception.errors import EngineError
from unet_perception.model.bundle import INT8_FILES

_CONVOLUTIONS = ("Convolution", "ConvolutionBackpropData")


def quantize_int8(
    onnx: bytes, pictures: Sequence[NDArray[np.uint8]], kept: Sequence[str]
) -> dict[str, bytes]:
    """Return the contents of ``INT8_FILES`` for a network.

    Args:
        onnx: The network, RGB, with float32 weights under their names.
        pictures: RGB uint8 ``(h, w, 3)`` at the network's size, to read ranges off.
        kept: Convolutions that stay as they are.

    Raises:
        EngineError: NNCF is not installed, or it refuses.
    """
    # It reports its use over the network unless it believes to be under test.
    os.environ.setdefault("NNCF_CI", "1")
    try:
        import nncf
        from nncf.quantization.advanced_parameters import (
            AdvancedQuantizationParameters,
            OverflowFix,
        )
    except ImportError as error:
        raise EngineError(f"NNCF is not installed ({error}): pip install nncf") from error
    logging.getLogger("nncf").setLevel(logging.ERROR)
    model = openvino_core().read_model(onnx)
    nodes = _convolution_nodes(model)
    try:
        quantized = nncf.quantize(
            model,
            nncf.Dataset(list(pictures), lambda picture: picture[None]),
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(pictures),
            ignored_scope=nncf.IgnoredScope(names=[nodes[name] for name in kept]),
            # Else half of the weights' range is left unused for processors without VNNI.
            advanced_parameters=AdvancedQuantizationParameters(overflow_fix=OverflowFix.DISABLE),
        )
    except (RuntimeError, ValueError) as error:
        raise EngineError(f"NNCF cannot quantize the network: {error}") from error
    return _files(quantized)


def _convolution_nodes(model: openvino.Model) -> dict[str, str]:
    """Return the name of each convolution's node by the name of its weights."""
    nodes = {}
    for node in model.get_ordered_ops():
        if node.get_type_name() in _CONVOLUTIONS:
            source = node.input_value(1).get_node()
            while source.get_type_name() != "Constant":
                source = source.input_value(0).get_node()
            name = source.get_friendly_name().removesuffix(".weight")
            nodes[name] = node.get_friendly_name()
    return nodes


def _files(model: openvino.Model) -> dict[str, bytes]:
    graph, weights = INT8_FILES
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / graph
        # Half-precision storage for what stays out of int8; arithmetic is the engine's choice.
        openvino.save_model(model, path, compress_to_fp16=True)
        contents = {graph: path.read_bytes(), weights: (Path(folder) / weights).read_bytes()}
    contents[graph] = _without_notes(contents[graph])
    return contents


def _without_notes(graph: bytes) -> bytes:
    # How it was made stands in the bundle, in words that do not change with NNCF's version.
    root = ElementTree.fromstring(graph)
    for notes in root.findall("rt_info"):
        root.remove(notes)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def describe_kept(kept: Sequence[str], facts: Mapping[str, object]) -> str:
    """Return a line on one choice of layers and what it came to."""
    agreement, loss = facts["pixel_agreement"], facts["miou_loss"]
    return f"{len(kept)} convolutions kept: {agreement:.2%} of the pixels, {loss:+.4f} mIoU lost"
