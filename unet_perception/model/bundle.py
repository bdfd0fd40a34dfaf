# SPDX-License-Identifier: Apache-2.0
"""The model bundle: a folder with ``model.onnx`` and ``model.json``, and nothing to unpickle.

A bundle may have the same network in int8 as well: ``model_int8.xml`` and ``model_int8.bin``,
OpenVINO's own format, so that a robot reads them without any package for training.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import BundleError
from unet_perception.files.documents import DocumentError, parse_json
from unet_perception.model.spec import ModelSpec

ONNX_FILE = "model.onnx"
SPEC_FILE = "model.json"
INT8_FILES = ("model_int8.xml", "model_int8.bin")
"""Graph and weights of the int8 network, where a bundle has one."""

FORMAT = "unet_perception model bundle"
VERSION = 1
MAX_SPEC_BYTES = 1 << 20
MAX_ONNX_BYTES = 2 << 30


@dataclass(frozen=True)
class ModelBundle:
    """A loaded bundle, whose files were checked against its checksums.

    Attributes:
        path: The folder.
        spec: What the network is.
        onnx: Bytes of the ONNX file.
        sha256: Checksum of ``onnx``: the network's fingerprint.
        files: Contents of ``INT8_FILES`` by name; empty where the bundle has none.
        checksum: That of the whole bundle, description and all files.
    """

    path: Path
    spec: ModelSpec
    onnx: bytes
    sha256: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    checksum: str = ""

    @property
    def has_int8(self) -> bool:
        """Whether there is an int8 network, whatever it costs."""
        return all(name in self.files for name in INT8_FILES)


def save_bundle(
    path: Path, weights: Mapping[str, NDArray[np.float32]], spec: ModelSpec, half: bool = True
) -> None:
    """Write a bundle; an older bundle at ``path`` is replaced in one step.

    Args:
        path: Folder to write; it must not exist, be empty, or be a bundle.
        weights: The network's ``state_dict`` as float32 arrays, in its order.
        spec: What the network is.
        half: Store the weights as float16, which halves the size and moves a logit by
            about a thousandth.

    Raises:
        BundleError: ``path`` holds something else, or cannot be written.
        WeightsError: A weight is too large for float16.
    """
    from unet_perception.model.onnx_file import build_onnx

    metadata = {"label_set": spec.label_set.name, "n_classes": str(spec.n_classes)}
    onnx = build_onnx(spec.architecture, weights, spec.input_size, metadata, half)
    _replace(Path(path), onnx, spec, {})


def store_files(bundle: ModelBundle, files: Mapping[str, bytes], spec: ModelSpec) -> None:
    """Write a bundle anew with other extra files and facts, in one step.

    Args:
        bundle: What is there now; its network stays.
        files: Contents of ``INT8_FILES`` by name, or nothing to drop them.
        spec: What the network is, with the facts on the files.

    Raises:
        BundleError: The folder cannot be written.
    """
    _replace(bundle.path, bundle.onnx, spec, files)


def _replace(path: Path, onnx: bytes, spec: ModelSpec, files: Mapping[str, bytes]) -> None:
    check_replaceable(path)
    fresh = path.with_name(f".{path.name}.new-{os.getpid()}")
    stale = path.with_name(f".{path.name}.old-{os.getpid()}")
    try:
        fresh.mkdir(parents=True)
        (fresh / ONNX_FILE).write_bytes(onnx)
        for name, content in files.items():
            (fresh / name).write_bytes(content)
        (fresh / SPEC_FILE).write_text(_spec_text(spec, onnx, files), encoding="utf-8")
        # The model card is a person's work: it stays when the network changes.
        for extra in sorted(path.glob("*.md")) if path.exists() else []:
            shutil.copy2(extra, fresh)
        if path.exists():
            path.rename(stale)
        fresh.rename(path)
    except OSError as error:
        raise BundleError(f"{path}: cannot be written: {error}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(stale, ignore_errors=True)


def check_replaceable(path: Path) -> None:
    """Refuse to write a bundle over something that is none.

    Raises:
        BundleError: ``path`` holds something else.
    """
    path = Path(path)
    if path.is_dir() and ((path / SPEC_FILE).is_file() or not any(path.iterdir())):
        return
    if path.exists():
        raise BundleError(f"{path}: exists and is no model bundle; choose another folder")


def load_bundle(path: Path) -> ModelBundle:
    """Read a bundle and check it.

    Raises:
        BundleError: The folder is missing, truncated, edited, or not a bundle; the
            message says which file and why.
    """
    path = Path(path)
    where = path / SPEC_FILE
    if not path.is_dir():
        raise BundleError(f"{path}: no such model bundle; it must be a folder with {SPEC_FILE}")
    document = _read_document(where)
    if document.get("format") != FORMAT:
        raise BundleError(f"{where}: is not the description of a model bundle of this package")
    if document.get("version") != VERSION:
        raise BundleError(
            f"{where}: bundle version is {document.get('version')!r}; this package reads {VERSION}"
        )
    if document.get("checksum") != _checksum(document):
        raise BundleError(
            f"{where}: was edited or damaged after it was written (its checksum is another)"
        )
    spec = ModelSpec.from_dict(document, str(where))
    facts = {"bytes": document.get("onnx_bytes"), "sha256": document.get("onnx_sha256")}
    data = _read_checked(path / ONNX_FILE, facts)
    files = _read_files(path, document.get("files", {}))
    sha256 = hashlib.sha256(data).hexdigest()
    return ModelBundle(path, spec, data, sha256, files, document["checksum"])


def bundle_weights(bundle: ModelBundle) -> dict[str, NDArray[np.float32]]:
    """Return the network's weights under the names of its ``state_dict``, in its order."""
    from unet_perception.model.onnx_file import read_weights

    return read_weights(bundle.onnx)


