# SPDX-License-Identifier: Apache-2.0
"""The live page's node among faults; the test is its camera and its perception node."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from harness.page_watcher import PageWatcher
from harness.peer import wait_until
from harness.seen import Shown, start_view
from limits import no_more_disk, no_more_handles
from sensor_msgs.msg import Image
from std_msgs.msg import String

from unet_perception.ros.transport.outputs import reliable

RECOVERY_S = 20.0


@pytest.fixture
def shown(peer: Any) -> Iterator[Shown]:
    result = Shown(peer)
    yield result
    result.close()


class Page:
    """The node and somebody who looks."""

    def __init__(self, peer: Any, shown: Shown) -> None:
        self._shown = shown
        self.process, self.address = start_view(peer, nice=0)
        self.watcher = PageWatcher(self.address)

    def wait_for_new(self, count: int = 5) -> None:
        last = self._shown.stamp * 10**9
        wait_until(
            lambda: sum(at > last for at, _ in self.watcher.seen) >= count,
            f"{count} pictures on the page",
            RECOVERY_S,
        )

    def check(self) -> None:
        for at, ids in self.watcher.seen:
            assert ids is None or np.array_equal(ids, self._shown.masks[at]), at


@pytest.fixture
def page(peer: Any, shown: Shown) -> Iterator[Page]:
    result = Page(peer, shown)
    yield result
    result.watcher.close()


def test_out_of_file_handles_those_who_look_see_on_and_others_wait(page: Page) -> None:
    page.wait_for_new()
    with no_more_handles(page.process.popen.pid):
        other = PageWatcher(page.address)
        page.wait_for_new(10)
        assert not other.seen
    wait_until(lambda: len(other.seen) >= 5, "pictures for the other one", RECOVERY_S)
    other.close()
    page.wait_for_new()
    page.check()
    assert page.process.stop() == 0
    assert 1 <= page.process.output.count("cannot take a connection: Too many open files") <= 5
    assert "Traceback" not in page.process.output


def test_a_full_disk_stops_its_log_and_nothing_else(peer: Any, page: Page) -> None:
    page.wait_for_new()
    labels = peer.publisher(String, "/perception/labels", reliable(1, latched=True))
    with no_more_disk(page.process.popen.pid):
        labels.publish(String(data="no JSON"))  # It logs that it cannot be read.
        page.wait_for_new(10)
    page.check()
    assert page.process.stop() == 0


def test_garbage_on_its_topics(peer: Any, page: Page) -> None:
    page.wait_for_new()
    publishers = [
        peer.publisher(Image, "/cam/image"),
        peer.publisher(Image, "/perception/mask"),
        peer.publisher(DiagnosticArray, "/diagnostics"),
        peer.publisher(String, "/perception/labels", reliable(1, latched=True)),
    ]
    time.sleep(0.5)
    for publisher in publishers:
        for data in (b"", b"\0\1\0\0", b"\xff" * 100):
            publisher.publish(data)
            time.sleep(0.2)
            page.wait_for_new(3)
    for text in ("no JSON", "[]", '{"name": "carla-9.9"}'):
        publishers[-1].publish(String(data=text))
    page.wait_for_new()
    page.check()
    assert page.process.stop() == 0
    assert "/perception/labels: classes is None; it must be" in page.process.output
    assert "Traceback" not in page.process.output
