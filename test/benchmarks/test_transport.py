# SPDX-License-Identifier: Apache-2.0
"""The whole benchmark of transports, for one of its cases."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NAMESPACES = ["unshare", "--user", "--map-root-user", "--net", "--mount", "true"]


def test_pictures_go_from_process_to_process(tmp_path: Path, repo: Path) -> None:
    pytest.importorskip("rclpy", reason="ROS is not installed")
    if not shutil.which("tc") or subprocess.run(NAMESPACES, check=False).returncode:
        pytest.skip("needs tc and Linux namespaces without rights")
    found = tmp_path / "found.json"
    script = [str(repo / "benchmarks" / "transport.py"), "--json", str(found)]
    short = ["--rounds", "1", "--seconds", "1", "--messages", "jpeg", "--only", "defaults"]
    done = subprocess.run(
        [sys.executable, *script, *short], capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "exit code" not in done.stderr
    rows = json.loads(found.read_text())["rows"]
    assert [row["reliability"] for row in rows] == ["reliable", "best_effort"]
    for row in rows:
        assert (row["place"], row["message"]) == ("same host", "jpeg")
        assert 0 < row["received"] <= row["sent"] <= 40
        assert 0.0 < row["p50_ms"] <= row["p99_ms"]
