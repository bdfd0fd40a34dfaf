# SPDX-License-Identifier: Apache-2.0
"""How often tests repeat what goes wrong by chance: more often with ``make test LONG=yes``."""

from __future__ import annotations

import os

LONG = bool(os.environ.get("LONG"))


def repetitions(long: int, short: int) -> int:
    """Return the number of times that this run asks for."""
    return long if LONG else short
