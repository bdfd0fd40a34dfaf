# SPDX-License-Identifier: Apache-2.0
"""DDS security: every process of a system in one enclave; see docs/sros2.md."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from unet_perception.bringup.parts import System
from unet_perception.errors import ConfigError
from unet_perception.options.option import Option

ENABLE_VARIABLE = "ROS_SECURITY_ENABLE"
STRATEGY_VARIABLE = "ROS_SECURITY_STRATEGY"

_ENCLAVE = re.compile(r"(/[A-Za-z_]\w*)+", re.ASCII)

ENCLAVE = Option(
    "enclave",
    "",
    f"SROS2 enclave of all that is started, where {ENABLE_VARIABLE} is true",
    "a path in the keystore such as /unet_perception, or empty",
    lambda value: not value or _ENCLAVE.fullmatch(value) is not None,
)


def secured(system: System, values: Mapping[str, Any], environment: Mapping[str, str]) -> System:
    """Return a system whose processes are all in the enclave that was asked for, if any.

    Args:
        system: What is started.
        values: The arguments.
        environment: Environment of the launch.

    Raises:
        ConfigError: An enclave was asked for where ROS would not look at it.
    """
    enclave = values[ENCLAVE.name]
    if not enclave:
        return system
    if environment.get(ENABLE_VARIABLE, "").lower() != "true":
        raise ConfigError(
            f"argument enclave is {enclave!r}, but {ENABLE_VARIABLE} is not true, so nothing "
            "would be secured; export it, or leave enclave out"
        )
    notes = system.notes
    if environment.get(STRATEGY_VARIABLE) != "Enforce":
        notes = (
            *notes,
            f"{STRATEGY_VARIABLE} is not Enforce: what finds no keys runs without security",
        )
    return replace(
        system, parts=tuple(replace(part, enclave=enclave) for part in system.parts), notes=notes
    )
