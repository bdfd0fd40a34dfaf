# SPDX-License-Identifier: Apache-2.0
"""Samples of a run and the contact sheet."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.demo.pictures import PictureSampler
from unet_perception.imaging.contact_sheet import contact_sheet
from unet_perception.labels import load_label_set

KINDS = ("camera", "overlay")


def picture(value: int) -> np.ndarray:
    return np.full((60, 80, 3), value, np.uint8)


def test_only_pictures_of_one_stamp_make_a_sample() -> None:
    sampler = PictureSampler(KINDS)
    sampler.offer("camera", 1, picture(1), 0.0)
    sampler.offer("overlay", 2, picture(2), 0.0)
    assert sampler.samples == []
    sampler.offer("overlay", 1, picture(11), 0.1)
    assert len(sampler.samples) == 1
    assert sampler.samples[0]["camera"][0, 0, 0] == 1
    assert sampler.samples[0]["overlay"][0, 0, 0] == 11


@given(st.integers(1, 300))
def test_samples_stay_few_and_spread_over_the_run(seconds: int) -> None:
    sampler = PictureSampler(KINDS, limit=4)
    for tick in range(seconds):
        if sampler.due(float(tick)):
            for kind in KINDS:
                sampler.offer(kind, tick, picture(0), float(tick))
    assert 1 <= len(sampler.samples) <= 4
    if seconds >= 8:
        assert len(sampler.samples) >= 2


def test_partners_that_never_come_do_not_pile_up() -> None:
    sampler = PictureSampler(KINDS)
    for stamp in range(1000):
        sampler.offer("camera", stamp, picture(0), 0.0)
    for stamp in range(900):
        sampler.offer("overlay", stamp, picture(0), 0.0)
    assert sampler.samples == []


def test_the_sheet_shows_every_sample_and_every_class_colour() -> None:
    label_set = load_label_set("carla-0.8")
    samples = [{"camera": picture(200), "overlay": picture(90)} for _ in range(3)]
    sheet = contact_sheet(samples, KINDS, label_set)
    assert sheet.dtype == np.uint8
    assert sheet.shape[2] == 3
    assert sheet.shape[0] > 3 * 300
    pixels = {tuple(int(v) for v in color) for color in np.unique(sheet.reshape(-1, 3), axis=0)}
    assert {(200, 200, 200), (90, 90, 90)} <= pixels
    assert {label.color for label in label_set.classes} <= pixels
