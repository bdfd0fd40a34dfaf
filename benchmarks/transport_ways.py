# SPDX-License-Identifier: Apache-2.0
"""What transport.py compares: where the camera runs, and which transports both processes have."""

from __future__ import annotations

import os
from dataclasses import dataclass

from transport_places import BESIDE, CONTAINER, HOST

from unet_perception.ros.transport import profile

PROFILE = {profile.profile_variable(os.environ): str(profile.PROFILE)}
PLAIN: dict[str, str] = {}
UDP = {"FASTDDS_BUILTIN_TRANSPORTS": "UDPv4"}


@dataclass(frozen=True)
class Way:
    """How pictures get from the camera to the node.

    Attributes:
        name: In the table.
        place: Where the camera runs.
        camera: What its environment has in addition.
        reader: What the node's has.
    """

    name: str
    place: str
    camera: dict[str, str]
    reader: dict[str, str]


WAYS = (
    Way("our profile", BESIDE, PROFILE, PROFILE),
    Way("our profile at the node only", BESIDE, PLAIN, PROFILE),
    Way("Fast DDS's defaults", BESIDE, PLAIN, PLAIN),
    Way("UDP alone", BESIDE, UDP, UDP),
    Way("our profile, own /dev/shm", CONTAINER, PROFILE, PROFILE),
    Way("UDP alone at the camera, own /dev/shm", CONTAINER, UDP, PROFILE),
    Way("our profile", HOST, PROFILE, PROFILE),
)


def environment(given: dict[str, str]) -> dict[str, str]:
    """Return the environment of a process: this one's, but for transports."""
    hidden = (profile.PROFILE_VARIABLE, profile.OLD_PROFILE_VARIABLE, *UDP)
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**kept, **given}
