# SPDX-License-Identifier: Apache-2.0
"""Real processes: the variant that needs no network, from camera to viewer."""

from __future__ import annotations

from pathlib import Path

import pytest
from realtime_records import RunFailedError
from realtime_run import run
from realtime_variants import VARIANTS, Case, Network, Variant

CASE = Case(80, 60, 20.0)
NETWORK = Network("carla_unet", "auto", "auto")


@pytest.fixture(autouse=True)
def _domain(domain: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rclpy", reason="ROS is not installed")
    monkeypatch.setenv("ROS_DOMAIN_ID", str(domain))


def folder(tmp_path: Path) -> Path:
    result = tmp_path / "run"
    result.mkdir()
    return result


def test_frames_go_there_and_masks_come_back(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    result = run(VARIANTS["moving"], CASE, NETWORK, 1.0, folder(tmp_path))
    outcome = result.outcomes[""]
    # As many as fit into the time, on a machine that may be busy.
    assert 10 <= outcome.sent <= 22
    assert outcome.received >= outcome.sent - 2
    assert 0.0 < outcome.latencies.min() <= outcome.latencies.max() < 1000.0
    assert result.overlays is None
    assert not len(result.engine_ms)
    # Every process left by itself, with code 0.
    assert "exit code" not in capfd.readouterr().err


def test_a_node_that_dies_is_named(tmp_path: Path) -> None:
    variant = Variant("broken", lambda *_: [["-c", "raise SystemExit('no such thing')"]])
    words = r"(?s)broken ended with exit code 1.*broken: no such thing"
    with pytest.raises(RunFailedError, match=words):
        run(variant, CASE, NETWORK, 1.0, folder(tmp_path))
