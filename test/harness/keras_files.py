# SPDX-License-Identifier: Apache-2.0
"""Weight files of one network in every layout that Keras has written."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from unet_perception.model.unet import UNet

State = dict[str, NDArray[np.float32]]
Layer = dict[str, Any]

N_CLASSES = 5
N_FILTERS = 2
FIRST_CONV = 34
FIRST_UP = 5


def random_state(n_classes: int = N_CLASSES, n_filters: int = N_FILTERS) -> State:
    generator = np.random.default_rng(7)
    return {
        name: generator.standard_normal(tuple(tensor.shape)).astype(np.float32)
        for name, tensor in UNet(n_classes, n_filters).state_dict().items()
    }


def keras_names(state: State, conv: int = FIRST_CONV, up: int = FIRST_UP) -> dict[str, str]:
    """Keras' automatic names, counted per class from any number, by state_dict prefix."""
    names = {}
    for prefix in (name.removesuffix(".weight") for name in state if name.endswith(".weight")):
        if prefix.endswith(".up"):
            names[prefix] = f"conv2d_transpose_{up}" if up else "conv2d_transpose"
            up += 1
        else:
            names[prefix] = f"conv2d_{conv}" if conv else "conv2d"
            conv += 1
    return names


def keras_arrays(state: State, prefix: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    # PyTorch (out, in, kH, kW), or (in, out, kH, kW) of a transposed convolution; the two
    # libraries reverse the pair of channels alike.
    return state[f"{prefix}.weight"].transpose(2, 3, 1, 0), state[f"{prefix}.bias"]


def layer(kind: str, name: str, inputs: list[str], *, keras: int, **config: Any) -> Layer:
    history = [
        {"class_name": "__keras_tensor__", "config": {"keras_history": [i, 0, 0]}} for i in inputs
    ]
    nodes: list[Any] = []
    if inputs and keras == 3:
        nodes = [{"args": [history if len(history) > 1 else history[0]], "kwargs": {}}]
    elif inputs:
        nodes = [[[i, 0, 0, {}] for i in inputs]]
    return {
        "class_name": kind,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": nodes,
    }


def keras_config(names: dict[str, str], keras: int = 3) -> dict[str, Any]:
    """The configuration that Keras writes for the reference network."""
    layers: list[Layer] = []

    def add(kind: str, name: str, inputs: list[str], **config: Any) -> str:
        layers.append(layer(kind, name, inputs, keras=keras, **config))
        return name

    def conv(prefix: str, x: str, activation: str = "relu") -> str:
        return add(
            "Conv2D",
            names[prefix],
            [x],
            padding="same",
            strides=[1, 1],
            dilation_rate=[1, 1],
            data_format="channels_last",
            use_bias=True,
            activation=activation,
        )

    x = add("InputLayer", "input_8", [])
    skips = []
    for depth in range(5):
        if depth:
            x = add(
                "MaxPooling2D",
                f"max_pooling2d_{depth}",
                [x],
                pool_size=[2, 2],
                strides=[2, 2],
                padding="valid",
                data_format="channels_last",
            )
        x = conv(f"encoder.{depth}.conv2", conv(f"encoder.{depth}.conv1", x))
        if depth >= 3:
            x = add("Dropout", f"dropout_{depth}", [x], rate=0.3)
        skips.append(x)
    skips.pop()
    for step in range(4):
        up = add(
            "Conv2DTranspose",
            names[f"decoder.{step}.up"],
            [x],
            padding="same",
            strides=[2, 2],
            dilation_rate=[1, 1],
            data_format="channels_last",
            use_bias=True,
            activation="linear",
            output_padding=None,
        )
        x = add("Concatenate", f"concatenate_{step}", [up, skips.pop()], axis=-1 if step else 3)
        x = conv(f"decoder.{step}.conv2", conv(f"decoder.{step}.conv1", x))
    conv("head.classifier", conv("head.conv", x), "linear")
    return {"class_name": "Functional", "config": {"name": "model_5", "layers": layers}}


def fill_numbered(file: Any, state: State, named: bool = True, group: str = "layers/{}") -> None:
    """Keras 3: groups counted from zero per class, tensors numbered, names in attributes."""
    places = keras_names(state, 0, 0)
    for prefix, name in keras_names(state).items():
        variables = file.create_group(f"{group.format(places[prefix])}/vars")
        if named:
            variables.attrs["name"] = name
        for index, array in enumerate(keras_arrays(state, prefix)):
            variables[str(index)] = array
    file["optimizer/vars/0"] = np.arange(3)


def fill_named(file: Any, state: State, colon: str = "", order: bool = True) -> None:
    """Keras 2, and whole-model h5 of Keras 3: groups and tensors by name."""
    names = keras_names(state)
    if order:
        file.attrs["layer_names"] = np.array(
            [b"input_8", *(name.encode() for name in names.values()), b"dropout_3"]
        )
    file.create_group("dropout_3")
    for prefix, name in names.items():
        for tensor, array in zip(("kernel", "bias"), keras_arrays(state, prefix), strict=True):
            file[f"{name}/{name}/{tensor}{colon}"] = array


def write_keras(
    path: Path, state: State, named: bool = True, config: dict[str, Any] | None = None
) -> None:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill_numbered(file, state, named)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", json.dumps(config or keras_config(keras_names(state))))
        archive.writestr("model.weights.h5", buffer.getvalue())


def write_unnamed_keras(path: Path, state: State) -> None:
    write_keras(path, state, named=False)


def write_weights_h5(path: Path, state: State) -> None:
    with h5py.File(path, "w") as file:
        fill_numbered(file, state)


def write_windows_weights_h5(path: Path, state: State) -> None:
    with h5py.File(path, "w") as file:
        fill_numbered(file, state, False, "_layer_checkpoint_dependencies\\{}")


def write_h5(path: Path, state: State) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(keras_config(keras_names(state)))
        fill_named(file.create_group("model_weights"), state)
        file["optimizer_weights/iteration"] = 5


def write_keras_2_h5(path: Path, state: State) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(keras_config(keras_names(state), 2)).encode()
        fill_named(file.create_group("model_weights"), state, ":0")


def write_keras_2_weights(path: Path, state: State) -> None:
    with h5py.File(path, "w") as file:
        fill_named(file, state, ":0")


Writer = Callable[[Path, State], None]
WRITERS: dict[str, Writer] = {
    "unet.keras": write_keras,
    "unnamed.keras": write_unnamed_keras,
    "unet.weights.h5": write_weights_h5,
    "windows.weights.h5": write_windows_weights_h5,
    "unet.h5": write_h5,
    "keras_2.h5": write_keras_2_h5,
    "keras_2_weights.h5": write_keras_2_weights,
}


def by_name(config: dict[str, Any], name: str) -> Layer:
    return next(item for item in config["config"]["layers"] if item["name"] == name)


def setting(name: str, key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda config: by_name(config, name)["config"].update({key: value})


def edit(path: Path, change: Callable[[Any], None]) -> Path:
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def replace(name: str, array: Any, **options: Any) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        del file[name]
        file.create_dataset(name, data=array, **options)

    return change
