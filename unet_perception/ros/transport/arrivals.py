# SPDX-License-Identifier: Apache-2.0
"""Camera frames on their way to whoever works on them, however they came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from unet_perception.errors import FrameError
from unet_perception.imaging import Frame, frame_of
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


@dataclass(frozen=True)
class Arrival:
    """A frame that nobody has looked at yet, and the steady-clock second at which it came.

    Attributes:
        open: Returns it, or raises a ``RefusedError`` if it cannot be read.
        time: The second.
    """

    open: Callable[[], Picture]
    time: float


def open_message(message: RawMessage) -> Picture:
    """Deserialise a frame that came as a message.

    Raises:
        RefusedError: It cannot be read.
    """
    header: Any = None
    try:
        read = message.read()
        header = read.header
        return Picture(header, frame_of(read))
    except FrameError as error:
        raise RefusedError(header, str(error)) from error
    except MemoryError as error:
        raise RefusedError(header, NO_MEMORY) from error
