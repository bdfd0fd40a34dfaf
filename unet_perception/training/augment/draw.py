# SPDX-License-Identifier: Apache-2.0
"""Which effects a picture gets, and laying them on a batch of pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from unet_perception.training.augment import light, photometric, weather
from unet_perception.training.augment.geometry import View
from unet_perception.training.augment.settings import Augmentation
from unet_perception.training.augment.values import Batch, Values, stack

Drawn = dict[str, Values]
"""What was drawn for one picture, by effect."""

_Draw = Callable[[np.random.Generator, View], Values]
_Apply = Callable[[Tensor, Tensor, Batch], Tensor]

_EFFECTS: dict[str, tuple[_Draw | None, _Apply]] = {
    "recolor": (photometric.draw_recolor, photometric.recolor),
    "shadow": (light.draw_shadow, light.shadow),
    "sunset": (light.draw_sunset, light.sunset),
    "wet": (weather.draw_wet, weather.wet),
    "haze": (weather.draw_haze, weather.haze),
    "night": (light.draw_night, light.night),
    "glare": (light.draw_glare, light.glare),
    "rain": (weather.draw_rain, weather.rain),
    "blur": (photometric.draw_blur, photometric.blur),
    "motion": (photometric.draw_motion, photometric.motion),
    "tone": (None, photometric.tone),
    "hue": (photometric.draw_hue, photometric.hue),
    "sharpen": (photometric.draw_sharpen, photometric.sharpen),
    "noise": (photometric.draw_noise, photometric.noise),
}
"""How each is drawn and laid on, in the order in which light takes them on: things, weather, lens,
sensor. The tone, which all pictures get, is drawn after all others."""

_TONE = ("exposure", "gamma", "contrast", "saturation", "cast", "grey")
"""Settings that are one effect together."""


def draw_effects(rng: np.random.Generator, settings: Augmentation, view: View) -> Drawn:
    """Draw what happens to one picture.

    Args:
        rng: Source of randomness, of this picture alone.
        settings: How likely and how strong.
        view: How the picture was sampled.
    """
    if rng.random() < settings.clean:
        return {}
    chosen = _choose(rng, settings)
    drawn = {
        name: draw(rng, view) for name, (draw, _) in _EFFECTS.items() if draw and name in chosen
    }
    if any(getattr(settings, name) for name in _TONE):
        drawn["tone"] = photometric.draw_tone(rng, settings)
    return drawn


def _choose(rng: np.random.Generator, settings: Augmentation) -> set[str]:
    """Return the effects that a picture gets, without those that exclude each other."""
    single = ("recolor", "shadow", "wet", "haze", "glare", "rain", "hue", "sharpen", "noise")
    chosen = {name for name in single if rng.random() < getattr(settings, name)}
    hour = rng.random()
    if hour < settings.night:
        chosen.add("night")
    elif hour < settings.night + settings.sunset:
        chosen.add("sunset")
    if rng.random() < settings.blur:
        chosen.add("blur" if rng.random() < 0.7 else "motion")
    # Where it rains it is wet mostly.
    if rng.random() < 0.6 and "rain" in chosen and settings.wet:
        chosen.add("wet")
    # Neither a covered sky nor the night throws shadows, and a sun in haze would leave a white
    # picture.
    if chosen & {"rain", "night"}:
        chosen -= {"shadow", "glare"}
    if "haze" in chosen:
        chosen.discard("glare")
    return chosen


@torch.no_grad()
def lay_on(images: Tensor, masks: Tensor, drawn: Sequence[Drawn]) -> Tensor:
    """Lay the effects that were drawn on pictures.

    Args:
        images: float ``(N, 3, h, w)`` in 0 to 1; written to.
        masks: uint8 ``(N, h, w)``, for what depends on the class.
        drawn: For each picture what ``draw_effects`` gave.

    Returns:
        ``images``.
    """
    for name, (_, effect) in _EFFECTS.items():
        chosen = [i for i, one in enumerate(drawn) if name in one]
        if chosen:
            batch = stack([drawn[i][name] for i in chosen], images.device)
            at = torch.tensor(chosen, device=images.device)
            # Each effect starts from a picture that a camera could have taken.
            images[at] = effect(images[at], masks[at], batch).clamp(0.0, 1.0)
    return images
