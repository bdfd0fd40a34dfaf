# SPDX-License-Identifier: Apache-2.0
"""The live page in a real browser: real topics on one side, a real Chromium on the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import pytest

collect_ignore_glob = [] if find_spec("rclpy") else ["test_*.py"]


@pytest.fixture(scope="module", autouse=True)
def web() -> None:
    """What the page's node serves with."""
    pytest.importorskip("aiohttp", reason="aiohttp is not installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from harness.browsing import chromium

    with chromium() as result:
        yield result


@pytest.fixture
def show(peer: Any) -> Iterator[Callable[..., Any]]:
    """Starts a camera and a perception node; they are silent when the test ends."""
    from harness.seen import Shown

    started: list[Any] = []

    def start(*cameras: str, **settings: Any) -> Any:
        started.append(Shown(peer, *cameras, **settings))
        return started[-1]

    yield start
    for seen in started:
        seen.close()


@pytest.fixture
def view(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens windows; none may complain, or ask for anything elsewhere."""
    from harness.browsing import Page

    opened: list[Any] = []

    def look(address: str, **settings: Any) -> Any:
        opened.append(Page(browser, address, **settings))
        return opened[-1]

    yield look
    for page in opened:
        assert page.complaints == []
        assert page.foreign == []
        page.close()
