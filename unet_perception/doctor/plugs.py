# SPDX-License-Identifier: Apache-2.0
"""What other packages add, as far as it is not an engine's own business."""

from __future__ import annotations

from typing import Any

from unet_perception.doctor.finding import NOTE, Finding
from unet_perception.plugs.plug_point import PlugPoint


def look_at_clashes(point: PlugPoint[Any], noun: str) -> list[Finding]:
    """Return which packages want a name that is taken; what has the name stays."""
    return [
        Finding(
            f"{noun} {name}",
            NOTE,
            f"{packages} wants to bring one as well; {noun} {name} of this package stays",
            "uninstall it, or ask its author for another name",
        )
        for name, packages in point.clashes().items()
    ]
