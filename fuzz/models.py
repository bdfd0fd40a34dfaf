# SPDX-License-Identifier: Apache-2.0
"""Networks: bundles and what is in them, Keras files, checkpoints, stored engines."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from fuzz.scratch import folder, put
from fuzz.target import Target
from unet_perception.engines.cache_entry import Entry, pack, unpack
from unet_perception.labels import load_label_set
from unet_perception.model.bundle import (
    FORMAT,
    INT8_FILES,
    ONNX_FILE,
    SPEC_FILE,
    VERSION,
    bundle_weights,
    load_bundle,
    save_bundle,
)
from unet_perception.model.spec import ModelSpec

SIZE = (16, 16)
_KEY = {"gpu": "NVIDIA A", "input_shape": [1, 96, 128, 4]}
_ENTRY = Entry({"plan": b"plan", "mask": bytes(16)}, {"agreement": 1.0})


def _digest(document: dict[str, Any], **style: Any) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True, **style).encode()).hexdigest()


def _signed(document: object) -> bytes:
    """Return a bundle's description with the checksum that fits: whoever forges one can do so."""
    if isinstance(document, dict):
        document.pop("checksum", None)
        document["checksum"] = _digest(document)
    return json.dumps(document).encode()


def _write_bundle(root: Path, files: dict[str, bytes], spec: dict[str, Any]) -> None:
    (root / ONNX_FILE).write_bytes(files[ONNX_FILE])
    listed = {}
    for name in INT8_FILES:
        (root / name).unlink(missing_ok=True)
        if name in files:
            (root / name).write_bytes(files[name])
            digest = hashlib.sha256(files[name]).hexdigest()
            listed[name] = {"bytes": len(files[name]), "sha256": digest}
    onnx = files[ONNX_FILE]
    facts = {"onnx_bytes": len(onnx), "onnx_sha256": hashlib.sha256(onnx).hexdigest()}
    whole = {"format": FORMAT, "version": VERSION, **spec, **facts, "files": listed}
    (root / SPEC_FILE).write_bytes(_signed(whole))


@cache
def _spec() -> ModelSpec:
    return ModelSpec(1, SIZE, load_label_set("carla-0.8"))


def _description(data: bytes) -> None:
    root = folder("description")
    try:
        text = _signed(json.loads(data))
    except (ValueError, RecursionError):
        text = data
    (root / SPEC_FILE).write_bytes(text)
    (root / ONNX_FILE).write_bytes(b"net")
    load_bundle(root)


def _description_seeds() -> list[bytes]:
    root = folder("description_seed")
    _write_bundle(root, {ONNX_FILE: b"net"}, _spec().as_dict())
    return [(root / SPEC_FILE).read_bytes()]


@cache
def _onnx() -> bytes:
    from unet_perception.model.unet import UNet

    state = UNet(_spec().n_classes, 1).state_dict()
    save_bundle(folder("onnx") / "net", {k: v.numpy() for k, v in state.items()}, _spec())
    return (folder("onnx") / "net" / ONNX_FILE).read_bytes()


def _onnx_weights(data: bytes) -> None:
    root = folder("onnx_weights")
    _write_bundle(root, {ONNX_FILE: data}, _spec().as_dict())
    bundle_weights(load_bundle(root))


def _onnx_seeds() -> list[bytes]:
    return [_onnx()]


def _open(root: Path, precision: str) -> None:
    from unet_perception.engines import open_engine

    open_engine(load_bundle(root), "openvino", precision, 1, "rgb8").close()


def _onnx_engine(data: bytes) -> None:
    root = folder("onnx_engine")
    _write_bundle(root, {ONNX_FILE: data}, _spec().as_dict())
    _open(root, "fp32")


def _int8_engine(data: bytes) -> None:
    root = folder("int8_engine")
    graph, _, weights = data.partition(b"\0")
    files = {ONNX_FILE: b"net", INT8_FILES[0]: graph, INT8_FILES[1]: weights}
    facts = {"int8": {"pixel_agreement": 1.0, "miou_loss": 0.0}}
    _write_bundle(root, files, {**_spec().as_dict(), "precisions": facts})
    _open(root, "int8")


