# SPDX-License-Identifier: Apache-2.0
"""Weights of the same U-Net trained in Keras, read without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import UnetPerceptionError, WeightsError
from unet_perception.labels import UNLABELED
from unet_perception.model.keras_file import (
    KerasFile,
    StoredLayer,
    open_keras_file,
    split_number,
)
from unet_perception.model.keras_graph import (
    CONV,
    CONV_TRANSPOSE,
    WEIGHTED,
    layer_list,
    match_layers,
)

MAX_FILTERS = 256
"""Four times the paper's width."""

_IN_CHANNELS = 3
_GROUPS = {CONV: "conv2d", CONV_TRANSPOSE: "conv2d_transpose"}


@dataclass(frozen=True)
class WeightCounts:
    """The two numbers that give a U-Net's weights their shapes.

    Attributes:
        n_filters: Filters of the first block.
        n_classes: Output channels.
    """

    n_filters: int
    n_classes: int


def read_keras_weights(path: str | Path) -> dict[str, NDArray[np.float32]]:
    """Read the weights of this U-Net from a Keras file.

    Args:
        path: A ``.keras``, ``.h5`` (whole model, or ``save_weights`` of Keras 2) or
            ``.weights.h5`` file; its contents decide, not its name.

    Returns:
        float32 arrays under the names of ``UNet``'s ``state_dict``, in its order and in
        PyTorch's axis order: kernels ``(out, in, kH, kW)``, of transposed convolutions
        ``(in, out, kH, kW)``.

    Raises:
        WeightsError: The file is missing, damaged, not Keras', or of another network;
            the message names the file, the layer, what was found and expected.
    """
    path = Path(path)
    try:
        with open_keras_file(path) as file:
            layers = _in_network_order(file, path)
            return _read_layers(layers, file.size, path)
    except UnetPerceptionError:
        raise
    except Exception as error:
        # Damaged bytes surface from h5py, zipfile and json as almost any exception.
        raise WeightsError(
            f"{path}: is damaged, or not a Keras file: {type(error).__name__}: {error}"
        ) from error


def weight_counts(weights: Mapping[str, NDArray[np.float32]]) -> WeightCounts:
    """Return the counts behind a U-Net's weights, as ``read_keras_weights`` gives them."""
    return WeightCounts(
        n_filters=weights["encoder.0.conv1.weight"].shape[0],
        n_classes=weights["head.classifier.weight"].shape[0],
    )


def _in_network_order(file: KerasFile, path: Path) -> dict[str, StoredLayer]:
    if file.config is not None:
        return _by_config(file, file.config, path)
    if len(file.layers) != len(WEIGHTED):
        raise WeightsError(
            f"{path}: holds {len(file.layers)} layers with weights; this U-Net has {len(WEIGHTED)}"
        )
    if file.order:
        by_name = {layer.name: layer for layer in file.layers}
        ordered = [by_name[name] for name in file.order if name in by_name]
        if len(ordered) != len(WEIGHTED):
            raise WeightsError(f"{path}: its list of layers does not name every layer once")
        return dict(zip(WEIGHTED, ordered, strict=True))
    numbered = _numbered(file, path)
    rows = {kind: iter(layers) for kind, layers in numbered.items()}
    for kind, found in numbered.items():
        expected = list(WEIGHTED.values()).count(kind)
        if len(found) != expected:
            raise WeightsError(
                f"{path}: holds {len(found)} {kind} layers; this U-Net has {expected}"
            )
    return {part: next(rows[kind]) for part, kind in WEIGHTED.items()}


def _by_config(file: KerasFile, config: Mapping[str, Any], path: Path) -> dict[str, StoredLayer]:
    listed = layer_list(config, str(path))
    names = match_layers(listed, str(path))
    if all(layer.model_name for layer in file.layers):
        stored = {layer.model_name: layer for layer in file.layers}
    else:
        # The first Keras 3 numbered a class's layers in the configuration's order, and
        # kept no names.
        stored = {}
        for kind, layers in _numbered(file, path).items():
            of_kind = [name for name, layer in listed if layer["class_name"] == kind]
            stored.update(zip(of_kind, layers, strict=False))
    for part, name in names.items():
        if name not in stored:
            raise WeightsError(f"{path}: layer {name} ({part}) has no weights in the file")
    return {part: stored[names[part]] for part in WEIGHTED}


