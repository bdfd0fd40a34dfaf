# SPDX-License-Identifier: Apache-2.0
"""A session's settings are checked before anything is connected."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import pytest

from unet_perception.carla.config import SessionConfig
from unet_perception.errors import ConfigError


def test_defaults_are_those_of_carlas_users() -> None:
    config = SessionConfig()
    assert (config.address, config.timeout) == ("localhost:2000", 10.0)
    assert config.synchronous_mode
    assert not config.passive


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"host": " "}, "host is ' '"),
        ({"port": 0}, "port is 0; it must be 1 to 65535"),
        ({"port": 65536}, "port is 65536"),
        ({"port": True}, "port is True"),
        ({"timeout": 0.0}, "timeout is 0.0"),
        ({"timeout": math.nan}, "timeout is nan"),
        ({"fixed_delta_seconds": 0.0}, "fixed_delta_seconds is 0.0"),
        ({"fixed_delta_seconds": math.inf}, "fixed_delta_seconds is inf"),
        ({"passive": True, "town": "Town01"}, "town is 'Town01'; it must be empty"),
        ({"passive": True, "recover": True}, "recover is True; it must be false"),
    ],
)
def test_bad_values_are_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        SessionConfig(**values)
    assert message in str(raised.value)


def test_what_needs_no_client_is_imported_without_it() -> None:
    code = (
        "import sys; sys.modules['carla'] = None\n"
        "from unet_perception.carla import cameras, config, interrupts, journal, owner, pairing"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
