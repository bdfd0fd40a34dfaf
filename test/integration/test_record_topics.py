# SPDX-License-Identifier: Apache-2.0
"""``record_dataset --from-topics`` pairs what two topics publish, by stamp alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from harness.peer import wait_until
from sensor_msgs.msg import Image

from unet_perception.dataset.manifest import read_manifest

PICTURES, IDS = "/cam/rgb/image", "/cam/ids/image"
TIMEOUT_S = 60.0


@pytest.fixture
def record(domain: int, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        topics = ["--from-topics", "--picture-topic", PICTURES, "--ids-topic", IDS]
        code = "from unet_perception.cli.record_dataset import record_dataset; record_dataset()"
        options = [str(tmp_path / "out"), *topics, *arguments]
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", code, *options],
                env={**os.environ, "ROS_DOMAIN_ID": str(domain)},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def rgb(number: int) -> Any:
    return np.full((60, 80, 3), (number, 100, 2 * number), np.uint8)


def red_ids(camera: Any, number: int) -> Any:
    """Ids as CARLA's own publisher has them: in the red channel of bgra8."""
    pixels = np.zeros((60, 80, 3), np.uint8)
    pixels[..., 0] = number
    return camera.message(pixels, "bgra8", stamp=number)


def committed(out: Path) -> int:
    return len(read_manifest(out)) if (out / "manifest.jsonl").exists() else 0


def test_equal_stamps_make_pairs_and_nothing_else_does(
    peer: Any, camera: Any, record: Callable[..., Any], tmp_path: Path
) -> None:
    pictures, ids = peer.publisher(Image, PICTURES), peer.publisher(Image, IDS)
    out = tmp_path / "out"
    process = record("--pairs", "12")
    peer.wait_for_reader(PICTURES, reliable=True)
    peer.wait_for_reader(IDS, reliable=True)
    for number in range(1, 21):
        # Every fifth picture has no ids, and one of the ids no picture.
        if number != 7:
            pictures.publish(camera.message(rgb(number), "bgra8", stamp=number))
        if number % 5:
            ids.publish(red_ids(camera, number))
        time.sleep(0.05)
    output, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, output
    wanted = [number for number in range(1, 21) if number != 7 and number % 5][:12]
    entries = read_manifest(out)
    assert [entry.stamp for entry in entries] == wanted
    for entry, number in zip(entries, wanted, strict=True):
        picture = cv2.imread(str(out / f"CameraRGB/{entry.name}.png"))
        mask = cv2.imread(str(out / f"CameraMask/{entry.name}.png"))
        assert picture[0, 0].tolist() == [2 * number, 100, number]
        assert mask[0, 0].tolist() == [0, 0, number]
    assert "12 pairs recorded" in output


def test_a_signal_ends_it_and_it_goes_on_in_the_same_folder(
    peer: Any, camera: Any, record: Callable[..., Any], tmp_path: Path
) -> None:
    pictures, ids = peer.publisher(Image, PICTURES), peer.publisher(Image, IDS)
    out = tmp_path / "out"

    def publish(numbers: range) -> None:
        peer.wait_for_reader(PICTURES, reliable=True)
        peer.wait_for_reader(IDS, reliable=True)
        for number in numbers:
            pictures.publish(camera.message(rgb(number), "rgb8", stamp=number))
            ids.publish(camera.message(rgb(number), "mono8", stamp=number))

    process = record()
    publish(range(1, 4))
    wait_until(lambda: committed(out) == 3, "three pairs")
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, output
    wait_until(lambda: not peer.node.get_subscriptions_info_by_topic(PICTURES), "its end")
    process = record("--pairs", "5")
    publish(range(4, 6))
    output, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, output
    assert [entry.number for entry in read_manifest(out)] == list(range(5))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--label-set", "mars"], "unknown label set 'mars'"),
        (["--pairs", "-1"], "pairs is -1"),
        (["--ids-topic", PICTURES], "pictures and ids come on two"),
    ],
)
def test_wrong_options_end_in_one_line(
    record: Callable[..., Any], arguments: list[str], words: str
) -> None:
    process = record(*arguments)
    output, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 1
    assert words in output
    assert "Traceback" not in output
