# SPDX-License-Identifier: Apache-2.0
"""Scores of models under weathers that a dataset does not have, laid on as training lays them on.

    python benchmarks/weather.py MODEL [MODEL ...] --data DIR [--rows 0.85]

The effects are those of ``config/training.yaml``, one at a time, at full share; they are no real
weather, but the recordings of one clear day have no other. Pictures and masks at each network's own
size, PyTorch fp32; every model sees the same pictures where sizes are equal.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import nn

from unet_perception.dataset.sources import parse_source
from unet_perception.labels import UNLABELED, label_groups
from unet_perception.model.activations import reference_network
from unet_perception.model.bundle import bundle_weights, load_bundle
from unet_perception.segmenter import find_model
from unet_perception.training.augment import Augmentation
from unet_perception.training.batch import make_batch
from unet_perception.training.examples import Examples, Part, load_examples
from unet_perception.training.tally import Counts, count_answers
from unet_perception.training.targets import Targets, join_targets

BATCH = 8
SEED = 1
CLEAR = Augmentation.none()
WEATHERS = {
    "as recorded": CLEAR,
    "rain": replace(CLEAR, rain=1.0, wet=1.0),
    "wet road": replace(CLEAR, wet=1.0),
    "fog": replace(CLEAR, haze=1.0),
    "sunset": replace(CLEAR, sunset=1.0),
    "glare": replace(CLEAR, glare=1.0),
    "night": replace(CLEAR, night=1.0),
    "shadows": replace(CLEAR, shadow=1.0),
    "other colours": replace(CLEAR, recolor=1.0, hue=1.0, saturation=1.0, cast=0.07),
    "bad camera": replace(CLEAR, noise=1.0, blur=1.0, jpeg=1.0, exposure=0.25),
}


def miou(
    model: nn.Module,
    examples: Examples,
    targets: Targets,
    size: tuple[int, int],
    weather: Augmentation,
    rows: float,
) -> float:
    """Return the mean IoU of a network on all examples under one weather."""
    device = next(model.parameters()).device
    total = torch.zeros(targets.n_ids * targets.n_classes, dtype=torch.int64, device=device)
    counted = round(rows * size[0])
    for start in range(0, len(examples), BATCH):
        at = np.arange(start, min(start + BATCH, len(examples)))
        batch = make_batch(examples, at, at, 0, SEED, size, weather, device)
        batch.masks[:, counted:] = UNLABELED
        with torch.inference_mode():
            logits = model(batch.images)
        total += count_answers(logits, batch.masks, targets)
    return Counts(targets, total.cpu().numpy()).scores().miou


def main() -> None:
    """Run the benchmark and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", metavar="MODEL", help="of one label set")
    parser.add_argument("--data", required=True, metavar="DIR", help="scored on its val.txt")
    parser.add_argument(
        "--rows", type=float, default=1.0, help="share of rows from the top to count (1)"
    )
    options = parser.parse_args()
    bundles = [load_bundle(find_model(name)) for name in options.models]
    label_set = bundles[0].spec.label_set
    source = parse_source(options.data)
    _, scored = source.pairs()
    groups = label_groups(source.label_set(label_set), label_set)
    targets, tables = join_targets(label_set, [groups])
    examples = load_examples([Part(scored, groups.source, tables[0])])
    table = Table(title=f"mIoU on {len(examples)} frames of {source.root.name}")
    table.add_column("weather, simulated")
    for bundle in bundles:
        table.add_column(Path(bundle.path).resolve().name, justify="right")
    models = [reference_network(bundle.spec, bundle_weights(bundle)) for bundle in bundles]
    for name, weather in WEATHERS.items():
        scores = [
            miou(model, examples, targets, bundle.spec.input_size, weather, options.rows)
            for model, bundle in zip(models, bundles, strict=True)
        ]
        table.add_row(name, *(f"{score:.3f}" for score in scores))
    Console().print(table)


if __name__ == "__main__":
    main()
