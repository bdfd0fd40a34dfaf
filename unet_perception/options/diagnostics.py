# SPDX-License-Identifier: Apache-2.0
"""What nodes say of themselves in ``/diagnostics``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

WINDOW_S = 5.0
"""Rates and latencies are taken over this long."""

SILENCE_S = 2.0
"""Without a frame for this long the input counts as silent; refusals count as long, too."""

OK, WARN, ERROR = 0, 1, 2
"""Levels of ``diagnostic_msgs/DiagnosticStatus``."""


@dataclass(frozen=True)
class Status:
    """The state of a node or of a part of it.

    Attributes:
        level: ``OK``, ``WARN`` or ``ERROR``.
        message: The state in words.
        values: What else is worth knowing.
    """

    level: int
    message: str
    values: Mapping[str, str]