def _numbered(file: KerasFile, path: Path) -> dict[str, list[StoredLayer]]:
    kinds = {base: kind for kind, base in _GROUPS.items()}
    rows: dict[str, list[StoredLayer]] = {kind: [] for kind in _GROUPS}
    for layer in sorted(file.layers, key=lambda layer: split_number(layer.name)):
        base = split_number(layer.name)[0]
        if base not in kinds:
            raise WeightsError(
                f"{path}: layer {layer.name} has weights; this U-Net has only layers named "
                f"{' and '.join(sorted(kinds))}"
            )
        rows[kinds[base]].append(layer)
    return rows


def _read_layers(
    layers: Mapping[str, StoredLayer], size: int, path: Path
) -> dict[str, NDArray[np.float32]]:
    n_filters = _count(layers["encoder.0.conv1"], "n_filters", MAX_FILTERS, path)
    n_classes = _count(layers["head.classifier"], "n_classes", UNLABELED, path)
    state: dict[str, NDArray[np.float32]] = {}
    for part, (inside, outside) in _channels(n_filters, n_classes).items():
        layer = layers[part]
        side = 1 if part == "head.classifier" else 3
        # Keras: (kH, kW, in, out), and (kH, kW, out, in) for a transposed convolution.
        axes = (outside, inside) if WEIGHTED[part] == CONV_TRANSPOSE else (inside, outside)
        where = f"{path}: layer {layer.name} ({part})"
        kernel = _read(layer.kernel, (side, side, *axes), size, f"{where}: kernel")
        bias = _read(layer.bias, (outside,), size, f"{where}: bias")
        state[f"{part}.weight"] = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
        state[f"{part}.bias"] = bias
    return state


def _count(layer: StoredLayer, key: str, limit: int, path: Path) -> int:
    shape = layer.kernel.shape
    if shape is None or len(shape) != 4 or not 1 <= shape[3] <= limit:
        raise WeightsError(
            f"{path}: layer {layer.name}: kernel has shape {shape}; its last axis is "
            f"{key}, which must be 1 to {limit}, after three others"
        )
    return int(shape[3])


def _channels(n_filters: int, n_classes: int) -> dict[str, tuple[int, int]]:
    """Return each layer's channels in and out."""
    channels = {}
    inside = _IN_CHANNELS
    for part in WEIGHTED:
        block, conv = part.rsplit(".", 1)
        if block == "head":
            outside = n_classes if conv == "classifier" else n_filters
        else:
            room, index = block.split(".")
            outside = n_filters * 2 ** (int(index) if room == "encoder" else 3 - int(index))
            if room == "decoder" and conv == "conv1":
                # The upsampled features and as many from the encoder.
                inside = 2 * outside
        channels[part] = (inside, outside)
        inside = outside
    return channels


def _read(dataset: Any, expected: tuple[int, ...], size: int, where: str) -> NDArray[np.float32]:
    # Everything is checked before the first byte is allocated.
    if dataset.shape != expected:
        raise WeightsError(f"{where} has shape {dataset.shape}; expected {expected}")
    if dataset.dtype.kind != "f":
        raise WeightsError(f"{where} holds {dataset.dtype}; expected floating point numbers")
    contiguous = dataset.id.get_create_plist().get_layout() == h5py.h5d.CONTIGUOUS
    stored = dataset.id.get_storage_size()
    if not contiguous or dataset.external or dataset.nbytes != stored or stored > size:
        raise WeightsError(
            f"{where} is compressed, empty or stored outside the file; Keras writes plain arrays"
        )
    array: NDArray[np.float32] = np.asarray(dataset[()]).astype(np.float32)
    if not np.isfinite(array).all():
        raise WeightsError(f"{where} holds values that are not finite numbers")
    return array
