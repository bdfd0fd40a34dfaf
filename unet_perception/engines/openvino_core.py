# SPDX-License-Identifier: Apache-2.0
"""OpenVINO itself, once for the process."""

from __future__ import annotations

from functools import cache

import openvino


@cache
def openvino_core() -> openvino.Core:
    """Return the process's OpenVINO.

    Never a second one, and this one is never freed. OpenVINO's processor plugin gives the thread
    that loads it an alternate stack for signals, and takes it away when it is freed. Of two that
    overlap, the second puts the first one's freed stack back, and the next signal ends the
    process with a segmentation fault (OpenVINO 2026.4, seen with ``sigaltstack(2)``).
    """
    return openvino.Core()
