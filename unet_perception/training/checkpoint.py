# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: one safetensors file, there as a whole or not at all, and nothing pickled."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from unet_perception.dataset.atomic import temporary_name
from unet_perception.documents import parse_json
from unet_perception.errors import TrainingError
from unet_perception.sync_folder import sync_folder

FORMAT = "unet_perception checkpoint"
VERSION = "1"
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
    temporary = temporary_name(path)
    tensors = {
        name: tensor.detach().cpu().contiguous() for name, tensor in checkpoint.tensors.items()
    }
    metadata = {
        "format": FORMAT,
        "version": VERSION,
        "facts": json.dumps(checkpoint.facts, sort_keys=True),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, temporary, metadata)
        opened = os.open(temporary, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
        os.replace(temporary, path)
        sync_folder(path.parent)
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
        facts = parse_json(metadata["facts"])
    except FileNotFoundError:
        raise TrainingError(f"{path}: there is no checkpoint to go on from") from None
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise TrainingError(f"{path}: is damaged: {error}") from error
    if not isinstance(facts, dict):
        raise TrainingError(f"{path}: is damaged: its facts are no JSON object")
    return Checkpoint(tensors, facts)
