# SPDX-License-Identifier: Apache-2.0
"""``unet-perception street``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unet_perception.cli.main import main
from unet_perception.dataset import list_pairs, read_image, read_info, read_mask
from unet_perception.labels import load_label_set
from unet_perception.playback.street import Street, preset


def test_writes_pairs_that_the_dataset_reader_reads(tmp_path: Path):
    out = tmp_path / "street"
    options = ["--frames", "2", "--seed", "5", "--every", "30", "--conditions", "WetSunset"]
    assert main(["street", str(out), *options]) == 0
    pairs = list_pairs(out)
    assert [p.name for p in pairs] == ["000000", "000001"]
    frame = Street(5, conditions=preset("WetSunset")).frame(30)
    assert np.array_equal(read_image(pairs[1].image), frame.rgb)
    assert np.array_equal(read_mask(pairs[1].mask), frame.ids)
    info = read_info(out)
    assert info is not None
    assert info.label_set == "carla-0.9.14"


def test_several_streets_share_the_pairs(tmp_path: Path):
    options = ["--frames", "5", "--seed", "3", "--streets", "2", "--every", "40"]
    assert main(["street", str(tmp_path), *options]) == 0
    pairs = list_pairs(tmp_path)
    assert len(pairs) == 5
    for pair, seed, number in zip(pairs, (3, 3, 4, 4, 4), (0, 40, 0, 40, 80), strict=True):
        assert np.array_equal(read_image(pair.image), Street(seed).frame(number).rgb)
    info = read_info(tmp_path)
    assert info is not None
    assert "seed 3 to 4" in info.source


def test_writes_another_label_set(tmp_path: Path):
    assert main(["street", str(tmp_path), "--frames", "1", "--label-set", "carla-0.8"]) == 0
    labels = load_label_set("carla-0.8")
    ids = read_mask(list_pairs(tmp_path)[0].mask)
    assert set(np.unique(ids).tolist()) <= {*(c.id for c in labels.classes), 255}
    assert (ids == labels.by_name("Roads").id).any()


def test_refuses_a_folder_that_holds_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "CameraRGB").mkdir()
    picture = tmp_path / "CameraRGB" / "mine.png"
    picture.write_bytes(b"mine")
    assert main(["street", str(tmp_path), "--frames", "1"]) == 1
    assert "already holds pictures" in capsys.readouterr().err
    assert picture.read_bytes() == b"mine"
    assert not (tmp_path / "CameraMask").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--frames", "0"], "frames is 0"),
        (["--every", "-2"], "every is -2"),
        (["--streets", "0"], "streets is 0"),
        (["--streets", "3", "--frames", "2"], "streets is 3: it must be at most frames"),
        (["--conditions", "Sunny"], "'Sunny'"),
        (["--label-set", "none-such"], "none-such"),
    ],
)
def test_refuses_what_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
):
    assert main(["street", str(tmp_path / "out"), *options]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
