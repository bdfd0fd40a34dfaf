# SPDX-License-Identifier: Apache-2.0
"""The executable ``record_dataset``: ``unet-perception record`` as ``ros2 run`` finds it."""

from __future__ import annotations

import sys
from typing import NoReturn

from unet_perception.ros import process


def record_dataset() -> NoReturn:
    """Record, and leave with the exit code; light, as all that signals may end early."""
    process.prepare()
    from unet_perception.cli.main import main

    process.leave(main(["record", *sys.argv[1:]]))
