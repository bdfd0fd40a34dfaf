# SPDX-License-Identifier: Apache-2.0
"""The names under which Fast DDS shares memory, and who has which of them mapped."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")

SEGMENT = re.compile(r"\bfast(?:dds|rtps)_[0-9a-f]{16}\b")
"""A participant's segment in Fast DDS 3, or 2."""

PORT = re.compile(r"\bfast(?:dds|rtps)_port(\d+)\b")
"""Where a participant is sent to; small."""


def mapped(names: re.Pattern[str]) -> set[str]:
    """Return the names, ``SEGMENT`` or ``PORT``, that processes have mapped."""
    found: set[str] = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # Another user's, or gone by now.
            found |= mapped_by(int(folder.name), names)
    return found


def mapped_by(pid: int, names: re.Pattern[str]) -> set[str]:
    """Return the names, ``SEGMENT`` or ``PORT``, that a process has mapped.

    Raises:
        OSError: It is gone, or another user's.
    """
    return {match[0] for match in names.finditer(Path(f"/proc/{pid}/maps").read_text())}
