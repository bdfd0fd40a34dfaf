# SPDX-License-Identifier: Apache-2.0
"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass

GOOD, NOTE, PROBLEM = "good", "note", "problem"
"""All is well; something optional is not there; the perception node would not run as it should."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        topic: What it is.
        state: ``GOOD``, ``NOTE`` or ``PROBLEM``.
        text: What was found.
        fix: What to do about it; empty where nothing need be done.
    """

    topic: str
    state: str
    text: str
    fix: str = ""
