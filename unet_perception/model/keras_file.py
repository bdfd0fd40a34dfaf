# SPDX-License-Identifier: Apache-2.0
"""Keras' weight files: the layers and tensors in them, whatever the network.

Layouts, as Keras writes them: ``.keras`` is a zip of ``config.json`` and
``model.weights.h5``; the latter, alone a ``.weights.h5``, holds
``layers/<class>_<i>/vars/<0|1>``; a ``.h5`` holds ``<layer>/<...>/<kernel|bias>[:0]``,
under ``model_weights`` when the whole model was saved. Nothing is unpickled, no link
is followed out of the file, and no tensor is read here.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from unet_perception.errors import WeightsError
from unet_perception.model.hdf5_heap import damaged_heap

MAX_BYTES = 2 << 30
MAX_CONFIG_BYTES = 16 << 20
MAX_PACKING = 100
MAX_DEPTH = 8
MAX_MEMBERS = 10_000

_ZIP_START = b"PK\x03\x04"
_HDF5_START = b"\x89HDF\r\n\x1a\n"
_ZIP_CONFIG = "config.json"
_ZIP_WEIGHTS = "model.weights.h5"
# Keras 3 and the last Keras 2 that wrote this layout.
_LAYER_ROOTS = ("layers", "_layer_checkpoint_dependencies")
_TENSORS = {"0": "kernel", "1": "bias", "kernel": "kernel", "bias": "bias"}


@dataclass(frozen=True)
class StoredLayer:
    """A layer with weights as the file has it.

    Attributes:
        name: The name of its group in the file.
        model_name: The name that it had in the model.
        kernel: The kernel's ``h5py.Dataset``, not read yet.
        bias: The bias's ``h5py.Dataset``, not read yet.
    """

    name: str
    model_name: str
    kernel: Any
    bias: Any


@dataclass(frozen=True)
class KerasFile:
    """An open weight file.

    Attributes:
        layers: The layers with weights, in no order.
        order: The model's names of all its layers from input to output, or nothing
            where the file has no such list.
        config: The model's configuration, where the file has it.
        size: Bytes of the HDF5 data: no honest tensor is larger.
    """

    layers: tuple[StoredLayer, ...]
    order: tuple[str, ...]
    config: Mapping[str, Any] | None
    size: int


@contextmanager
def open_keras_file(path: Path) -> Iterator[KerasFile]:
    """Open a weight file and list its layers.

    Besides ``WeightsError``, a damaged file can raise whatever ``h5py``, ``zipfile``
    and ``json`` raise.

    Raises:
        WeightsError: The file is missing, too large, or no Keras file.
    """
    data = _read_file(path)
    text = None
    if data.startswith(_ZIP_START):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            text = _member(archive, _ZIP_CONFIG, MAX_CONFIG_BYTES, path)
            data = _member(archive, _ZIP_WEIGHTS, MAX_BYTES, path)
    if not data.startswith(_HDF5_START):
        raise WeightsError(
            f"{path}: is no Keras file (.keras, .h5 or .weights.h5): it is neither a zip "
            "archive of HDF5 weights nor HDF5"
        )
    heap = damaged_heap(data)
    if heap is not None:
        raise WeightsError(f"{path}: is damaged: its text at byte {heap} is cut or overwritten")
    with h5py.File(io.BytesIO(data), "r") as file:
        models = [text] if text else _texts(file, "model_config", path)
        config = _parse(models[0], path) if models else None
        yield _list_file(file, config, len(data), path)


def split_number(name: str) -> tuple[str, int]:
    """Split Keras' automatic name: ``conv2d_10`` is ``("conv2d", 10)``, ``conv2d`` counts 0."""
    match = re.fullmatch(r"(.+)_(\d{1,9})", name)
    return (match[1], int(match[2])) if match else (name, 0)


def _read_file(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise WeightsError(f"{path}: has {size} bytes; more than {MAX_BYTES} are not believed")
        return path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror}") from error


def _member(archive: zipfile.ZipFile, name: str, limit: int, path: Path) -> bytes:
    if name not in archive.namelist():
        raise WeightsError(f"{path}: is a zip archive without {name}, so no Keras file")
    member = archive.getinfo(name)
    # Keras packs nothing; who packed it later won less than this on real weights.
    most = min(limit, MAX_PACKING * member.compress_size)
    if member.file_size > most:
        raise WeightsError(
            f"{path}: {name} has {member.file_size} bytes; more than {most} are not believed"
        )
    return archive.read(name)


