# SPDX-License-Identifier: Apache-2.0
"""What is written of pictures and videos."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from color_engine import color_segmenter, picture

from unet_perception.dataset import read_mask, write_pair
from unet_perception.dataset.sources import Source
from unet_perception.errors import ConfigError, DatasetError
from unet_perception.evaluation.truth import Truth
from unet_perception.prediction.inputs import Video, find_inputs
from unet_perception.prediction.predict import Wanted, predict
from unet_perception.prediction.triplets import write_triplets

PALETTE = color_segmenter().label_set.palette


def save(path: Path, class_id: int, size: tuple[int, int] = (48, 64)) -> Path:
    rgb = picture(np.full(size, class_id, np.uint8))
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), rgb[..., ::-1])
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    path = tmp_path / "out"
    path.mkdir()
    return path


def test_pictures_become_masks_overlays_a_video_and_a_sheet(tmp_path: Path, out: Path) -> None:
    for number in range(5):
        save(tmp_path / "in" / f"{number}.png", 6 + number % 2)
    told: list[tuple[int, int]] = []
    wanted = Wanted(masks=True, overlays=True, video=True, sheet=2, alpha=1.0, rate=5)
    done = predict(
        color_segmenter(),
        find_inputs([tmp_path / "in"]),
        out,
        wanted,
        lambda *counts: told.append(counts),
    )
    assert (done.frames, done.notes) == (5, ())
    assert told == [(i, 5) for i in range(1, 6)]
    for number in range(5):
        class_id = 6 + number % 2
        ids = cv2.imread(str(out / "masks" / f"{number}.png"), cv2.IMREAD_UNCHANGED)
        assert ids.shape == (48, 64)
        assert (ids == class_id).all()
        assert np.array_equal(read_mask(out / "masks" / f"{number}.png"), ids)
        colors = cv2.imread(str(out / "overlays" / f"{number}.jpg"))[..., ::-1]
        assert np.abs(colors.astype(int) - PALETTE[class_id]).max() < 6
    (path,) = out.glob("pictures.*")
    video = Video(path)
    assert (video.rate, len(list(video.frames()))) == (5, 5)
    video.close()
    sheet = cv2.imread(str(out / "sheet.png"))
    assert sheet.shape[1] == 3 * 410 + 10
    assert 2 * 310 < sheet.shape[0] < 3 * 310


def test_a_video_becomes_a_video_of_its_rate(tmp_path: Path, out: Path) -> None:
    inputs = tmp_path / "in"
    for number in range(6):
        save(inputs / f"{number}.png", 7)
    first = tmp_path / "first"
    first.mkdir()
    predict(color_segmenter(), find_inputs([inputs]), first, Wanted(video=True, alpha=0, rate=8))
    (path,) = first.iterdir()
    done = predict(color_segmenter(), find_inputs([path]), out, Wanted(masks=True, video=True))
    assert done.frames == 6
    assert done.notes == ()
    names = [p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()]
    masks = [f"masks/pictures/{number:06d}.png" for number in range(6)]
    assert sorted(names) == [*masks, f"videos/pictures{path.suffix}"]
    video = Video(out / "videos" / path.name)
    assert video.rate == 8
    video.close()


def test_a_video_that_ends_early_is_noted(tmp_path: Path, out: Path) -> None:
    path = tmp_path / "cut.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    noise = np.random.default_rng(0)
    for _ in range(40):
        writer.write(noise.integers(0, 256, (48, 64, 3)).astype(np.uint8))
    writer.release()
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    done = predict(color_segmenter(), find_inputs([path]), out, Wanted(masks=True))
    assert 5 < done.frames < 38
    assert f"{path}: ends or is damaged after {done.frames} of" in done.notes[0]


def test_what_cannot_be_read_is_named(tmp_path: Path, out: Path) -> None:
    save(tmp_path / "in" / "0.png", 7)
    (tmp_path / "in" / "1.png").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=r"1\.png"):
        predict(color_segmenter(), find_inputs([tmp_path / "in"]), out, Wanted(masks=True))


def test_pictures_of_two_sizes_are_no_video(tmp_path: Path, out: Path) -> None:
    save(tmp_path / "in" / "0.png", 7)
    save(tmp_path / "in" / "1.png", 7, (24, 64))
    inputs = find_inputs([tmp_path / "in"])
    with pytest.raises(DatasetError, match=r"^1: is 64x24, but the video .* 64x48"):
        predict(color_segmenter(), inputs, out, Wanted(video=True))
    done = predict(color_segmenter(), inputs, out, Wanted(masks=True, sheet=8))
    assert done.frames == 2


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"alpha": 1.5}, "alpha is 1.5"),
        ({"rate": 0.0}, "fps is 0.0"),
        ({"sheet": -1}, "sheet is -1"),
    ],
)
def test_settings_are_checked(values: dict[str, float], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Wanted(**values)


def test_triplets_show_picture_truth_and_prediction(tmp_path: Path, out: Path) -> None:
    root = tmp_path / "drive"
    for number in range(9):
        answer, truth = np.full((48, 64), 8, np.uint8), np.full((48, 64), 7, np.uint8)
        write_pair(root, f"{number}", picture(answer), truth)
    segmenter = color_segmenter()
    assert write_triplets(segmenter, Truth(Source(root), segmenter.label_set), out, 3) == 3
    files = sorted((out / "triplets").iterdir())
    assert [path.name for path in files] == ["1.png", "4.png", "7.png"]
    figure = cv2.imread(str(files[0]))[..., ::-1]
    # Tiles of 300 x 400 below a header of 40 rows, 10 apart.
    middle = [figure[40 + 150, 10 + 410 * column + 200].tolist() for column in range(3)]
    assert middle == [[8, 90, 120], PALETTE[7].tolist(), PALETTE[8].tolist()]
