# SPDX-License-Identifier: Apache-2.0
"""ROS domains for tests that run at the same time, in any number of processes."""

from __future__ import annotations

import fcntl
import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DOMAINS = 100
"""Above 101 the ports collide with others."""

_LOCKS = Path(tempfile.gettempdir()) / f"unet_perception_ros_domains_{os.getuid()}"
_claims = itertools.count()


@contextmanager
def claim_domain() -> Iterator[int]:
    """Yield a domain id that no other process of this machine claims before the block ends."""
    _LOCKS.mkdir(mode=0o700, exist_ok=True)
    # A process takes another one each time: what is left of the test before stays unheard.
    first = os.getpid() * 13 + next(_claims)
    for domain in (1 + (first + step) % DOMAINS for step in range(DOMAINS)):
        with (_LOCKS / str(domain)).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield domain
            return
    raise RuntimeError(f"all {DOMAINS} ROS domains are claimed: {_LOCKS}")
