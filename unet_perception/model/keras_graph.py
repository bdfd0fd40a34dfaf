# SPDX-License-Identifier: Apache-2.0
"""The U-Net as a graph of Keras layers, and finding it in a Keras model's configuration.

Shapes alone cannot tell this U-Net from a neighbour of it: with the concatenation
turned round, or another activation, every weight still fits and every id is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from unet_perception.errors import WeightsError

CONV = "Conv2D"
CONV_TRANSPOSE = "Conv2DTranspose"
CLASSIFIER = "head.classifier"

_DEPTH = 5
_INPUT = "input"
# They change nothing once training is over, wherever they stand.
_TRAINING_ONLY = frozenset({"Dropout", "SpatialDropout2D"})
_DEFAULTS: Mapping[str, Any] = {
    "data_format": "channels_last",
    "dilation_rate": [1, 1],
    "groups": 1,
    "use_bias": True,
    "output_padding": None,
}
_SETTINGS: Mapping[str, Mapping[str, Sequence[Any]]] = {
    CONV: {
        "data_format": ["channels_last"],
        "padding": ["same"],
        "strides": [[1, 1]],
        "dilation_rate": [[1, 1]],
        "groups": [1],
        "use_bias": [True],
        "activation": ["relu"],
    },
    CONV_TRANSPOSE: {
        "data_format": ["channels_last"],
        "padding": ["same"],
        "strides": [[2, 2]],
        "dilation_rate": [[1, 1]],
        "output_padding": [None],
        "use_bias": [True],
        "activation": ["linear"],
    },
    "MaxPooling2D": {
        "data_format": ["channels_last"],
        "pool_size": [[2, 2]],
        "strides": [[2, 2]],
    },
    "Concatenate": {"axis": [-1, 3]},
}


def _build_plan() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    x = _INPUT
    for depth in range(_DEPTH):
        if depth:
            yield f"pool.{depth}", "MaxPooling2D", (x,)
            x = f"pool.{depth}"
        for conv in ("conv1", "conv2"):
            yield f"encoder.{depth}.{conv}", CONV, (x,)
            x = f"encoder.{depth}.{conv}"
    for step in range(_DEPTH - 1):
        yield f"decoder.{step}.up", CONV_TRANSPOSE, (x,)
        skip = f"encoder.{_DEPTH - 2 - step}.conv2"
        yield f"concat.{step}", "Concatenate", (f"decoder.{step}.up", skip)
        x = f"concat.{step}"
        for conv in ("conv1", "conv2"):
            yield f"decoder.{step}.{conv}", CONV, (x,)
            x = f"decoder.{step}.{conv}"
    yield "head.conv", CONV, (x,)
    yield CLASSIFIER, CONV, ("head.conv",)


_PLAN = tuple(_build_plan())
_BY_INPUTS = {(kind, inputs): name for name, kind, inputs in _PLAN}

WEIGHTED: Mapping[str, str] = {
    name: kind for name, kind, _ in _PLAN if kind in (CONV, CONV_TRANSPOSE)
}
"""Layers with weights in the order of the network: state_dict prefix to Keras class."""


def layer_list(model: Mapping[str, Any], where: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the layers of a functional Keras model's configuration by name, in order.

    Raises:
        WeightsError: The configuration is not of a functional model.
    """
    if model.get("class_name") not in ("Functional", "Model"):
        raise WeightsError(
            f"{where}: the model's class is {model.get('class_name')!r}; only a functional "
            "Keras model can be imported"
        )
    named = []
    for layer in model["config"]["layers"]:
        name = layer.get("name") or layer["config"]["name"]
        named.append((str(name), layer))
    return named


def match_layers(layers: Sequence[tuple[str, Mapping[str, Any]]], where: str) -> dict[str, str]:
    """Find this U-Net's layers in a Keras model by following its connections.

    Args:
        layers: What ``layer_list`` returned; Keras writes a layer after its inputs.
        where: The file, for messages.

    Returns:
        The layer's name in the file for each prefix in ``WEIGHTED``.

    Raises:
        WeightsError: A layer, its settings or its inputs are not this U-Net's.
    """
    # What each layer of the file is in the plan.
    found: dict[str, str] = {}
    for name, layer in layers:
        kind = layer["class_name"]
        inputs = tuple(_input_names(layer.get("inbound_nodes", [])))
        unknown = [source for source in inputs if source not in found]
        if unknown:
            raise WeightsError(f"{where}: layer {name} reads {unknown[0]}, which is not before it")
        sources = tuple(found[source] for source in inputs)
        if kind == "InputLayer":
            found[name] = _INPUT
        elif kind in _TRAINING_ONLY and len(sources) == 1:
            found[name] = sources[0]
        else:
            if kind not in _SETTINGS:
                raise WeightsError(
                    f"{where}: layer {name} is a {kind}; this U-Net has only "
                    f"{', '.join(sorted([*_SETTINGS, *_TRAINING_ONLY]))}"
                )
            part = _BY_INPUTS.get((kind, sources))
            if part is None or part in found.values():
                raise WeightsError(
                    f"{where}: layer {name} ({kind}) reads {', '.join(sources) or 'nothing'}; "
                    "this U-Net has no such connection, or has it once"
                )
            _check_settings(part, name, layer, where)
            found[name] = part
    missing = [part for part, _, _ in _PLAN if part not in found.values()]
    if missing:
        raise WeightsError(f"{where}: has no layer for {missing[0]} of this U-Net")
    # A training-only layer stands for the one that it follows, which has the weights.
    return {
        found[name]: name
        for name, layer in layers
        if found[name] in WEIGHTED and layer["class_name"] not in _TRAINING_ONLY
    }


def _check_settings(part: str, name: str, layer: Mapping[str, Any], where: str) -> None:
    config = layer["config"]
    for key, allowed in _SETTINGS[layer["class_name"]].items():
        value = config.get(key, _DEFAULTS.get(key))
        if key == "activation" and isinstance(value, Mapping):
            # Keras 2.12 wrote functions as objects that name them.
            value = value.get("config")
        # Softmax moves no maximum.
        choices = ["linear", "softmax"] if (part, key) == (CLASSIFIER, "activation") else allowed
        if value not in choices:
            raise WeightsError(
                f"{where}: layer {name} has {key} {value!r}; this U-Net has "
                f"{' or '.join(repr(choice) for choice in choices)}"
            )


def _input_names(nodes: Any) -> Iterator[str]:
    # Keras 3 names a tensor's layer in "keras_history", Keras 2 in [name, node, tensor, ...].
    if isinstance(nodes, Mapping):
        history = nodes.get("keras_history")
        if history is not None:
            yield str(history[0])
        else:
            for value in nodes.values():
                yield from _input_names(value)
    elif isinstance(nodes, list):
        if len(nodes) >= 3 and isinstance(nodes[0], str) and isinstance(nodes[1], int):
            yield nodes[0]
        else:
            for value in nodes:
                yield from _input_names(value)
