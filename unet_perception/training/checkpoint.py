# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: one safetensors file, there as a whole or not at all, and nothing pickled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from unet_perception.errors import TrainingError
from unet_perception.files.atomic import replace_bytes
from unet_perception.files.documents import parse_json

FORMAT = "unet_perception checkpoint"
VERSION = "2"
LAST, BEST = "last.safetensors", "best.safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """State of a run.

    Attributes:
        tensors: By name.
        facts: Everything else, as JSON takes it.
    """

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint in one step, and have it on the disk when this returns.

    Raises:
        TrainingError: It cannot be written; the file that was there before still is.
    """
    tensors = {
        name: tensor.detach().cpu().contiguous() for name, tensor in checkpoint.tensors.items()
    }
    facts = json.dumps(checkpoint.facts, sort_keys=True)
    metadata = {
        "format": FORMAT,
        "version": VERSION,
        "facts": facts,
        "sha256": _checksum(tensors, facts),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not by the library's own way to a file: killed in it, that leaves one of a random name.
        replace_bytes(path, save(tensors, metadata))
    except (OSError, SafetensorError) as error:
        raise TrainingError(f"{path}: cannot be written: {error}") from error


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        TrainingError: The file is missing, damaged, or no checkpoint of this version.
    """
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise TrainingError(f"{path}: is no checkpoint of this package")
            if metadata.get("version") != VERSION:
                raise TrainingError(
                    f"{path}: checkpoint version is {metadata.get('version')!r}; this package "
                    f"reads {VERSION}"
                )
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if metadata["sha256"] != _checksum(tensors, metadata["facts"]):
            raise TrainingError(f"{path}: is damaged: its sha256 is another")
        facts = parse_json(metadata["facts"])
    except FileNotFoundError:
        raise TrainingError(f"{path}: there is no checkpoint to go on from") from None
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise TrainingError(f"{path}: is damaged: {error}") from error
    if not isinstance(facts, dict):
        raise TrainingError(f"{path}: is damaged: its facts are no JSON object")
    return Checkpoint(tensors, facts)


def _checksum(tensors: Mapping[str, Tensor], facts: str) -> str:
    """Return the sha256 of all that a checkpoint holds: safetensors itself has no checksum."""
    digest = hashlib.sha256(facts.encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
