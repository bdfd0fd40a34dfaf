# SPDX-License-Identifier: Apache-2.0
"""When each frame left the camera and its mask arrived: the files of both processes, joined.

Times are nanoseconds of CLOCK_MONOTONIC, which all processes of a Linux machine share: unlike
the clock of the stamps, nobody sets it while a benchmark runs. The stamp is only the frame's name.
"""

from __future__ import annotations

import signal
import struct
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

STAMP = struct.Struct("<iI")
STAMP_AT = 4
"""A serialised message with a header begins with the four bytes of its encoding, then the stamp."""

NUMBERS = 1000
"""A stamp's last digits are its frame's number: none comes twice, even if the clock steps back."""

SECOND = 1_000_000_000

_RECORD = struct.Struct("<qq")


class RunFailedError(RuntimeError):
    """A run that says nothing about speed: something in it did not work."""


def stop_requests() -> threading.Event:
    """Return what SIGTERM sets from now on.

    Not blocked and waited for, as the package's executables do: numpy's threads are there already.
    """
    requests = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: requests.set())
    return requests


def spin_until(stopping: threading.Event, node: Any) -> None:
    """Run a node's callbacks on this thread until told to stop, and end it and rclpy."""
    import rclpy
    from rclpy.executors import SingleThreadedExecutor

    executor = SingleThreadedExecutor()
    executor.add_node(node)
    while not stopping.is_set():
        executor.spin_once(timeout_sec=0.1)
    executor.shutdown()
    node.destroy_node()
    rclpy.try_shutdown()


class Recorder:
    """Appends pairs of a stamp and a number to a file, one system call each."""

    def __init__(self, path: Path) -> None:
        """Create the file."""
        # Unbuffered: others look at the file while it grows.
        self._file = path.open("wb", buffering=0)

    def note(self, stamp: int, value: int) -> None:
        """Append a pair."""
        self._file.write(_RECORD.pack(stamp, value))


def read_records(path: Path) -> NDArray[np.int64]:
    """Return the pairs that a ``Recorder`` has written by now, int64 ``(n, 2)``."""
    if not path.exists():
        return np.zeros((0, 2), np.int64)
    data = path.read_bytes()
    whole = len(data) // _RECORD.size * _RECORD.size
    return np.frombuffer(data[:whole], "<i8").reshape(-1, 2)


def stamp_of(data: bytes) -> int:
    """Return the stamp of a serialised message, in nanoseconds."""
    seconds, nanoseconds = STAMP.unpack_from(data, STAMP_AT)
    return int(seconds) * SECOND + int(nanoseconds)


@dataclass(frozen=True)
class Window:
    """A span of time; a frame belongs to it by the moment at which it was sent.

    Attributes:
        begin: Its first nanosecond.
        end: The first one behind it.
    """

    begin: int
    end: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.begin) / SECOND


@dataclass(frozen=True)
class Outcome:
    """What became of a window's frames.

    Attributes:
        sent: Frames that left the camera.
        latencies: Milliseconds from the stamp to the mask's arrival, of the frames whose mask
            came, in the order of sending.
        seconds: Length of the window.
    """

    sent: int
    latencies: NDArray[np.float64]
    seconds: float

    @property
    def received(self) -> int:
        """Masks that came."""
        return len(self.latencies)


def outcome(sent: NDArray[np.int64], arrived: NDArray[np.int64], window: Window) -> Outcome:
    """Join what a camera sent with what a viewer got.

    Args:
        sent: Stamps and times of sending, ``(n, 2)``.
        arrived: Stamps and times of arrival, ``(m, 2)``.
        window: Which frames count.

    Raises:
        RunFailedError: A mask has a stamp that no frame had, came twice, before its frame or
            after the mask of a newer frame.
    """
    positions = {int(stamp): place for place, stamp in enumerate(sent[:, 0])}
    try:
        order = np.array([positions[int(stamp)] for stamp in arrived[:, 0]], np.int64)
    except KeyError as error:
        raise RunFailedError(f"a mask has stamp {error}, which no frame had") from error
    steps = np.diff(order)
    if (steps <= 0).any():
        place = int(np.argmax(steps <= 0))
        raise RunFailedError(
            f"the mask of frame {order[place + 1]} came after that of frame {order[place]}"
        )
    left = sent[order, 1]
    taken = arrived[:, 1] - left
    if (taken <= 0).any():
        raise RunFailedError(f"a mask came {-taken.min()} ns before its frame was sent")
    inside = (sent[:, 1] >= window.begin) & (sent[:, 1] < window.end)
    counted = (left >= window.begin) & (left < window.end)
    return Outcome(int(inside.sum()), taken[counted] / 1e6, window.seconds)


def values_of(
    sent: NDArray[np.int64], noted: NDArray[np.int64], window: Window
) -> NDArray[np.int64]:
    """Return the numbers that were noted under the stamps of a window's frames."""
    inside = (sent[:, 1] >= window.begin) & (sent[:, 1] < window.end)
    values: NDArray[np.int64] = noted[np.isin(noted[:, 0], sent[inside, 0]), 1]
    return values


def served_beyond(sent: NDArray[np.int64], arrived: NDArray[np.int64], moment: int) -> bool:
    """Return whether the mask of a frame came that was sent after a moment.

    Masks come in the order of their frames, so nothing older will follow.
    """
    later = sent[sent[:, 1] > moment, 0]
    return bool(np.isin(arrived[-1:, 0], later).any())
