# SPDX-License-Identifier: Apache-2.0
"""Servers that have neither file handles nor memory for whoever connects."""

from __future__ import annotations

import asyncio
import errno
import logging
import time
from typing import Any

EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""Whoever wants to connect waits until there are handles and memory again."""

TOLD_EVERY_S = 5.0


def tell_exhaustion_seldom(loop: asyncio.AbstractEventLoop, log: logging.Logger) -> None:
    """Let a loop tell in one line, now and then, that it cannot accept connections.

    By itself asyncio writes a traceback for each try: a thousand in a second (Python 3.11), which
    fills the disk for want of a handle.

    Args:
        loop: Of a server; what else goes wrong in it is told as ever.
        log: Takes the line.
    """
    told_at = float("-inf")

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal told_at
        error = context.get("exception")
        if not (isinstance(error, OSError) and error.errno in EXHAUSTED):
            loop.default_exception_handler(context)
        elif time.monotonic() - told_at >= TOLD_EVERY_S:
            told_at = time.monotonic()
            log.warning("cannot take a connection: %s", error.strerror)

    loop.set_exception_handler(handle)
