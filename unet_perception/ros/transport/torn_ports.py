# SPDX-License-Identifier: Apache-2.0
"""Shared-memory ports that others have taken from this process while it stood still.

Fast DDS takes a reader that was stopped, or had no processor, for a second for dead. Each writer
then makes the reader's port anew, again and again, until the reader comes to it; three writers or
more may, on a busy machine, remove the one at which reader and others have met (Fast DDS 3.2:
``~Port`` removes by name, and with the name the lock that should have kept the others out). The
reader then waits at a file without a name, for ever: deaf to everybody who looks for it. Seen here
in 3 of some 200 times that a node was stopped for 4 to 10 s.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from unet_perception.ros.transport.shared_memory import torn_ports

SAID = "Fast DDS has lost this process's shared-memory port; starting again"

STANDARD = (0, 1, 2)
LOOK_S = 2.0
"""What is torn at two looks in a row stays so; the middleware itself mends within one."""


def wait_for_torn_port(stopping: threading.Event, found: Callable[[], None]) -> None:
    """Look now and then, and call ``found`` once this process has become deaf.

    Args:
        stopping: Ends the wait.
        found: Called once.
    """
    before: set[str] = set()
    while not stopping.wait(LOOK_S):
        torn: set[str] = set()
        with suppress(OSError):  # No file handle is free to look; later, then.
            torn = torn_ports()
        if torn & before:
            found()
            return
        before = torn


def start_again() -> NoReturn:
    """Run this process's command anew, under the same process id.

    Signals that are blocked stay so, and one that waits reaches the next life.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    for handle in map(int, os.listdir("/proc/self/fd")):
        with suppress(OSError):  # That of the listing.
            os.set_inheritable(handle, handle in STANDARD)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
