# SPDX-License-Identifier: Apache-2.0
"""Which label set a CARLA server's semantic camera speaks."""

from __future__ import annotations

import re

from unet_perception.errors import LabelSetError

_SINCE = (((0, 9, 14), "carla-0.9.14"), ((0, 9, 10), "carla-0.9.10"), ((0, 0, 0), "carla-0.8"))
"""Tags changed in 0.9.10 (CARLA's pull request 3251) and again in 0.9.14 (its issue 6902)."""


def carla_label_set(version: str) -> str:
    """Return the name of the label set of a CARLA version.

    Args:
        version: Such as ``0.9.16``, or ``0.9.16-dirty`` as builds from source say.

    Raises:
        LabelSetError: It is no version.
    """
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    if found is None:
        raise LabelSetError(f"{version!r} is no CARLA version; one looks like 0.9.16")
    numbers = tuple(int(part or 0) for part in found.groups())
    return next(name for since, name in _SINCE if numbers >= since)
