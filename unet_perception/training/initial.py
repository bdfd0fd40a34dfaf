# SPDX-License-Identifier: Apache-2.0
"""The network that a run begins with."""

from __future__ import annotations

import torch
from torch import nn

from unet_perception.errors import ConfigError
from unet_perception.labels import LabelSet
from unet_perception.model.architecture import ARCHITECTURES
from unet_perception.model.bundle import bundle_weights, load_bundle
from unet_perception.segmenter import find_model
from unet_perception.training.recipe import Recipe


def initial_model(recipe: Recipe, label_set: LabelSet, device: torch.device) -> nn.Module:
    """Return a network with random weights from the seed, or with those of a bundle.

    A bundle of another label set gives all weights but the classifier's.

    Raises:
        BundleError: The bundle is missing or damaged.
        ConfigError: Its network has another architecture or width.
    """
    # The one global generator that training uses, and it is used here alone.
    torch.manual_seed(recipe.seed)
    architecture = ARCHITECTURES.load(recipe.architecture)
    model = architecture.build(label_set.n_classes, recipe.n_filters)
    if recipe.init:
        bundle = load_bundle(find_model(recipe.init))
        for key in ("architecture", "n_filters"):
            its, ours = getattr(bundle.spec, key), getattr(recipe, key)
            if its != ours:
                raise ConfigError(
                    f"init is {recipe.init!r}, whose network has {key} {its}; "
                    f"{key} must be the same, and is {ours}"
                )
        same = bundle.spec.label_set.as_dict() == label_set.as_dict()
        weights = {
            name: torch.from_numpy(value)
            for name, value in bundle_weights(bundle).items()
            if same or not name.startswith(f"{architecture.classifier}.")
        }
        model.load_state_dict(weights, strict=same)
    # PyTorch's annotations of Module.to leave this argument out.
    model.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model
