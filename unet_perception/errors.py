# SPDX-License-Identifier: Apache-2.0
"""The one family of errors that this package raises on purpose.

A message says what was wrong, where, and what to do about it, so that a program
can show it to its user as it is.
"""

from __future__ import annotations

MAX_MESSAGE = 4000
"""Characters of a message; the longest that names everything which is allowed has half of it."""


class UnetPerceptionError(Exception):
    """Base of every error that this package raises on purpose."""

    def __str__(self) -> str:
        """Return the message, so that any log and terminal takes it.

        Messages quote what somebody sent, which can be megabytes, or have lone surrogates.
        """
        text = super().__str__()
        if len(text) > MAX_MESSAGE:
            half = MAX_MESSAGE // 2
            text = f"{text[:half]} ... {text[-half:]}"
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


class LabelSetError(UnetPerceptionError):
    """A label set, or a map between two of them, is wrong or unknown."""


class FrameError(UnetPerceptionError):
    """A camera frame does not fit its own description."""


class BundleError(UnetPerceptionError):
    """A model bundle is missing, damaged, or not ours."""


class WeightsError(UnetPerceptionError):
    """A file of network weights cannot be read or does not fit the network."""


class EngineError(UnetPerceptionError):
    """An inference engine cannot be opened, or failed."""


class DatasetError(UnetPerceptionError):
    """A dataset folder is incomplete or inconsistent."""


class TrainingError(UnetPerceptionError):
    """Training cannot go on."""


class ConfigError(UnetPerceptionError):
    """A configuration value is outside what is allowed."""


class SimulatorError(UnetPerceptionError):
    """CARLA cannot be reached, or refused what was asked of it."""


class SimulatorLostError(SimulatorError):
    """CARLA was there and does not answer any more."""
