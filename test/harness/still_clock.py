# SPDX-License-Identifier: Apache-2.0
"""A clock that stands until a test sets it."""

from __future__ import annotations


class StillClock:
    """Gives ``now``, in seconds."""

    now = 100.0

    def __call__(self) -> float:
        return self.now
