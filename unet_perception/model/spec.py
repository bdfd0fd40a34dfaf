# SPDX-License-Identifier: Apache-2.0
"""What a model bundle says about its network: the contents of ``model.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from unet_perception.errors import BundleError, LabelSetError
from unet_perception.labels import LabelSet
from unet_perception.model.architecture import ARCHITECTURES

PREPROCESSING: Mapping[str, str] = {
    "channels": "rgb",
    "resize": "nearest, pixel centres",
    "scale": "1/255, in the graph",
}
"""The one way of preparing pictures that this package trains and runs."""

MAX_INPUT_SIDE = 4096

MAX_BATCH = 64
"""Pictures that one call may take; more cameras than a robot has."""


@dataclass(frozen=True)
class ModelSpec:
    """A network and where it comes from.

    Attributes:
        n_filters: Filters of the first block.
        input_size: Rows and columns of the network's input.
        label_set: Meaning of the output's ids.
        training: Facts about the training: data, recipe, time. Plain JSON values.
        scores: Measured scores. Plain JSON values.
        precisions: What other precisions than fp32 were measured to cost, by their names;
            see ``quantization``. Plain JSON values.
        architecture: Name of its architecture.
    """

    n_filters: int
    input_size: tuple[int, int]
    label_set: LabelSet
    training: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)
    precisions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    architecture: str = "unet"

    @property
    def n_classes(self) -> int:
        """Output channels of the network."""
        return self.label_set.n_classes

    def as_dict(self) -> dict[str, Any]:
        """Return the spec as JSON values."""
        return {
            "architecture": self.architecture,
            "n_filters": self.n_filters,
            "n_classes": self.n_classes,
            "input_size": list(self.input_size),
            "preprocessing": dict(PREPROCESSING),
            "label_set": self.label_set.as_dict(),
            "training": dict(self.training),
            "scores": dict(self.scores),
            "precisions": {name: dict(facts) for name, facts in self.precisions.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], where: str) -> ModelSpec:
        """Read a spec, refusing what this version cannot run.

        Raises:
            BundleError: A field is missing or out of range; the message names it.
        """
        architecture = data.get("architecture")
        if not isinstance(architecture, str) or architecture not in ARCHITECTURES:
            known = " and ".join(map(repr, ARCHITECTURES.names))
            are = "is" if len(ARCHITECTURES.names) == 1 else "are"
            raise BundleError(
                f"{where}: architecture is {architecture!r}; only {known} {are} known"
            )
        if data.get("preprocessing") != dict(PREPROCESSING):
            raise BundleError(
                f"{where}: preprocessing is {data.get('preprocessing')!r}; only "
                f"{dict(PREPROCESSING)!r} is known"
            )
        try:
            label_set = LabelSet.from_dict(data.get("label_set"), f"{where}: label_set")
        except LabelSetError as error:
            raise BundleError(str(error)) from error
        n_filters, n_classes = data.get("n_filters"), data.get("n_classes")
        size = data.get("input_size")
        if not isinstance(n_filters, int) or not 1 <= n_filters <= 1024:
            raise BundleError(f"{where}: n_filters is {n_filters!r}; it must be 1 to 1024")
        if n_classes != label_set.n_classes:
            raise BundleError(
                f"{where}: n_classes is {n_classes!r}, but label set {label_set.name} "
                f"needs {label_set.n_classes}"
            )
        if (
            not isinstance(size, list)
            or len(size) != 2
            or not all(isinstance(side, int) and 1 <= side <= MAX_INPUT_SIDE for side in size)
        ):
            raise BundleError(
                f"{where}: input_size is {size!r}; it must be [rows, columns], 1 to "
                f"{MAX_INPUT_SIDE} each"
            )
        training, scores = data.get("training"), data.get("scores")
        # Bundles that were written before anything was measured have none.
        precisions = data.get("precisions", {})
        for key, value in (("training", training), ("scores", scores), ("precisions", precisions)):
            if not isinstance(value, Mapping):
                raise BundleError(f"{where}: {key} is {value!r}; it must be a mapping")
        for name, facts in precisions.items():
            if not isinstance(facts, Mapping):
                raise BundleError(f"{where}: precisions.{name} is {facts!r}; it must be a mapping")
        size = (size[0], size[1])
        return cls(
            n_filters, size, label_set, training or {}, scores or {}, precisions, architecture
        )
