# SPDX-License-Identifier: Apache-2.0
"""Learning curves for TensorBoard."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import ConfigError
from unet_perception.training.history import Epoch


class Board:
    """Writes TensorBoard's event files."""

    def __init__(self, folder: Path) -> None:
        """Open a folder.

        Raises:
            ConfigError: TensorBoard is not installed.
        """
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ConfigError(
                "tensorboard is asked for, but the package is not installed: "
                "pip install tensorboard"
            ) from error
        self._writer = SummaryWriter(str(folder))

    def write(self, epoch: Epoch, sheet: NDArray[np.uint8]) -> None:
        """Write an epoch's scores and the sheet of samples, RGB."""
        values = {
            "train/loss": epoch.loss,
            "train/accuracy": epoch.accuracy,
            "train/mIoU": epoch.miou,
            "val/accuracy": epoch.val_accuracy,
            "val/mIoU": epoch.val_miou,
        }
        values.update({f"val mIoU/{part.name}": part.miou for part in epoch.checked})
        for name, value in values.items():
            if not math.isnan(value):
                self._writer.add_scalar(name, value, epoch.number)
        self._writer.add_image("samples", sheet, epoch.number, dataformats="HWC")
        self._writer.flush()
