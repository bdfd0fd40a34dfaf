# SPDX-License-Identifier: Apache-2.0
"""The recorder, run as its users run it, against a server whose pictures tell their number."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("carla", reason="the carla client is not installed")
import itertools

from recording_process import SMALL, wait_for_lines
from repetitions import repetitions
from served_pairs import check_pairs, served_number

from unet_perception.dataset import list_pairs, read_image, read_mask
from unet_perception.dataset.manifest import read_manifest
from unet_perception.labels import label_map, load_label_set

KILLS = repetitions(51, 30)
AT_ONCE = 3


def committed(out: Path) -> int:
    """Pairs of a folder that a recorder may not have got round to."""
    return len(read_manifest(out)) if (out / "manifest.jsonl").exists() else 0


def test_a_thousand_pairs_are_what_was_served(
    record: Callable[..., Any], server: Any, numbered_pairs: Path, tmp_path: Path
) -> None:
    options = ["--weathers", "ClearNoon", "HardRainNoon", "--pairs", "500", "--keep-standing"]
    running = record(server, *options)
    assert running.wait() == 0, running.output
    entries = check_pairs(tmp_path / "out", numbered_pairs, 1000)
    # With nothing to skip, every tick of a drive is kept.
    for drive in (entries[:500], entries[500:]):
        assert {b.frame - a.frame for a, b in itertools.pairwise(drive)} == {1}
        steps = [b.stamp - a.stamp for a, b in itertools.pairwise(drive)]
        assert steps == pytest.approx([0.05] * 499)
    assert entries[0].weather["precipitation"] == 0.0
    assert entries[-1].weather["precipitation"] == 100.0
    assert entries[-1].town == "Town10HD_Opt"
    assert entries[-1].speed == pytest.approx(8.0, abs=0.1)
    assert "1000 pairs recorded" in running.output


def test_real_frames_come_back_as_they_were_served(
    record: Callable[..., Any],
    start_carla_server: Callable[..., Any],
    shared: Path,
    repo: Path,
    tmp_path: Path,
) -> None:
    served = shared / "data/carla_drive"
    pairs = list_pairs(served)
    label_set = load_label_set("carla-0.8")
    options = ["--data", str(served), "--split", "all", "--label-set", label_set.name]
    server = start_carla_server(*options)
    plan = ["--weathers", "ClearNoon", "--pairs", str(len(pairs)), "--keep-standing"]
    running = record(server, "--cameras", str(repo / "config/carla_cameras.yaml"), *plan)
    assert running.wait() == 0, running.output
    classes = label_map(label_set, load_label_set("carla-0.9.14"))
    for entry in read_manifest(tmp_path / "out"):
        original = pairs[entry.frame % len(pairs)]
        name = f"{entry.name}.png"
        recorded = read_image(tmp_path / "out/CameraRGB" / name)
        assert np.array_equal(recorded, read_image(original.image)), entry
        mask = read_mask(tmp_path / "out/CameraMask" / name)
        assert np.array_equal(mask, classes.apply(read_mask(original.mask))), entry


def test_the_seeds_loader_reads_it(record: Callable[..., Any], server: Any, tmp_path: Path) -> None:
    assert record(server, "--weathers", "ClearNoon", "--pairs", "12").wait() == 0
    out = tmp_path / "out"
    images = sorted((out / "CameraRGB").glob("*"))
    masks = sorted((out / "CameraMask").glob("*"))
    assert [path.name for path in images] == [path.name for path in masks]
    for pair in list_pairs(out):
        # As the seed does it: decode three channels and take the maximum over them.
        mask = cv2.imread(str(pair.mask), cv2.IMREAD_COLOR).max(axis=-1)
        assert mask.shape == (60, 80)
        assert np.array_equal(mask, read_mask(pair.mask))
        assert read_image(pair.image)[0, 0, 0] == mask[0, 0]


def test_frames_are_as_far_apart_as_asked_and_towns_are_split(
    record: Callable[..., Any], start_carla_server: Callable[..., Any], tmp_path: Path
) -> None:
    # The street is not drawn any smaller.
    cameras = SMALL.replace("80, height: 60", "96, height: 72")
    (tmp_path / "cameras.yaml").write_text(cameras)
    options = ["--towns", "Town01", "Town05", "--weathers", "ClearNoon", "--pairs", "6"]
    plan = [*options, "--val", "Town05", "--min-distance", "2.5"]
    running = record(start_carla_server(), *plan)
    assert running.wait() == 0, running.output
    entries = read_manifest(tmp_path / "out")
    assert [entry.town for entry in entries] == ["Town01"] * 6 + ["Town05"] * 6
    for drive in (entries[:6], entries[6:]):
        for a, b in itertools.pairwise(drive):
            assert np.hypot(a.pose[0] - b.pose[0], a.pose[1] - b.pose[1]) >= 2.5
        assert all(entry.speed > 0.1 for entry in drive)
    names = [entry.name for entry in entries]
    assert (tmp_path / "out/train.txt").read_text().split() == names[:6]
    assert (tmp_path / "out/val.txt").read_text().split() == names[6:]


@pytest.mark.exhaustive
def test_many_kills_later_nothing_is_missing_or_double(
    record: Callable[..., Any],
    start_carla_server: Callable[..., Any],
    numbered_pairs: Path,
    tmp_path: Path,
) -> None:
    plan = ["--weathers", "ClearNoon", "--pairs", "1500", "--keep-standing", "--min-free", "0"]

    def torture(seed: int) -> int:
        moment = random.Random(seed)
        server = start_carla_server("--data", str(numbered_pairs))
        out = f"out{seed}"
        (tmp_path / out).mkdir()
        outputs = []
        for kills in range(KILLS // AT_ONCE):
            running = record(server, *plan, out=out)
            if kills % 4:
                before = committed(tmp_path / out)
                wait_for_lines(tmp_path / out, before + 1, running)
                time.sleep(moment.uniform(0.0, 0.4))
            else:
                time.sleep(moment.uniform(0.0, 1.5))
            assert running.popen.poll() is None, running.output
            running.kill()
            outputs.append(running.output)
        done = committed(tmp_path / out)
        assert done < 1500
        last = record(server, *plan, out=out)
        assert last.wait() == 0, last.output
        # Not by the last alone: the one before may have died between its sweep and its own session.
        assert any("a dead session" in output for output in [*outputs, last.output])
        check_pairs(tmp_path / out, numbered_pairs, 1500)
        return done

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert all(done > 0 for done in pool.map(torture, range(AT_ONCE)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_good_order_and_it_goes_on(
    record: Callable[..., Any], server: Any, numbered_pairs: Path, tmp_path: Path, number: int
) -> None:
    plan = ["--weathers", "ClearNoon", "--pairs", "300", "--keep-standing"]
    running = record(server, *plan)
    wait_for_lines(tmp_path / "out", 20, running)
    running.popen.send_signal(number)
    assert running.wait() == 130
    assert "Traceback" not in running.output
    done = len(read_manifest(tmp_path / "out"))
    assert f"{done} of 300 are there" in running.output
    running = record(server, *plan)
    assert running.wait() == 0, running.output
    assert f"goes on after {done} of 300 pairs" in running.output
    assert "a dead session" not in running.output
    check_pairs(tmp_path / "out", numbered_pairs, 300)


def test_a_server_that_is_lost_is_waited_for(
    record: Callable[..., Any], server: Any, tmp_path: Path
) -> None:
    plan = ["--weathers", "ClearNoon", "--pairs", "200", "--keep-standing", "--timeout", "1.5"]
    running = record(server, *plan)
    wait_for_lines(tmp_path / "out", 20, running)
    server.kill()
    server.start()
    assert running.wait() == 0, running.output
    assert "does not answer" in running.output
    assert "the server was lost 1 times" in running.output
    entries = read_manifest(tmp_path / "out")
    assert [entry.number for entry in entries] == list(range(200))
    for entry in entries:
        assert list(entry.histogram) == [served_number(entry.frame)]


def test_partners_that_never_come_are_counted_and_nothing_is_mixed(
    record: Callable[..., Any],
    start_carla_server: Callable[..., Any],
    numbered_pairs: Path,
    tmp_path: Path,
) -> None:
    server = start_carla_server("--data", str(numbered_pairs), "--drop", "semantic_segmentation=5")
    plan = ["--weathers", "ClearNoon", "--pairs", "40", "--keep-standing", "--patience", "0.2"]
    running = record(server, *plan)
    assert running.wait() == 0, running.output
    check_pairs(tmp_path / "out", numbered_pairs, 40)
    assert "9 frames left out" in running.output or "10 frames left out" in running.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--min-free", "1e9"], "must stay free"),
        (["--pairs", "0"], "pairs is 0; it must be 1"),
        (["--weathers", "Sunny"], "Sunny"),
        (["--towns", "Atlantis"], "has no town Atlantis; it has Town01"),
        (["--val", "Town99"], "val has 'Town99', which is no town and no set of the plan"),
        (["--plan", "absent.yaml"], "cannot read the plan absent.yaml"),
        (["--verify", "never"], "verify is 'never'; it must be quick or full"),
        (["--patience", "0"], "patience is 0.0"),
        (["--port", "1"], "no CARLA server at localhost:1"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    record: Callable[..., Any], server: Any, arguments: list[str], words: str
) -> None:
    running = record(server, "--timeout", "1", *arguments)
    assert running.wait() == 1
    assert words in running.output
    assert "Traceback" not in running.output


def test_a_folder_of_another_version_or_camera_is_refused(
    record: Callable[..., Any],
    server: Any,
    start_carla_server: Callable[..., Any],
    numbered_pairs: Path,
    tmp_path: Path,
) -> None:
    plan = ["--weathers", "ClearNoon", "--pairs", "3", "--keep-standing"]
    assert record(server, *plan).wait() == 0
    other = start_carla_server("--data", str(numbered_pairs), "--carla-version", "0.9.13")
    running = record(other, *plan)
    assert running.wait() == 1
    assert "label set carla-0.9.14, this recording has carla-0.9.10" in running.output
    cameras = tmp_path / "cameras.yaml"
    cameras.write_text(cameras.read_text().replace("width: 80", "width: 96"))
    running = record(server, *plan)
    assert running.wait() == 1
    assert "CameraMask width 80, this recording has 96" in running.output
    assert len(read_manifest(tmp_path / "out")) == 3
