# SPDX-License-Identifier: Apache-2.0
"""The Fast DDS profile that ships with the package, and the variable that chooses it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

PROFILE = Path(__file__).with_name("fastdds.xml")
PROFILE_VARIABLE = "FASTDDS_DEFAULT_PROFILES_FILE"
OLD_PROFILE_VARIABLE = "FASTRTPS_DEFAULT_PROFILES_FILE"
OLD_DISTRIBUTIONS = ("humble", "iron", "jazzy")
"""They have Fast DDS 2, which reads the old name alone; newer ones warn of it."""

OLD_WHEEL = "ros-fastrtps"
"""The same where ROS is of wheels, and no ``ROS_DISTRO`` set."""


def use_shipped_profile() -> None:
    """Let Fast DDS carry whole camera frames, unless the user chose a profile."""
    os.environ.update(shipped_profile(os.environ))


def shipped_profile(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variable that chooses the shipped profile; none where the user chose one."""
    if OLD_PROFILE_VARIABLE in environment:
        return {}
    variable = profile_variable(environment)
    if variable in environment:
        return {}
    return {variable: environment.get(PROFILE_VARIABLE, str(PROFILE))}


def profile_variable(environment: Mapping[str, str]) -> str:
    """Return the name of the variable in which this Fast DDS looks for its profile."""
    # Left to the call: it takes 20 ms, which no node has to spend that ROS_DISTRO tells.
    from importlib.metadata import PackageNotFoundError, distribution

    if "ROS_DISTRO" in environment:
        old = environment["ROS_DISTRO"] in OLD_DISTRIBUTIONS
    else:
        try:
            old = bool(distribution(OLD_WHEEL))
        except PackageNotFoundError:
            old = False
    return OLD_PROFILE_VARIABLE if old else PROFILE_VARIABLE
