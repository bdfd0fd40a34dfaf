# SPDX-License-Identifier: Apache-2.0
"""The label set follows from the server's version."""

from __future__ import annotations

import pytest

from unet_perception.errors import LabelSetError
from unet_perception.labels import BUILTIN_LABEL_SETS, carla_label_set


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("0.8.4", "carla-0.8"),
        ("0.9.9.4", "carla-0.8"),
        ("0.9.10", "carla-0.9.10"),
        ("0.9.10.1", "carla-0.9.10"),
        ("0.9.13", "carla-0.9.10"),
        ("0.9.14", "carla-0.9.14"),
        ("0.9.16", "carla-0.9.14"),
        ("0.9.15-311-g1a2b3c4-dirty", "carla-0.9.14"),
        ("0.10.0", "carla-0.9.14"),
    ],
)
def test_each_version_has_its_set(version: str, name: str) -> None:
    assert carla_label_set(version) == name
    assert name in BUILTIN_LABEL_SETS


@pytest.mark.parametrize("version", ["", "main", "v0.9.16"])
def test_something_else_is_refused(version: str) -> None:
    with pytest.raises(LabelSetError, match="is no CARLA version"):
        carla_label_set(version)
