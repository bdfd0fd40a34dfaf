# SPDX-License-Identifier: Apache-2.0
"""What a page takes from the nodes beside it: nothing that they would feel."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

from harness.peer import wait_until
from harness.seen import start_view
from sensor_msgs.msg import Image

VIEWERS = 10


def test_ten_browsers_look_and_nobody_pays_when_they_have_gone(
    peer: Any, show: Any, view: Any
) -> None:
    seen = show()
    process, address = start_view(peer, linger=2.0)
    assert seen.watched() == 0
    pages = [view(address) for _ in range(VIEWERS)]
    for page in pages:
        wait_until(lambda page=page: page.stamp, "a picture everywhere")
    before = [page.stamp for page in pages]
    for page, stamp in zip(pages, before, strict=True):
        wait_until(lambda page=page, stamp=stamp: page.stamp > stamp, "it goes on everywhere")
    told = urllib.request.urlopen(f"{address}metrics").read().decode()
    assert f"unet_perception_view_viewers {VIEWERS}\n" in told
    assert seen.watched() == 1
    for page in pages:
        page.page.goto("about:blank")
    wait_until(lambda: seen.watched() == 0, "nothing is subscribed to any more")
    assert process.stop() == 0
    for page in pages:
        page.foreign.clear()


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_it_costs_nothing_while_nobody_looks(peer: Any, show: Any) -> None:
    seen = show()
    process, _ = start_view(peer)
    time.sleep(1.0)  # Discovery.
    before = cpu_s(process.popen.pid)
    time.sleep(4.0)
    assert cpu_s(process.popen.pid) - before < 0.08
    assert seen.watched() == 0


def test_it_stands_behind_all_others_for_the_processor(peer: Any) -> None:
    process, _ = start_view(peer)
    threads = [int(path.name) for path in Path(f"/proc/{process.popen.pid}/task").iterdir()]
    assert {os.getpriority(os.PRIO_PROCESS, thread) for thread in threads} == {15}
    assert {os.sched_getscheduler(thread) for thread in threads} == {os.SCHED_BATCH}


def test_a_page_that_hangs_does_not_hold_up_the_masks(
    peer: Any, show: Any, view: Any, model: Path, camera: Any
) -> None:
    peer.perception(model, input_image_topic="/real/image")
    pictures = peer.publisher(Image, "/real/image")
    masks = peer.subscribe(Image, "/perception/mask")
    process, address = start_view(peer)

    ended = threading.Event()

    def send() -> None:
        for number in itertools.count(1):
            pictures.publish(camera.message(camera.rgb(number), stamp=number))
            if ended.wait(0.05):
                return

    sending = threading.Thread(target=send)
    sending.start()
    try:
        page = view(address)
        wait_until(lambda: page.stamp, "a picture")
        process.send(signal.SIGSTOP)
        before = len(masks)
        wait_until(lambda: len(masks) >= before + 54, "masks as before", 6.0)
        process.send(signal.SIGCONT)
        stamp = page.stamp
        wait_until(lambda: page.stamp > stamp, "pictures as before")
    finally:
        ended.set()
        sending.join()
    page.complaints = [x for x in page.complaints if "WebSocket" not in x]
