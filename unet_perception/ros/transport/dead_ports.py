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
the time there is neither the file nor its mapping. To find out that nobody reads it, the writer
takes the lock, lets go of it, and then removes its file by name, whoever has locked it by then. So
a lock that is held may be a writer's, for that moment, and one that we have just taken may lose its
name and keep nobody away: in 42 and in 31 of 4205 takes beside three cameras. That is why we look
more than once, and take anew what was lost.

Nodes that start at the same time hold the same ports: we share the locks, which Fast DDS wants for
itself alone, and the last one removes their files.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from unet_perception.ros.transport.shared_memory import (
    LOCK_SUFFIX,
    PORT,
    SHARED_MEMORY,
    mapped_by,
    mapped_by_each,
)

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
    domain = _domain(environment)
    held: dict[str, int] = {}
    try:
        # Once: to read what all processes have mapped takes a tenth of a second of the processor.
        # Who writes within a domain reads there, too, and always has a port mapped.
        everyone = mapped_by_each(PORT)
        peers = [pid for pid, names in everyone.items() if _of_domain(domain, names)]
        for _ in range(LOOKS):
            for name in {*_of_domain(domain, _mapped(peers)), *held}:
                _hold(name, held)
            time.sleep(LOOK_S)
        yield sorted(map(_number, held))
    finally:
        for name, handle in held.items():
            if _has_name(handle, name) and _take(handle, fcntl.LOCK_EX):
                _lock(name).unlink(missing_ok=True)
            os.close(handle)


def _domain(environment: Mapping[str, str]) -> int:
    domain = environment.get("ROS_DOMAIN_ID", "")
    return int(domain) if domain.isdigit() else 0


def _mapped(processes: Iterable[int]) -> set[str]:
    """Return the names of the ports that processes have mapped at this moment."""
    found: set[str] = set()
    for process in processes:
        with suppress(OSError):  # Gone by now.
            found |= mapped_by(process, PORT)
    return found


def _of_domain(domain: int, names: Iterable[str]) -> set[str]:
    return {name for name in names if (_number(name) - FIRST_PORT) // PORTS_A_DOMAIN == domain}


def _number(name: str) -> int:
    return int(PORT.findall(name)[0])


def _lock(name: str) -> Path:
    return SHARED_MEMORY / (name + LOCK_SUFFIX)


def _hold(name: str, held: dict[str, int]) -> None:
    """Take a port's lock, unless a reader has it; anew if ours has lost its name."""
    if name in held:
        if _has_name(held[name], name):
            return
        os.close(held.pop(name))
    try:
        flags = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(_lock(name), flags, 0o666)
    except OSError:
        return  # Another user's.
    if _take(handle, fcntl.LOCK_SH):
        held[name] = handle
    else:
        os.close(handle)


def _take(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _has_name(handle: int, name: str) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), _lock(name).stat())
    except FileNotFoundError:
        return False
