# SPDX-License-Identifier: Apache-2.0
"""The demo as a user runs it: masks, pictures, and nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from unet_perception.dataset import write_pair

TIMEOUT_S = 120.0


@pytest.fixture
def demo(domain: int, tmp_path: Path, model: Path) -> Any:
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        code = "from unet_perception.cli.main import main; raise SystemExit(main())"
        options = ["demo", "--model", str(model), "--out", str(tmp_path / "out"), *arguments]
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", code, *options],
                env={**os.environ, "ROS_DOMAIN_ID": str(domain), "COLUMNS": "120"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        )
        return running[-1]

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
            process.wait()


def processes_of(domain: int) -> list[str]:
    """Command lines of this test's nodes, known by their domain."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if f"ROS_DOMAIN_ID={domain}".encode() in environment and "unet_perception" in command:
            found.append(command)
    return found


def test_it_ends_by_itself_with_pictures(demo: Any, domain: int, tmp_path: Path) -> None:
    process = demo("--seconds", "4")
    output, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, output
    for words in ("first mask after", "masks", "p50", "engine", "mean IoU", "Roads", "http://"):
        assert words in output
    assert "live_view" not in output  # It left well.
    for name in ("overlay.png", "contact_sheet.png"):
        picture = cv2.imread(str(tmp_path / "out" / name))
        assert picture.shape[1] >= 800
        assert len(np.unique(picture)) > 20
    assert processes_of(domain) == []


def test_it_plays_a_folder_until_ctrl_c(demo: Any, domain: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for i in range(3):
        rgb = rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)
        write_pair(tmp_path / "data", f"{i:06d}", rgb, np.full((60, 80), i, np.uint8))
    process = demo("--data", str(tmp_path / "data"))
    lines: list[str] = []
    end = time.monotonic() + TIMEOUT_S
    while "first mask" not in "".join(lines) and time.monotonic() < end:
        lines.append(process.stdout.readline())
    assert len(processes_of(domain)) >= 2
    os.kill(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, output
    assert processes_of(domain) == []


def read_until(process: Any, words: str) -> str:
    lines: list[str] = []
    end = time.monotonic() + TIMEOUT_S
    while words not in "".join(lines) and time.monotonic() < end:
        lines.append(process.stdout.readline())
    return "".join(lines)


def test_its_page_shows_the_masks_and_its_end_is_not_the_demos(demo: Any, domain: int) -> None:
    process = demo()
    told = read_until(process, "first mask")
    address = re.search(r"live page: (http://127.0.0.1:\d+/)", told)[1]
    assert answer_of(f"{address}snapshot/camera/mask.png").startswith(b"\x89PNG")
    (page,) = [command for command in processes_of(domain) if "live_view" in command]
    os.kill(pid_of(page, domain), signal.SIGKILL)
    time.sleep(1.0)
    assert process.poll() is None
    os.kill(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, output
    assert "live_view ended with exit code" in output


def test_it_runs_without_a_page(demo: Any, domain: int) -> None:
    process = demo("--no-view")
    told = read_until(process, "first mask")
    assert "http://" not in told
    assert not [command for command in processes_of(domain) if "live_view" in command]
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0


def answer_of(address: str) -> bytes:
    end = time.monotonic() + TIMEOUT_S
    while True:
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return bytes(answer.read())
        except urllib.error.URLError:
            # The page has the processor last.
            assert time.monotonic() < end
            time.sleep(0.2)


def pid_of(command: str, domain: int) -> int:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            given = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if given == command and f"ROS_DOMAIN_ID={domain}".encode() in environment:
            return int(folder.name)
    raise AssertionError(f"no process {command}")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "absent"], "data is 'absent'; it must be an existing folder"),
        (["--rate", "0"], "rate is 0.0"),
        (["--seconds", "-1"], "seconds is -1.0"),
        (["--engine", "warp"], "engine is 'warp'"),
        (["--model", "absent"], "model 'absent'"),
    ],
)
def test_wrong_arguments_end_in_one_line(
    demo: Any, domain: int, arguments: list[str], words: str
) -> None:
    process = demo(*arguments)
    output, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 1
    assert words in output
    assert "Traceback" not in output
    assert processes_of(domain) == []
