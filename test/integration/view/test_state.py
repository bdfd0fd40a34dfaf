# SPDX-License-Identifier: Apache-2.0
"""What the page says when cameras, nodes or its own server stop, and when they are back."""

from __future__ import annotations

import signal
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from harness.peer import wait_until
from harness.seen import start_view


def test_it_says_when_frames_stop_and_goes_on_with_them(peer: Any, show: Any, view: Any) -> None:
    seen = show()
    page = view(start_view(peer)[1])
    wait_until(lambda: page.stamp, "a picture")
    page.wait_for("document.getElementById('banner').hidden")
    seen.message = "no frames for 3 s"
    seen.running.clear()
    page.wait_for("document.getElementById('banner').textContent.includes('no frames for 3 s')")
    assert page.page.locator("#banner").is_visible()
    stamp = page.stamp
    seen.running.set()
    wait_until(lambda: page.stamp > stamp, "the next picture")
    page.wait_for("document.getElementById('banner').hidden")


def test_pictures_without_masks_are_shown_as_such(peer: Any, view: Any, show: Any) -> None:
    seen = show()
    page = view(start_view(peer)[1])
    wait_until(lambda: page.stamp, "a picture")
    seen.running.clear()
    last = 0

    def mask_is_missing() -> bool:
        nonlocal last
        last = seen.show(masked=False)
        time.sleep(0.1)
        return "no masks for" in page.page.inner_text("#banner")

    wait_until(mask_is_missing, "that masks do not come")
    page.page.click("#views [data-view=camera]")
    assert page.point(0.5, 0.5).endswith("no mask")


def test_the_perception_node_may_come_back(peer: Any, show: Any, view: Any) -> None:
    seen = show()
    page = view(start_view(peer)[1])
    wait_until(lambda: page.stamp, "a picture")
    seen.leave()
    page.wait_for("document.getElementById('banner').textContent.startsWith('Waiting for /perc')")
    stamp = page.stamp
    another = show()
    another.stamp = 1000
    wait_until(lambda: page.stamp > max(stamp, 1000 * 10**9), "its pictures")
    page.wait_for("document.getElementById('banner').hidden")


def test_the_page_finds_its_server_again(peer: Any, show: Any, view: Any) -> None:
    show()
    process, address = start_view(peer)
    page = view(address)
    wait_until(lambda: page.stamp, "a picture")
    process.send(signal.SIGKILL)
    process.wait()
    page.wait_for("document.getElementById('banner').textContent.startsWith('Not connected')")
    stamp = page.stamp
    again, _ = start_view(peer, port=address.rstrip("/").rpartition(":")[2])
    wait_until(lambda: page.stamp > stamp, "pictures of the new one")
    page.wait_for("document.getElementById('banner').hidden")
    # Chromium writes down each attempt that failed.
    page.complaints = [x for x in page.complaints if "ERR_CONNECTION_REFUSED" not in x]
    assert again.stop() == 0


def test_a_page_that_is_hidden_by_another_is_sent_nothing(peer: Any, show: Any, view: Any) -> None:
    show()
    page = view(start_view(peer)[1])
    wait_until(lambda: page.stamp, "a picture")
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true}); "
    tell = "dispatchEvent(new Event('visibilitychange'))"
    page.page.evaluate(hide % "true" + tell)
    time.sleep(0.5)
    stamp = page.stamp
    time.sleep(1.0)
    assert page.stamp == stamp
    page.page.evaluate(hide % "false" + tell)
    wait_until(lambda: page.stamp > stamp, "the next picture")


def test_a_recorder_is_shown_while_it_runs(peer: Any, show: Any, view: Any) -> None:
    show()
    recorder = peer.publisher(DiagnosticArray, "/diagnostics")
    page = view(start_view(peer)[1])
    wait_until(lambda: page.stamp, "a picture")
    assert page.page.locator("#recorder").is_hidden()
    status = DiagnosticStatus(name="record_dataset: recorder", message="recording, 17 of 50 pairs")

    def told() -> bool:
        recorder.publish(DiagnosticArray(status=[status]))
        time.sleep(0.2)
        return "17 of 50 pairs" in page.page.inner_text("#recorder")

    wait_until(told, "the recorder's state")
    page.wait_for("document.getElementById('recorder').hidden")
