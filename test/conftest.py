# SPDX-License-Identifier: Apache-2.0
"""Fixtures that every part of the suite shares."""

from __future__ import annotations

from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repo() -> Path:
    """The source tree."""
    return REPO


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real CARLA frames and golden outputs, which lie beside the source tree or nowhere."""
    path = REPO.parent / "shared"
    if not path.is_dir():
        pytest.skip("no ../shared with real CARLA frames and golden outputs")
    return path
