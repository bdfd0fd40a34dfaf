# SPDX-License-Identifier: Apache-2.0
"""Effects: each does something, stays a picture at any size, and happens as often as said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("kornia", reason="training needs kornia")

from unet_perception.training.augment import Augmentation  # noqa: E402
from unet_perception.training.augment.draw import draw_effects, lay_on  # noqa: E402
from unet_perception.training.augment.geometry import View  # noqa: E402

NONE = Augmentation.none()
SINGLE = [
    "recolor",
    "shadow",
    "wet",
    "haze",
    "night",
    "sunset",
    "glare",
    "rain",
    "blur",
    "hue",
    "sharpen",
    "noise",
    "grey",
    "exposure",
    "gamma",
    "contrast",
    "saturation",
    "cast",
]


def street(size: tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """A bright sky over a dark road, with something coloured at the side."""
    image = torch.full((1, 3, *size), 0.25)
    image[:, :, : size[0] // 2] = torch.tensor((0.5, 0.6, 0.8)).reshape(1, 3, 1, 1)
    image[:, 0, size[0] // 3 :, : size[1] // 4] = 0.7
    mask = torch.full((1, *size), 7, dtype=torch.uint8)
    mask[:, : size[0] // 2] = 0
    return image, mask


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.parametrize("size", [(96, 128), (17, 40), (16, 16)])
def test_each_effect_changes_the_picture_and_leaves_one(name: str, size: tuple[int, int]) -> None:
    settings = replace(NONE, **{name: 0.5 if name == "cast" else 1.0})
    view = View(size, horizon=0.45, centre=0.6, span=0.8)
    image, mask = street(size)
    drawn = [draw_effects(np.random.default_rng(seed), settings, view) for seed in range(6)]
    varied = lay_on(image.repeat(6, 1, 1, 1), mask.repeat(6, 1, 1), drawn)
    assert torch.isfinite(varied).all()
    assert varied.min() >= 0
    assert varied.max() <= 1
    changed = (varied - image).abs().amax(dim=(1, 2, 3))
    assert (changed > 0.005).sum() >= 4
    assert not torch.equal(varied[0], varied[1]) or name == "grey"


@pytest.mark.parametrize("horizon", [-1.5, 0.0, 1.0, 2.5])
def test_a_horizon_outside_the_picture_is_no_harm(horizon: float) -> None:
    view = View((32, 48), horizon=horizon, centre=2.0, span=0.2)
    every = replace(
        NONE, **dict.fromkeys(("wet", "haze", "sunset", "rain", "shadow", "glare"), 1.0)
    )
    image, mask = street((32, 48))
    for settings in (every, replace(every, sunset=0.0, night=1.0)):
        drawn = [draw_effects(np.random.default_rng(1), settings, view)]
        assert torch.isfinite(lay_on(image.clone(), mask, drawn)).all()


def test_nothing_is_drawn_of_nothing_nor_of_what_stays_clean() -> None:
    rng = np.random.default_rng(0)
    assert not draw_effects(rng, NONE, View((16, 16)))
    assert not draw_effects(rng, replace(Augmentation(), clean=1.0), View((16, 16)))


def test_effects_happen_as_often_as_said_and_without_contradictions() -> None:
    settings = replace(NONE, haze=0.3, night=0.2, sunset=0.3, rain=0.25, shadow=0.5, glare=0.5)
    rng = np.random.default_rng(0)
    drawn = [set(draw_effects(rng, settings, View((16, 16)))) for _ in range(600)]
    for name in ("haze", "night", "sunset", "rain"):
        assert np.mean([name in one for one in drawn]) == pytest.approx(
            getattr(settings, name), abs=0.06
        )
    for one in drawn:
        assert not {"night", "sunset"} <= one
        assert not ({"night", "rain"} & one and {"shadow", "glare"} & one)


def test_pictures_without_an_effect_stay_to_the_bit() -> None:
    image, mask = street((32, 48))
    rng = np.random.default_rng(0)
    drawn = [{}, draw_effects(rng, replace(NONE, rain=1.0), View((32, 48))), {}]
    varied = lay_on(image.repeat(3, 1, 1, 1), mask.repeat(3, 1, 1), drawn)
    assert torch.equal(varied[0], image[0])
    assert torch.equal(varied[2], image[0])
    assert not torch.equal(varied[1], image[0])