@cache
def _int8_seeds() -> Sequence[bytes]:
    import openvino

    model = openvino.Core().read_model(_onnx())
    path = folder("int8_seed") / INT8_FILES[0]
    openvino.save_model(model, path, compress_to_fp16=True)
    return [path.read_bytes() + b"\0" + path.with_suffix(".bin").read_bytes()]


def _keras(data: bytes) -> None:
    from unet_perception.model.keras_import import read_keras_weights

    state = read_keras_weights(put("weights.h5", data))
    assert all(np.isfinite(array).all() for array in state.values())


@cache
def _keras_seeds() -> Sequence[bytes]:
    harness = str(Path(__file__).parents[1] / "test" / "harness")
    sys.path.insert(0, harness)
    try:
        from keras_files import WRITERS, random_state
    finally:
        sys.path.remove(harness)
    found = []
    for name, write in WRITERS.items():
        path = folder("keras_seeds") / name
        write(path, random_state(n_classes=2, n_filters=1))
        found.append(path.read_bytes())
    return found


def _checkpoint(data: bytes) -> None:
    from unet_perception.training.checkpoint import read_checkpoint

    checkpoint = read_checkpoint(put("last.safetensors", data))
    assert all(tensor.numel() >= 0 for tensor in checkpoint.tensors.values())
    assert checkpoint.facts.get("epoch", 0) is not None


@cache
def _checkpoint_seeds() -> Sequence[bytes]:
    import torch

    from unet_perception.training.checkpoint import Checkpoint, write_checkpoint

    path = folder("checkpoint_seed") / "last.safetensors"
    tensors = {"model.a": torch.ones(2, 3), "model.b": torch.ones(1, dtype=torch.bfloat16)}
    write_checkpoint(path, Checkpoint(tensors, {"epoch": 1, "recipe": {"seed": 0}}))
    return [path.read_bytes()]


def _entry(data: bytes) -> None:
    # As a forger would: with the checksum that fits.
    head, line, rest = data.partition(b"\n")
    try:
        header = json.loads(head)
        if isinstance(header, dict):
            header.pop("checksum", None)
            header["checksum"] = _digest(header, separators=(",", ":"), allow_nan=False)
            data = json.dumps(header).encode() + line + rest
    except (ValueError, RecursionError):
        pass
    unpack(data, _KEY)


def _entry_seeds() -> list[bytes]:
    return [pack(_KEY, _ENTRY)]


TARGETS = (
    Target(
        "models.description",
        _description,
        _description_seeds,
        form="json",
        inputs=30_000,
        max_bytes=2_048,
    ),
    Target(
        *("models.onnx_weights", _onnx_weights, _onnx_seeds),
        needs=("onnx", "torch"),
        inputs=20_000,
        max_bytes=32_768,
    ),
    Target(
        *("models.onnx_engine", _onnx_engine, _onnx_seeds),
        needs=("openvino", "onnx", "torch"),
        inputs=20_000,
        max_bytes=32_768,
    ),
    Target(
        *("models.int8_engine", _int8_engine, _int8_seeds),
        needs=("openvino", "onnx", "torch"),
        inputs=20_000,
        max_bytes=131_072,
    ),
    Target(
        *("models.keras", _keras, _keras_seeds),
        needs=("h5py", "torch"),
        inputs=20_000,
        max_bytes=262_144,
    ),
    Target(
        *("models.checkpoint", _checkpoint, _checkpoint_seeds),
        needs=("torch", "safetensors"),
        inputs=40_000,
        max_bytes=1_024,
    ),
    Target(
        *("models.stored_engine", _entry, _entry_seeds, (ValueError,)),
        form="json",
        inputs=200_000,
        max_bytes=1_024,
    ),
)
