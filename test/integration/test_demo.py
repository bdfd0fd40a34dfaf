# SPDX-License-Identifier: Apache-2.0
"""The demo as a user runs it: masks, pictures, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
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
    for words in ("first mask after", "masks", "p50", "engine", "mean IoU", "Roads"):
        assert words in output
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
