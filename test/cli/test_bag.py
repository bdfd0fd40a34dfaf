# SPDX-License-Identifier: Apache-2.0
"""``unet-perception bag`` as its users call it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("openvino", reason="OpenVINO is not installed")
pytest.importorskip("rosbags", reason="rosbags is not installed")

from recorded_bag import image, read_bag, record, text, write_bag

from unet_perception.cli.main import main
from unet_perception.imaging import Frame
from unet_perception.playback.street import Street
from unet_perception.segmenter import open_segmenter

FRAMES = 3
STEP_NS = 50_000_000


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    street = Street(seed=0)
    recorded = [
        record("/carla/ego_vehicle/rgb_front/image", n * STEP_NS, image(frame, "bgra8", n))
        for n, frame in ((n, street.frame(40 * n).rgb[::2, ::2]) for n in range(FRAMES))
    ]
    return write_bag(tmp_path / "drive", "mcap", recorded)


def test_masks_are_those_of_the_segmenter(
    drive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["bag", str(drive), str(out), "--overlay"]) == 0
    printed = capsys.readouterr().out
    assert "/carla/ego_vehicle/rgb_front/mask: 3 masks of" in printed
    assert f"{out}: 3 messages taken over" in printed
    contents = read_bag(out)
    assert len(contents.of("/carla/ego_vehicle/rgb_front/overlay")) == FRAMES
    segmenter = open_segmenter("carla_unet")
    pictures = contents.of("/carla/ego_vehicle/rgb_front/image")
    for (time, picture), (mask_time, mask) in zip(
        pictures, contents.of("/carla/ego_vehicle/rgb_front/mask"), strict=True
    ):
        shape = (picture.height, picture.width)
        frame = Frame(picture.data.reshape(*shape, 4), "bgra8")
        assert mask_time == time
        assert mask.header == picture.header
        assert np.array_equal(mask.data.reshape(shape), segmenter.segment(frame).mask)
    segmenter.close()
    # What is there is not written over.
    assert main(["bag", str(drive), str(out)]) == 1
    assert "is there already" in capsys.readouterr().err


def test_pictures_without_masks_are_told(
    drive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rgb = np.zeros((24, 32, 3), np.uint8)
    good = [record("/cam/image", n, image(rgb, "rgb8", n)) for n in range(2)]
    bad = [record("/cam/image", 10 + n, image(rgb, "rgb8", n, step=1)) for n in range(5)]
    bag = write_bag(tmp_path / "in", "sqlite3", good + bad)
    assert main(["bag", str(bag), str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "/cam/image: 5 pictures cannot be read and have no mask: at 0.000000010 s" in printed
    assert "and 2 more" in printed
    assert "/cam/mask: 2 masks of /cam/image" in printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ABSENT", "OUT"], "there is no such bag"),
        (["FILE", "OUT"], "is no bag; it must be the folder of a rosbag2 or a file .mcap or .db3"),
        (["ROS1", "OUT"], "rosbags-convert"),
        (["EMPTY", "OUT"], "has no metadata.yaml"),
        (["UNFINISHED", "OUT"], "ros2 bag reindex"),
        (["RUBBISH", "OUT"], "RUBBISH/metadata.yaml: cannot be read: it is not valid YAML"),
        (["TEXTS", "OUT"], "has no image topic in colours"),
        (["drive", "OUT", "--topic", "/absent"], "has no topic /absent"),
        (["drive", "OUT", "--model", "absent"], "model 'absent'"),
        (["drive", "OUT", "--engine", "steam"], "steam"),
        (["drive", "TAKEN"], "is there already"),
        (["drive", "drive/inside"], "is inside"),
    ],
)
def test_what_is_wrong_ends_in_one_line_and_leaves_nothing(
    arguments: list[str],
    words: str,
    drive: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("FILE").write_text("no bag")
    Path("ROS1.bag").write_text("#ROSBAG V2.0")
    for folder in ("EMPTY", "UNFINISHED", "RUBBISH", "TAKEN"):
        Path(folder).mkdir()
    Path("UNFINISHED/drive_0.mcap").write_bytes(b"\x89MCAP0\r\n")
    Path("RUBBISH/metadata.yaml").write_text("[1, 2")
    Path("TAKEN/mine").touch()
    write_bag(Path("TEXTS"), "mcap", [record("/note", 1, text("no picture"))])
    before = sorted(path.as_posix() for path in Path().rglob("*"))
    given = [{"ROS1": "ROS1.bag"}.get(argument, argument) for argument in arguments]
    assert main(["bag", *given]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.startswith("unet-perception bag: ")
    assert error.count("\n") == 1
    assert sorted(path.as_posix() for path in Path().rglob("*")) == before


def test_without_rosbags_its_name_is_told(
    drive: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in list(sys.modules):
        if name.startswith(("rosbags", "unet_perception.bags")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rosbags", None)
    assert main(["bag", str(drive), str(tmp_path / "out")]) == 1
    assert "pip install 'rosbags>=0.11'" in capsys.readouterr().err
