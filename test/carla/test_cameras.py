# SPDX-License-Identifier: Apache-2.0
"""Camera files: what is right is read, what is wrong is named with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from unet_perception.carla.cameras import CameraSpec, load_cameras
from unet_perception.errors import ConfigError


def test_the_shipped_file_has_a_pair(repo: Path) -> None:
    rgb, ids = load_cameras(repo / "config" / "carla_cameras.yaml")
    assert (rgb.name, rgb.blueprint) == ("rgb_front", "sensor.camera.rgb")
    assert ids.blueprint == "sensor.camera.semantic_segmentation"
    assert rgb.view == ids.view
    assert (rgb.width, rgb.height, rgb.fov, rgb.pose) == (800, 600, 90.0, (2, 0, 2, 0, 0, 0))


def test_attributes_are_carlas_text(tmp_path: Path) -> None:
    path = tmp_path / "cameras.yaml"
    path.write_text(
        "cameras: {a: {type: rgb, rate: 10, attributes: {gamma: 2, bloom: true, mode: x}}}"
    )
    (camera,) = load_cameras(path)
    assert camera.blueprint_attributes == {
        "gamma": "2",
        "bloom": "true",
        "mode": "x",
        "image_size_x": "800",
        "image_size_y": "600",
        "fov": "90.0",
        "sensor_tick": "0.1",
    }


def test_another_rate_or_place_is_another_view() -> None:
    views = {
        CameraSpec("a", "rgb").view,
        CameraSpec("a", "rgb", rate=10).view,
        CameraSpec("a", "rgb", yaw=1).view,
        CameraSpec("a", "rgb", fov=91).view,
    }
    assert len(views) == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["one key at its top, cameras"]),
        ("cameras: {}", ["must map the name"]),
        ("cameras: [a]", ["must map the name"]),
        ("cameras: {a: {type: rgb}}\nother: 1", ["one key at its top"]),
        ("cameras: {a: {type: rgb", ["not valid YAML"]),
        ("cameras: {a: {type: rgb}, a: {type: depth}}", ["key a comes twice", "line 1"]),
        ("cameras: {a: {type: rgb, fov: 1, fov: 2}}", ["key fov comes twice"]),
        ("cameras: {a: 3}", ["camera a is 3", "width"]),
        ("cameras: {a: {}}", ["camera a: type is missing", "depth"]),
        ("cameras: {a: {type: lidar}}", ["camera a: type is 'lidar'", "semantic_segmentation"]),
        ("cameras: {a: {type: rgb, fow: 3}}", ["camera a: key fow is not known", "fov"]),
        ("cameras: {a/b: {type: rgb}}", ["camera name 'a/b'", "letters"]),
        ("cameras: {1: {type: rgb}}", ["camera name 1"]),
        ("cameras: {a: {type: rgb, width: 0}}", ["width is 0", "1 to 16384"]),
        ("cameras: {a: {type: rgb, width: 8.5}}", ["width is 8.5"]),
        ("cameras: {a: {type: rgb, height: '9'}}", ["height is '9'"]),
        ("cameras: {a: {type: rgb, fov: 180}}", ["fov is 180", "1 to 179"]),
        ("cameras: {a: {type: rgb, fov: .nan}}", ["fov is nan"]),
        ("cameras: {a: {type: rgb, rate: -1}}", ["rate is -1"]),
        ("cameras: {a: {type: rgb, x: true}}", ["x is True", "metres"]),
        ("cameras: {a: {type: rgb, yaw: 361}}", ["yaw is 361", "degrees"]),
        ("cameras: {a: {type: rgb, attributes: 3}}", ["attributes is 3", "mapping"]),
        ("cameras: {a: {type: rgb, attributes: {fov: 3}}}", ["without fov: use fov"]),
        ("cameras: {a: {type: rgb, attributes: {sensor_tick: 3}}}", ["use rate"]),
        ("cameras: {a: {type: rgb, attributes: {gamma: [1]}}}", ["attributes is"]),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "cameras.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        load_cameras(path)
    for word in [str(path), *words]:
        assert word in str(raised.value)


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read the cameras"):
        load_cameras(tmp_path / "none.yaml")
    (tmp_path / "cameras.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not a text file"):
        load_cameras(tmp_path / "cameras.yaml")
