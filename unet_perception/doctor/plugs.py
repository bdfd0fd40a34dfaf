# SPDX-License-Identifier: Apache-2.0
"""What other packages add: architectures, and names that are taken."""

from __future__ import annotations

from typing import Any

from unet_perception.doctor.finding import GOOD, NOTE, Finding
from unet_perception.errors import UnetPerceptionError
from unet_perception.model.architecture import ARCHITECTURES
from unet_perception.plugs.plug_point import PlugPoint


def look_at_architectures() -> list[Finding]:
    """Return which architectures a model may be of."""
    findings = look_at_clashes(ARCHITECTURES, "architecture")
    for name in ARCHITECTURES.names:
        try:
            text = f"{ARCHITECTURES.load(name).title}, {ARCHITECTURES.origin(name)}"
            findings.append(Finding(f"architecture {name}", GOOD, text))
        except UnetPerceptionError as error:
            findings.append(Finding(f"architecture {name}", NOTE, str(error)))
    return findings


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
