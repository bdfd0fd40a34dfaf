# SPDX-License-Identifier: Apache-2.0
"""Layer types as TensorRT's inspector tells them, in the wordings of its releases."""

from __future__ import annotations

import json

import pytest

from unet_perception.engines.tensorrt_info import layer_types


def layer(kind: str, output: str, source: str = "Half") -> dict[str, object]:
    return {
        "Name": f"a {kind}",
        "LayerType": kind,
        "Inputs": [{"Name": "x", "Dimensions": [1, 8], "Format/Datatype": source}],
        "Outputs": [{"Name": "y", "Dimensions": [1, 8], "Format/Datatype": output}],
    }


@pytest.mark.parametrize(
    ("half", "single"),
    [
        ("Half", "Float"),
        ("Channel major FP16 format where channel % 8 == 0", "Row major linear FP32"),
    ],
)
def test_layers_are_counted_by_type(half: str, single: str) -> None:
    layers = [
        *[layer("CaskConvolution", half) for _ in range(27)],
        layer("CaskPooling", single),
        layer("Reformat", single),
        layer("NoOp", "UInt8"),
        layer("TopK", "Int32"),
    ]
    told = layer_types(json.dumps({"Layers": layers, "Bindings": ["image", "ids"]}))
    assert told == "27 of 28 layers half, 1 of 28 layers float"


def test_a_layer_that_ends_in_ids_counts_by_what_it_reads() -> None:
    assert layer_types(json.dumps({"Layers": [layer("kgen", "UInt8")]})) == "1 of 1 layers half"


@pytest.mark.parametrize("document", ["", "no JSON", "[]", "3"])
def test_what_is_no_list_of_layers(document: str) -> None:
    assert layer_types(document) == "layers are not told"


def test_names_alone_tell_no_types() -> None:
    assert layer_types('{"Layers": ["conv1", "conv2"]}') == "2 layers, types are not told"
