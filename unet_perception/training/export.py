# SPDX-License-Identifier: Apache-2.0
"""The model bundle that a training leaves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from unet_perception.dataset.sources import Source
from unet_perception.labels import LabelSet
from unet_perception.model.bundle import load_bundle, save_bundle
from unet_perception.model.spec import ModelSpec
from unet_perception.segmenter import find_model
from unet_perception.training.data import TrainingData
from unet_perception.training.history import Trained
from unet_perception.training.recipe import Recipe


def export(
    out: Path,
    trained: Trained,
    recipe: Recipe,
    data: TrainingData,
    sources: Sequence[Source],
    processes: int,
) -> None:
    """Write the bundle.

    Args:
        out: Its folder.
        trained: What the run gave.
        recipe: The settings.
        data: What was trained on.
        sources: Where it is from.
        processes: How many trained together.

    Raises:
        BundleError: It cannot be written.
    """
    label_set = data.targets.label_set
    facts = {
        "data": [
            _source(source, count, label_set)
            for source, (count, _) in zip(sources, data.counts_and_weights, strict=True)
        ],
        "data_sha256": data.fingerprint,
        "recipe": {
            **recipe.as_dict(),
            # Files are named, and a path says nothing on another machine.
            "label_set": label_set.name,
            "init": load_bundle(find_model(recipe.init)).sha256 if recipe.init else "",
        },
        "precision": trained.precision,
        "processes": processes,
        "seconds": round(trained.seconds),
        "epoch": trained.kept.number,
        "history": [
            {
                "epoch": epoch.number,
                "loss": round(epoch.loss, 6),
                "accuracy": _rounded(epoch.accuracy),
                "miou": _rounded(epoch.miou),
                "val_accuracy": _rounded(epoch.val_accuracy),
                "val_miou": _rounded(epoch.val_miou),
            }
            for epoch in trained.history
        ],
    }
    weights = {name: tensor.cpu().numpy() for name, tensor in trained.model.state_dict().items()}
    save_bundle(
        out,
        weights,
        ModelSpec(
            recipe.n_filters,
            recipe.input_size,
            label_set,
            facts,
            _scores(trained),
            architecture=recipe.architecture,
        ),
    )


def _source(source: Source, pairs: int, label_set: LabelSet) -> dict[str, Any]:
    return {
        "name": source.root.resolve().name,
        "pairs": pairs,
        "label_set": source.label_set(label_set).name,
        "weight": source.weight,
        "split": source.split,
        "hold_out": source.hold_out,
    }


def _scores(trained: Trained) -> dict[str, Any]:
    kept = trained.kept
    # Where no validation pixel has a label there is no score.
    if math.isnan(kept.val_miou):
        return {}
    scores: dict[str, Any] = {
        "val_miou_network": round(kept.val_miou, 4),
        "val_accuracy": round(kept.val_accuracy, 4),
    }
    if len(kept.checked) > 1:
        scores["val_miou_network_by_dataset"] = {
            part.name: _rounded(part.miou) for part in kept.checked
        }
    return scores


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