def _parse(text: Any, path: Path) -> Mapping[str, Any]:
    config = json.loads(text)
    if not isinstance(config, Mapping):
        raise WeightsError(f"{path}: the model's configuration is not a JSON object")
    return config


def _list_file(file: Any, config: Mapping[str, Any] | None, size: int, path: Path) -> KerasFile:
    legacy = _link(file, "model_weights", path) if "model_weights" in file else file
    order = _texts(legacy, "layer_names", path)
    if order:
        return KerasFile(_list_legacy(legacy, path), order, config, size)
    return KerasFile(_list_numbered(file, path), (), config, size)


def _list_legacy(root: Any, path: Path) -> tuple[StoredLayer, ...]:
    tensors = []
    for parts, dataset in _walk(root, path):
        tensors.append((parts[0], parts[0], parts[-1].removesuffix(":0"), dataset))
    return _join(tensors, path)


def _list_numbered(file: Any, path: Path) -> tuple[StoredLayer, ...]:
    tensors = []
    for parts, dataset in _walk(file, path):
        # Beside the layers stand an optimizer's and a metric's variables.
        if parts[0] in _LAYER_ROOTS:
            name = parts[-3] if len(parts) > 3 and parts[-2] == "vars" else "/".join(parts[1:-1])
            model_name = "".join(_texts(dataset.parent, "name", path))
            tensors.append((name, model_name, parts[-1], dataset))
    return _join(tensors, path)


def _join(tensors: list[tuple[str, str, str, Any]], path: Path) -> tuple[StoredLayer, ...]:
    layers: dict[str, dict[str, Any]] = {}
    model_names = {}
    for name, model_name, leaf, dataset in tensors:
        role = _TENSORS.get(leaf)
        if role is None:
            raise WeightsError(
                f"{path}: layer {name} has a tensor {leaf}; this U-Net's layers have only a "
                "kernel and a bias"
            )
        if role in layers.setdefault(name, {}):
            raise WeightsError(f"{path}: layer {name} has two tensors that are its {role}")
        layers[name][role] = dataset
        model_names[name] = model_name
    for name, roles in layers.items():
        for role in ("kernel", "bias"):
            if role not in roles:
                raise WeightsError(f"{path}: layer {name} has no {role}")
    return tuple(
        StoredLayer(name, model_names[name], roles["kernel"], roles["bias"])
        for name, roles in layers.items()
    )


def _walk(root: Any, path: Path) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every dataset below a group with the names on the way to it."""
    members = 0
    pending: list[tuple[tuple[str, ...], Any]] = [((), root)]
    while pending:
        parts, group = pending.pop()
        for key in group:
            members += 1
            if members > MAX_MEMBERS or len(parts) >= MAX_DEPTH:
                raise WeightsError(f"{path}: has more groups than any Keras file")
            child = _link(group, key, path)
            # Keras on Windows wrote its separator into a name.
            names = (*parts, *key.split("\\"))
            if isinstance(child, h5py.Dataset):
                yield names, child
            elif isinstance(child, h5py.Group):
                pending.append((names, child))


def _link(group: Any, key: str, path: Path) -> Any:
    if not isinstance(group.get(key, getlink=True), h5py.HardLink):
        raise WeightsError(f"{path}: {key} is a link to elsewhere, which is not followed")
    return group[key]


def _texts(node: Any, key: str, path: Path) -> tuple[str, ...]:
    """Return an attribute's text or texts, and nothing where there is none."""
    if key not in node.attrs:
        return ()
    attribute = node.attrs.get_id(key)
    # A damaged type makes h5py follow pointers that are none: look before reading.
    if attribute.get_type().get_class() != h5py.h5t.STRING:
        raise WeightsError(f"{path}: attribute {key} of {node.name} is not text")
    if len(attribute.shape) > 1 or sum(attribute.shape) > MAX_MEMBERS:
        raise WeightsError(f"{path}: attribute {key} of {node.name} has shape {attribute.shape}")
    values = np.ravel(node.attrs[key])
    return tuple(v.decode("utf-8") if isinstance(v, bytes) else str(v) for v in values)
