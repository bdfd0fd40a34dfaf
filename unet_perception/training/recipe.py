# SPDX-License-Identifier: Apache-2.0
"""How a network is trained. The defaults are the classic recipe for this U-Net."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from unet_perception.errors import ConfigError

PRECISIONS = ("fp32", "bf16")
SCHEDULES = ("constant", "cosine")
AUGMENTATIONS = ("none", "light")
KEEPS = ("last", "best")


@dataclass(frozen=True)
class Recipe:
    """Settings of a training run.

    Attributes:
        epochs: Passes over the data.
        batch_size: Pictures in one step.
        learning_rate: Adam's, at its highest.
        schedule: ``constant``, or ``cosine`` down to zero over the run.
        shuffle_buffer: Pictures that the next one is drawn from (tf.data's shuffle).
        height: Rows of the network's input.
        width: Columns of the network's input.
        n_filters: Filters of the network's first block.
        precision: ``fp32``, or ``bf16`` where autocast allows it.
        augment: ``none``, or ``light``: mirrored at random, brightness, contrast and gamma
            varied.
        keep: Which epoch's weights come out: the ``last``, or the ``best`` by mIoU on the
            validation pictures.
        seed: Of weights, order, dropout and augmentation.
        label_set: Classes of the network, by name or YAML file.
    """

    epochs: int = 5
    batch_size: int = 32
    learning_rate: float = 1e-3
    schedule: str = "constant"
    shuffle_buffer: int = 500
    height: int = 96
    width: int = 128
    n_filters: int = 32
    precision: str = "fp32"
    augment: str = "none"
    keep: str = "last"
    seed: int = 0
    label_set: str = "carla-0.8"

    def __post_init__(self) -> None:
        """Refuse values outside what is allowed.

        Raises:
            ConfigError: Names the key, the value and what is allowed.
            LabelSetError: The label set is unknown.
        """
        # Here: command lines list the fields before they block signals, and numpy starts threads.
        from unet_perception.labels import load_label_set

        for key, low, high in (
            ("epochs", 1, 100_000),
            ("batch_size", 1, 4096),
            ("shuffle_buffer", 1, 10_000_000),
            ("height", 16, 4096),
            ("width", 16, 4096),
            ("n_filters", 1, 1024),
            ("seed", 0, 2**31 - 1),
        ):
            value = getattr(self, key)
            # A bool is an int to Python, but nobody means it as one.
            if type(value) is not int or not low <= value <= high:
                raise ConfigError(f"{key} is {value!r}; it must be a whole number {low} to {high}")
        rate = self.learning_rate
        if type(rate) not in (int, float) or not 0.0 < rate <= 1.0:
            raise ConfigError(f"learning_rate is {rate!r}; it must be above 0 and at most 1")
        for key, allowed in (
            ("precision", PRECISIONS),
            ("schedule", SCHEDULES),
            ("augment", AUGMENTATIONS),
            ("keep", KEEPS),
        ):
            if getattr(self, key) not in allowed:
                raise ConfigError(
                    f"{key} is {getattr(self, key)!r}; it must be one of {', '.join(allowed)}"
                )
        load_label_set(self.label_set)

    @property
    def input_size(self) -> tuple[int, int]:
        """Rows and columns of the network's input."""
        return self.height, self.width

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return asdict(self)
