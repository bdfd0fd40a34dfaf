# SPDX-License-Identifier: Apache-2.0
"""``python -m unet_perception.nodes NAME``: an executable without an install step."""

from __future__ import annotations

import sys
from collections.abc import Callable

from unet_perception.nodes import main

EXECUTABLES: dict[str, Callable[[], int]] = {
    "perception": main.perception,
    "camera_source": main.camera_source,
    "carla_bridge": main.carla_bridge,
    "carla_perception": main.carla_perception,
    "live_view": main.live_view,
}

name = sys.argv.pop(1) if len(sys.argv) > 1 else ""
if name not in EXECUTABLES:
    raise SystemExit(f"{name!r} is not an executable; there are {', '.join(EXECUTABLES)}")
raise SystemExit(EXECUTABLES[name]())