def _spec_text(spec: ModelSpec, onnx: bytes, files: Mapping[str, bytes]) -> str:
    document: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        **spec.as_dict(),
        "onnx_bytes": len(onnx),
        "onnx_sha256": hashlib.sha256(onnx).hexdigest(),
        "files": {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
        },
    }
    document["checksum"] = _checksum(document)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _checksum(document: Mapping[str, Any]) -> str:
    content = {key: value for key, value in document.items() if key != "checksum"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _read_document(path: Path) -> dict[str, Any]:
    try:
        document = parse_json(_read(path, MAX_SPEC_BYTES))
    except DocumentError as error:
        raise BundleError(f"{path}: {error}") from error
    if not isinstance(document, dict):
        raise BundleError(f"{path}: must hold a JSON object")
    return document


def _read_files(path: Path, listed: object) -> dict[str, bytes]:
    # Only known names: a description must not point at files outside its folder.
    if (
        not isinstance(listed, dict)
        or not set(listed) <= set(INT8_FILES)
        or not all(isinstance(facts, dict) for facts in listed.values())
    ):
        raise BundleError(
            f"{path / SPEC_FILE}: files is {listed!r}; it may name {' and '.join(INT8_FILES)}"
        )
    return {name: _read_checked(path / name, facts) for name, facts in listed.items()}


def _read_checked(path: Path, facts: Mapping[str, Any]) -> bytes:
    data = _read(path, MAX_ONNX_BYTES)
    if len(data) != facts.get("bytes"):
        raise BundleError(
            f"{path}: has {len(data)} bytes instead of {facts.get('bytes')}: truncated, "
            "or of another bundle"
        )
    if hashlib.sha256(data).hexdigest() != facts.get("sha256"):
        raise BundleError(
            f"{path}: was edited or damaged after it was written (its sha256 is another)"
        )
    return data


def _read(path: Path, limit: int) -> bytes:
    try:
        size = path.stat().st_size
        if size > limit:
            raise BundleError(f"{path}: has {size} bytes; more than {limit} are not believed")
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path}: cannot be read: {error.strerror}") from error
