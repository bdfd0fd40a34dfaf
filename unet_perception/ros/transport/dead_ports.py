# SPDX-License-Identifier: Apache-2.0
"""Shared-memory ports of Fast DDS whose reader was killed, and to which others still write.

For as long as their lease (20 s), peers do not know that a process was killed. One that is started
meanwhile takes the same port, by number; if a writer takes the port for dead and makes it anew at
that very moment, reader and writer are left with two files of the same name, for ever: what is
discovered goes another way and arrives, messages do not. Seen here in a third of the restarts after
SIGKILL beside writers of large frames, with "Failed init_port" on stderr (Fast DDS 3.2; it looks
like eProsima/Fast-DDS issue 5737). Fast DDS steps over a port whose lock is held, so we hold those
of the dead while our participant is made.

A writer makes a port without a reader anew for each message that it sends there; about a sixth of
the time there is neither the file nor its mapping. So we look more than once.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from unet_perception.ros.transport.shared_memory import LOCK_SUFFIX, PORT, SHARED_MEMORY, mapped

FIRST_PORT, PORTS_A_DOMAIN = 7400, 250
"""The DDS port formula."""

LOOKS, LOOK_S = 8, 0.02


@contextmanager
def dead_ports_held(environment: Mapping[str, str] = os.environ) -> Iterator[list[int]]:
    """Hold the locks of the domain's dead ports while the ``with`` block runs.

    Args:
        environment: Where the domain is.

    Yields:
        Their numbers.
    """
    with ExitStack() as held:
        written = _written(_domain(environment))
        yield [int(PORT.findall(name)[0]) for name in written if _hold(name, held)]


def _domain(environment: Mapping[str, str]) -> int:
    domain = environment.get("ROS_DOMAIN_ID", "")
    return int(domain) if domain.isdigit() else 0


def _written(domain: int) -> list[str]:
    """Return the names of a domain's ports that anybody has mapped, if only now and then."""
    numbers = range(
        FIRST_PORT + PORTS_A_DOMAIN * domain, FIRST_PORT + PORTS_A_DOMAIN * (domain + 1)
    )
    found: set[str] = set()
    for _ in range(LOOKS):
        found |= {name for name in mapped(PORT) if int(PORT.findall(name)[0]) in numbers}
        time.sleep(LOOK_S)
    return sorted(found)


def _hold(name: str, held: ExitStack) -> bool:
    """Take a port's lock until the stack unwinds; False if it has a reader."""
    lock = SHARED_MEMORY / (name + LOCK_SUFFIX)
    if not _lock(lock, held):
        return False
    held.callback(lock.unlink, missing_ok=True)
    return True


def _lock(path: Path, held: ExitStack) -> bool:
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    except OSError:
        return False  # Another user's.
    held.callback(os.close, descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
