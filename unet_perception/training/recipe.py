# SPDX-License-Identifier: Apache-2.0
"""How a network is trained. The defaults are the classic recipe for this U-Net."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from unet_perception.errors import ConfigError
from unet_perception.training.augment.settings import Augmentation

CLASS_WEIGHTS = ("none", "log", "sqrt")

_WHOLE = {
    "epochs": (1, 100_000),
    "batch_size": (1, 4096),
    "shuffle_buffer": (0, 10_000_000),
    "height": (16, 4096),
    "width": (16, 4096),
    "crop_height": (0, 4096),
    "crop_width": (0, 4096),
    "n_filters": (1, 1024),
    "patience": (0, 100_000),
    "seed": (0, 2**31 - 1),
}
_NUMBERS = {
    "learning_rate": (0.0, 1.0),
    "weight_decay": (0.0, 1.0),
    "warmup": (0.0, 0.5),
    "ema_decay": (0.0, 0.99999),
    "grad_clip": (0.0, 1e6),
    "dice": (0.0, 100.0),
    "lovasz": (0.0, 100.0),
    "label_smoothing": (0.0, 0.9),
    "checkpoint_seconds": (0.0, 1e6),
}
_CHOICES = {
    "optimizer": ("adam", "adamw"),
    "schedule": ("constant", "cosine"),
    "class_weights": CLASS_WEIGHTS,
    "precision": ("auto", "fp32", "bf16", "fp16"),
    "keep": ("last", "best"),
}


@dataclass(frozen=True)
class Recipe:
    """Settings of a training run.

    Attributes:
        epochs: Passes over the data.
        batch_size: Pictures in one step, over all processes.
        optimizer: ``adam`` as Keras sets it, or ``adamw``.
        learning_rate: The highest.
        weight_decay: Of ``adamw``.
        warmup: Share of all steps in which the learning rate rises from 0.
        schedule: ``constant``, or ``cosine`` down to zero over the run.
        ema_decay: The network that comes out is the moving average of the weights with this
            factor a step; 0 takes the weights themselves.
        grad_clip: Largest norm of the gradient; 0 for any.
        class_weights: How much more rare classes count; see ``class_weights``.
        dice: Factor of the Dice loss beside cross-entropy.
        lovasz: Factor of the Lovász loss.
        label_smoothing: Share of a pixel's loss that asks for all classes alike.
        shuffle_buffer: Pictures that the next one is drawn from (tf.data's shuffle); 0 for all.
        height: Rows of the network's input.
        width: Columns of the network's input.
        crop_height: Rows of the part of the input that is trained on; 0 for all.
        crop_width: Columns of it; 0 for all.
        architecture: Of the network.
        n_filters: Filters of the network's first block.
        precision: ``fp32``, ``bf16`` where autocast allows it, or ``fp16`` with scaled gradients
            (CUDA alone); ``auto`` takes the best of these on a GPU, and ``fp32`` on a CPU.
        keep: Which epoch's weights come out: the ``last``, or the ``best`` by mIoU on the
            validation pictures.
        patience: The run ends after so many epochs without a better one; 0 for never.
        seed: Of weights, order, dropout and augmentation.
        label_set: Classes of the network, by name or YAML file.
        init: Model bundle whose weights the run begins with; empty for random ones.
        checkpoint_seconds: Time between checkpoints within an epoch; 0 for one after each step.
        augment: What happens to the pictures.
    """

    epochs: int = 5
    batch_size: int = 32
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    warmup: float = 0.0
    schedule: str = "constant"
    ema_decay: float = 0.0
    grad_clip: float = 0.0
    class_weights: str = "none"
    dice: float = 0.0
    lovasz: float = 0.0
    label_smoothing: float = 0.0
    shuffle_buffer: int = 500
    height: int = 96
    width: int = 128
    crop_height: int = 0
    crop_width: int = 0
    architecture: str = "unet"
    n_filters: int = 32
    precision: str = "fp32"
    keep: str = "last"
    patience: int = 0
    seed: int = 0
    label_set: str = "carla-0.8"
    init: str = ""
    checkpoint_seconds: float = 300.0
    augment: Augmentation = field(default_factory=Augmentation.none)

    def __post_init__(self) -> None:
        """Refuse values outside what is allowed.

        Raises:
            ConfigError: Names the key, the value and what is allowed.
            LabelSetError: The label set is unknown.
        """
        # Here: command lines list the fields before they block signals, and numpy starts threads.
        from unet_perception.labels import load_label_set
        from unet_perception.model.architecture import ARCHITECTURES

        for key, (low, high) in _WHOLE.items():
            value = getattr(self, key)
            # A bool is an int to Python, but nobody means it as one.
            if type(value) is not int or not low <= value <= high:
                raise ConfigError(f"{key} is {value!r}; it must be a whole number {low} to {high}")
        for key, (least, most) in _NUMBERS.items():
            value = getattr(self, key)
            if type(value) not in (int, float) or not least <= value <= most:
                raise ConfigError(f"{key} is {value!r}; it must be a number {least:g} to {most:g}")
        if self.learning_rate == 0.0:
            raise ConfigError("learning_rate is 0; it must be above 0 and at most 1")
        for key, allowed in _CHOICES.items():
            if getattr(self, key) not in allowed:
                raise ConfigError(
                    f"{key} is {getattr(self, key)!r}; it must be one of {', '.join(allowed)}"
                )
        for key, whole in (("crop_height", self.height), ("crop_width", self.width)):
            if getattr(self, key) > whole:
                raise ConfigError(
                    f"{key} is {getattr(self, key)}; it must be at most {key[5:]}, which is {whole}"
                )
        if not isinstance(self.augment, Augmentation):
            raise ConfigError(f"augment is {self.augment!r}; it must be a mapping of its settings")
        if not isinstance(self.architecture, str) or self.architecture not in ARCHITECTURES:
            raise ConfigError(
                f"architecture is {self.architecture!r}; it must be one of "
                f"{', '.join(ARCHITECTURES.names)}"
            )
        if not isinstance(self.label_set, str):
            raise ConfigError(f"label_set is {self.label_set!r}; it must be a name or a YAML file")
        load_label_set(self.label_set)

    @property
    def input_size(self) -> tuple[int, int]:
        """Rows and columns of the network's input."""
        return self.height, self.width

    @property
    def training_size(self) -> tuple[int, int]:
        """Rows and columns of the pictures that are trained on."""
        return self.crop_height or self.height, self.crop_width or self.width

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return asdict(self)

    def flat(self) -> dict[str, Any]:
        """Return the settings in one level, named as on the command line: ``augment.rain``."""
        augment = {f"augment.{key}": value for key, value in self.augment.as_dict().items()}
        return {key: value for key, value in asdict(self).items() if key != "augment"} | augment

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """Return the recipe with these settings, and defaults for all others.

        Args:
            values: By key; ``augment`` is a mapping as well, whose own defaults are those of the
                default recipe, or ``"none"``.

        Raises:
            ConfigError: A key is unknown, or a value outside what is allowed.
            LabelSetError: The label set is unknown.
        """
        _refuse_unknown(values, tuple(one.name for one in fields(cls)), "")
        given = {key: _number(value) if key in _NUMBERS else value for key, value in values.items()}
        if "augment" in given:
            given["augment"] = _augmentation(given["augment"])
        return cls(**given)


def _augmentation(value: object) -> Augmentation:
    if value == "none":
        return Augmentation.none()
    if not isinstance(value, Mapping):
        raise ConfigError(f"augment is {value!r}; it must be a mapping of its settings, or none")
    _refuse_unknown(value, tuple(one.name for one in fields(Augmentation)), "augment.")
    return Augmentation(**{key: _number(one) for key, one in value.items()})


def _number(value: object) -> Any:
    # YAML takes 1e-3 for a text: its numbers need a point.
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _refuse_unknown(values: Mapping[Any, Any], allowed: tuple[str, ...], prefix: str) -> None:
    for key in values:
        if key not in allowed:
            raise ConfigError(f"unknown key {prefix}{key}; allowed are {', '.join(allowed)}")


def learning_rate_factor(recipe: Recipe, step: int, steps: int) -> float:
    """Return what the learning rate is multiplied with.

    Args:
        recipe: Has the schedule.
        step: From 0.
        steps: Of the whole run.
    """
    rising = round(recipe.warmup * steps)
    if step < rising:
        return (step + 1) / (rising + 1)
    if recipe.schedule == "constant":
        return 1.0
    return 0.5 * (1.0 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))
