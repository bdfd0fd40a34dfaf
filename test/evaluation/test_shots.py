# SPDX-License-Identifier: Apache-2.0
"""Which frames are shown, and what is drawn of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from color_engine import color_segmenter, picture

from unet_perception.dataset import write_pair
from unet_perception.dataset.sources import Source
from unet_perception.evaluation.evaluate import Terms, Viewer
from unet_perception.evaluation.result import FrameScore
from unet_perception.evaluation.shots import WRONG, best_and_worst, take_shot
from unet_perception.evaluation.truth import Truth
from unet_perception.labels import load_label_set


def frames(*mious: float) -> list[FrameScore]:
    return [FrameScore(0, f"{i:03d}", miou, 0.5) for i, miou in enumerate(mious)]


def test_best_and_worst_are_apart_and_never_the_same() -> None:
    # A drive gets steadily better: its last frames look alike, and so do its first.
    best, worst = best_and_worst(frames(*(i / 200 for i in range(200))), 3)
    assert [frame.name for frame in best] == ["199", "175", "151"]
    assert [frame.name for frame in worst] == ["000", "024", "048"]
    best, _ = best_and_worst(frames(*(i / 200 for i in range(200))), 10)
    assert [frame.name for frame in best][:3] == ["199", "193", "187"]
    assert len(best) == 10
    best, worst = best_and_worst(frames(0.2, float("nan"), 0.9, 0.4), 6)
    assert [frame.name for frame in best] == ["002", "003"]
    assert [frame.name for frame in worst] == ["000"]
    assert best_and_worst(frames(float("nan")), 6) == ([], [])


def test_a_shot_shows_what_is_wrong_and_what_is_not_counted(tmp_path: Path) -> None:
    truth, answer = np.full((240, 320), 7, np.uint8), np.full((240, 320), 7, np.uint8)
    answer[:, :160] = 1
    write_pair(tmp_path, "a", picture(answer), truth)
    label_set = load_label_set("carla-0.8")
    viewer = Viewer(color_segmenter(), Terms(ignore_below=180))
    scored = Truth(Source(tmp_path, labels="carla-0.8"), label_set)
    shot = take_shot(viewer, scored, FrameScore(0, "a", 0.3, 0.5))
    shapes = {part.shape for part in (shot.picture, shot.truth, shot.prediction, shot.error)}
    assert shapes == {(300, 400, 3)}
    road, building = label_set.palette[7], label_set.palette[1]
    assert (shot.truth[:225] == road).all()
    assert (shot.prediction[:, :200] == building).all()
    red = shot.error[..., 0].astype(int) - shot.error[..., 1]
    assert (red[:225, :200] > 0.5 * (WRONG[0] - WRONG[1])).all()
    assert (red[:, 200:] < 20).all()
    assert (red[225:] < 20).all()
    # Nothing is counted there, whatever was predicted.
    assert (shot.truth[225:] == shot.error[225:]).all()
    assert not (shot.truth[225:] == road).all(axis=2).any()
