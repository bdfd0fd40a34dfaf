# SPDX-License-Identifier: Apache-2.0
"""Settings of the augmentation: what is refused, and what nothing means."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from unet_perception.errors import ConfigError
from unet_perception.training.augment import Augmentation


def test_settings_survive_as_plain_data() -> None:
    settings = Augmentation(rain=0.4)
    assert Augmentation(**settings.as_dict()) == settings


def test_none_moves_nothing() -> None:
    assert not Augmentation.none().moves
    assert Augmentation().moves
    assert Augmentation(**{**Augmentation.none().as_dict(), "zoom_max": 1.5}).moves


@pytest.mark.parametrize("name", [field.name for field in fields(Augmentation)])
@pytest.mark.parametrize("value", [-0.1, 100.0, "much", True, float("nan"), None])
def test_each_value_is_checked(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=rf"augment\.{name} is .*; it must be a number \d"):
        Augmentation(**{name: value})


def test_values_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"augment\.zoom_min is 3.*at most augment\.zoom_max"):
        Augmentation(zoom_min=3.0)
    with pytest.raises(ConfigError, match=r"augment\.night is 0\.6 and augment\.sunset 0\.6"):
        Augmentation(night=0.6, sunset=0.6)
