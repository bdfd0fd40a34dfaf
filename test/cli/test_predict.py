# SPDX-License-Identifier: Apache-2.0
"""``unet-perception predict`` as its users call it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unet_perception.cli.main import main
from unet_perception.dataset import write_pair
from unet_perception.playback.street import Street

pytest.importorskip("openvino", reason="OpenVINO is not installed")


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    root = tmp_path / "drive"
    street = Street(seed=0)
    for number in range(3):
        frame = street.frame(40 * number)
        write_pair(root, f"{number}", frame.rgb[::4, ::4], np.full((150, 200), 7, np.uint8))
    return root


def names(out: Path) -> list[str]:
    return sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())


def test_a_folder_is_predicted(
    drive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = ["predict", "carla_unet", str(drive), "--out", str(out)]
    assert main([*arguments, "--triplets", str(drive), "--count", "2"]) == 0
    assert names(out) == [
        *(f"masks/{i}.png" for i in range(3)),
        *(f"overlays/{i}.jpg" for i in range(3)),
        "sheet.png",
        "triplets/0.png",
        "triplets/2.png",
    ]
    printed = capsys.readouterr().out
    assert f"{out}: 3 frames predicted" in printed
    assert "2 figures of drive" in printed
    # What is there is not written over.
    assert main(arguments) == 1
    assert "is there already" in capsys.readouterr().err


def test_only_what_is_asked_for_is_written_and_videos_go_round(drive: Path, tmp_path: Path) -> None:
    out, again = tmp_path / "out", tmp_path / "again"
    assert main(["predict", "carla_unet", str(drive), "--out", str(out), "--video"]) == 0
    (video,) = names(out)
    assert main(["predict", "carla_unet", str(out / video), "--out", str(again)]) == 0
    assert names(again) == ["sheet.png", f"videos/{video}"]
    figures = tmp_path / "figures"
    assert main(["predict", "carla_unet", "--triplets", str(drive), "--out", str(figures)]) == 0
    assert names(figures) == [f"triplets/{i}.png" for i in range(3)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "there is no INPUT"),
        (["absent.png"], "absent.png: there is no such"),
        (["DRIVE", "--alpha", "2"], "alpha is 2.0"),
        (["DRIVE", "--count", "0"], "count is 0"),
        (["DRIVE", "--sheet", "-3"], "sheet is -3"),
        (["DRIVE", "--triplets", "absent"], "absent"),
        (["DRIVE/CameraRGB/bad.png"], "bad.png"),
    ],
)
def test_what_is_wrong_ends_in_one_line_and_leaves_nothing(
    arguments: list[str],
    words: str,
    drive: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (drive / "CameraRGB" / "bad.png").write_bytes(b"no picture")
    if "bad" not in str(arguments):
        (drive / "CameraRGB" / "bad.png").unlink()
    arguments = [argument.replace("DRIVE", str(drive)) for argument in arguments]
    out = tmp_path / "out"
    assert main(["predict", "carla_unet", *arguments, "--out", str(out)]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.startswith("unet-perception predict: ")
    assert error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["drive"]
