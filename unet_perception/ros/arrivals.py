# SPDX-License-Identifier: Apache-2.0
"""Camera frames on their way to whoever works on them, however they came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from unet_perception.errors import FrameError
from unet_perception.imaging import Frame
from unet_perception.ros.frames import frame_of
from unet_perception.ros.transport.following import RawMessage

NO_MEMORY = "there is not enough memory for it"


class RefusedError(FrameError):
    """A frame that cannot be read; ``header`` is None where even that is unreadable."""

    def __init__(self, header: Any, reason: str) -> None:
        """Keep what is known of it."""
        super().__init__(reason)
        self.header = header


@dataclass(frozen=True)
class Picture:
    """A frame and the header that it came with."""

    header: Any
    frame: Frame


class Waiting(Protocol):
    """A frame that nobody has looked at yet."""

    def open(self) -> Picture:
        """Return it.

        Raises:
            RefusedError: It cannot be read.
        """


@dataclass(frozen=True)
class SentFrame:
    """A frame that came as a message."""

    message: RawMessage

    def open(self) -> Picture:
        """Deserialise it; see ``Waiting``."""
        header: Any = None
        try:
            message = self.message.read()
            header = message.header
            return Picture(header, frame_of(message))
        except FrameError as error:
            raise RefusedError(header, str(error)) from error
        except MemoryError as error:
            raise RefusedError(header, NO_MEMORY) from error


@dataclass(frozen=True)
class HandedFrame:
    """A frame that came within the process."""

    picture: Picture

    def open(self) -> Picture:
        """Return it."""
        return self.picture


@dataclass(frozen=True)
class Arrival:
    """A frame and the steady-clock second at which it came."""

    waiting: Waiting
    time: float
