# SPDX-License-Identifier: Apache-2.0
"""The live page in a real browser: real topics on one side, a real Chromium on the other."""

from __future__ import annotations

import itertools
import os
import re
import signal
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from harness.browsing import PHONE, Page, chromium
from harness.camera import pixels
from harness.peer import wait_until
from harness.seen import LABELS, SIZE, Seen, Shown, start_view
from harness.topics import nanoseconds
from sensor_msgs.msg import CompressedImage, Image

pytest.importorskip("aiohttp", reason="aiohttp is not installed")

VIEWERS = 10


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as result:
        yield result


@pytest.fixture
def show(peer: Any) -> Iterator[Callable[..., Shown]]:
    """Starts a camera and a perception node; they are silent when the test ends."""
    started: list[Seen] = []

    def start(*cameras: str, **settings: Any) -> Shown:
        started.append(Shown(peer, *cameras, **settings))
        return started[-1]

    yield start
    for seen in started:
        seen.close()


@pytest.fixture
def view(browser: Any) -> Iterator[Callable[..., Page]]:
    """Opens windows; none may complain, or ask for anything elsewhere."""
    opened: list[Page] = []

    def look(address: str, **settings: Any) -> Page:
        opened.append(Page(browser, address, **settings))
        return opened[-1]

    yield look
    for page in opened:
        assert page.complaints == []
        assert page.foreign == []
        page.close()


def freeze(page: Page) -> Any:
    """Pause at a picture with its mask; return the stamp of the frame that is shown."""

    def frozen() -> int:
        # Going on until then: a page that is paused again at once never gets the next picture.
        wait_until(lambda: page.masked, "a picture with its mask")
        page.page.click("#pause")
        if page.masked:
            return page.stamp
        page.page.click("#pause")  # The next picture came in between, without its mask.
        return 0

    return wait_until(frozen, "a pause at a picture with its mask")


def test_the_picture_changes_over_time(peer: Any, show: Any, view: Any) -> None:
    show()
    page = view(start_view(peer)[1])
    stamps, pictures = set(), set()
    end = time.monotonic() + 20
    while min(len(stamps), len(pictures)) < 5 and time.monotonic() < end:
        stamps.add(page.stamp)
        pictures.add(page.image().tobytes() if page.stamp else b"")
        time.sleep(0.1)
    assert len(pictures) >= 5
    assert len(stamps) >= 5
    assert "20.0 Hz" in page.page.inner_text("#numbers")
    assert "45.6 ms" in page.page.inner_text("#numbers")
    assert "carla_unet" in page.page.inner_text("#numbers")


def test_pointing_tells_the_class_of_the_published_mask(peer: Any, show: Any, view: Any) -> None:
    seen = show()
    page = view(start_view(peer)[1])
    ids = seen.masks[freeze(page)]
    height, width = SIZE
    rng = np.random.default_rng(0)
    for mode in ("camera", "overlay", "mask", "slider"):
        page.page.click(f"#views [data-view={mode}]")
        for x, y in rng.random((12, 2)):
            told = page.point(x, y)
            class_id, column, row = _numbers(told)
            assert (abs(column - x * width), abs(row - y * height)) < (1.5, 1.5)
            assert class_id == ids[row, column]
            assert told.startswith(LABELS.by_id(class_id).name)
    page.page.click("#views [data-view=side]")
    left, right = page.point(0.25, 0.3), page.point(0.75, 0.3)
    assert left == right


def test_the_arrow_keys_do_the_same(peer: Any, show: Any, view: Any) -> None:
    seen = show()
    page = view(start_view(peer)[1])
    ids = seen.masks[freeze(page)]
    page.page.focus("figure canvas")
    page.page.keyboard.press("ArrowRight")
    for _ in range(10):
        page.page.keyboard.press("Shift+ArrowLeft")
        page.page.keyboard.press("Shift+ArrowUp")
    assert page.page.inner_text("#pointed").endswith(f"({ids[0, 0]}) at 0, 0")
    for _ in range(3):
        page.page.keyboard.press("ArrowDown")
    assert page.page.inner_text("#pointed").endswith(f"({ids[3, 0]}) at 0, 3")


def test_views_show_what_they_say(peer: Any, show: Any, view: Any) -> None:
    seen = show()
    page = view(start_view(peer)[1])
    ids = seen.masks[freeze(page)]
    colors = LABELS.palette[ids].astype(int)
    page.page.click("#views [data-view=mask]")
    np.testing.assert_array_equal(page.image(), colors)
    page.page.click("#views [data-view=camera]")
    camera = page.image().astype(int)
    assert np.abs(camera - colors).mean() > 20
    page.page.click("#views [data-view=overlay]")
    for opacity in (0, 30, 100):
        page.page.fill("#opacity", str(opacity))
        expected = camera * (1 - opacity / 100) + colors * opacity / 100
        assert np.abs(page.image() - expected).max() <= 3
    page.page.click("#views [data-view=side]")
    both = page.image()
    assert both.shape == (SIZE[0], 2 * SIZE[1], 3)
    np.testing.assert_array_equal(both[:, SIZE[1] :], colors)
    np.testing.assert_array_equal(both[:, : SIZE[1]], camera)


def test_the_slider_divides_camera_and_overlay(peer: Any, show: Any, view: Any) -> None:
    seen = show()
    page = view(start_view(peer)[1])
    ids = seen.masks[freeze(page)]
    page.page.click("#views [data-view=camera]")
    camera = page.image()
    page.page.fill("#opacity", "100")
    page.page.keyboard.press("5")
    assert page.page.get_attribute("#views [data-view=slider]", "aria-checked") == "true"
    for place in (25, 75):
        page.page.fill("#divider", str(place))
        at = SIZE[1] * place // 100
        shown = page.image()
        np.testing.assert_array_equal(shown[:, : at - 4], camera[:, : at - 4])
        np.testing.assert_array_equal(shown[:, at + 4 :], LABELS.palette[ids][:, at + 4 :])
    # And by dragging in the picture.
    box = page.page.locator("figure canvas").bounding_box()
    page.page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 50)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 50)
    page.page.mouse.up()
    assert float(page.page.input_value("#divider")) == pytest.approx(50, abs=1)


def test_the_legend_highlights_and_hides(peer: Any, show: Any, view: Any) -> None:
    seen = show()
    page = view(start_view(peer)[1])
    ids = seen.masks[freeze(page)]
    page.page.click("#views [data-view=mask]")
    rows = page.page.locator("#legend li")
    assert rows.count() == len(LABELS.classes)
    counts = np.bincount(ids.ravel(), minlength=13) / ids.size
    for label in LABELS.classes:
        text = rows.nth(LABELS.ids.index(label.id)).inner_text()
        assert label.name in text
        share = float(text.split()[-2])
        assert share == pytest.approx(counts[label.id] * 100, abs=0.06)
    one, other = np.argsort(counts)[-2:]
    grey = (96, 96, 96)
    page.page.click(f".class[data-id='{one}']")
    expected = np.where((ids == one)[..., None], LABELS.palette[ids], grey)
    np.testing.assert_array_equal(page.image(), expected)
    page.page.click(f".class[data-id='{one}']")
    np.testing.assert_array_equal(page.image(), LABELS.palette[ids])
    page.page.click(f".hide[data-id='{other}']")
    expected = np.where((ids != other)[..., None], LABELS.palette[ids], grey)
    np.testing.assert_array_equal(page.image(), expected)
    assert page.page.get_attribute(f".hide[data-id='{other}']", "aria-pressed") == "true"
    page.page.click("#legend-all")
    np.testing.assert_array_equal(page.image(), LABELS.palette[ids])


@pytest.mark.parametrize("paused", [True, False])
def test_snapshots_are_the_published_mask(
    peer: Any, show: Any, view: Any, tmp_path: Path, paused: bool
) -> None:
    seen = show()
    page = view(start_view(peer)[1])
    if paused:
        freeze(page)
        time.sleep(1.0)  # Others have come meanwhile.
    wait_until(lambda: page.stamp, "a picture")
    path = page.save("mask", tmp_path)
    camera, stamp, kind = path.stem.split("-")
    assert (camera, kind) == ("camera", "mask")
    saved = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert saved.dtype == np.uint8
    assert saved.tobytes() == seen.masks[int(stamp)].tobytes()
    assert cv2.imread(str(page.save("picture", tmp_path))).shape == (*SIZE, 3)
    assert cv2.imread(str(page.save("overlay", tmp_path))).shape == (*SIZE, 3)


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


def test_all_cameras_can_be_seen(peer: Any, show: Any, view: Any) -> None:
    show("front", "rear", "left")
    page = view(start_view(peer)[1])
    page.page.wait_for_selector("#cameras button")
    names = page.page.locator("#cameras button").all_inner_texts()
    assert names == ["front", "rear", "left", "all"]
    page.page.click("#cameras [data-camera=rear]")
    page.page.wait_for_selector("canvas[data-camera=rear][data-stamp]")
    assert page.page.locator("figure canvas").count() == 1
    page.page.click("#cameras button >> text=all")
    for name in names[:3]:
        page.page.wait_for_selector(f"canvas[data-camera={name}][data-stamp]")


def test_compressed_pictures_are_passed_on(peer: Any, show: Any, view: Any) -> None:
    seen = show(kind=CompressedImage)
    page = view(start_view(peer)[1])
    ids = seen.masks[freeze(page)]
    page.page.click("#views [data-view=mask]")
    np.testing.assert_array_equal(page.image(), LABELS.palette[ids])


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


def _numbers(told: str) -> list[int] | None:
    """Class, column and row of what is told at the pointer."""
    found = [int(number) for number in re.findall(r"\d+", told)]
    return found if len(found) == 3 else None


@pytest.mark.skipif(not find_spec("carla"), reason="CARLA's client is not installed")
def test_the_whole_way_from_carla_to_the_page(
    peer: Any,
    view: Any,
    model: Path,
    start_carla_server: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Playback server, CARLA's client in the bridge, perception, page and browser."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    server = start_carla_server("--rate", "10")
    bridge = ["--ros-args", "-p", f"port:={server.port}", "-p", "autopilot:=true"]
    peer.start("carla_bridge", *bridge)
    peer.perception(model, "-r", "image:=/carla/ego_vehicle/rgb_front/image")
    masks = peer.subscribe(Image, "/perception/mask")
    page = view(start_view(peer)[1])
    wait_until(lambda: page.stamp, "a picture")
    first = page.stamp
    wait_until(lambda: page.stamp > first, "the next one")
    stamp = freeze(page)
    mask = pixels(masks.wait(lambda message: nanoseconds(message.header) == stamp))
    for x, y in np.random.default_rng(0).random((20, 2)):
        # A frame that is still on its way to the screen takes the words away for a moment.
        told = wait_until(lambda x=x, y=y: _numbers(page.point(x, y)), "class, column and row")
        class_id, column, row = told
        assert class_id == mask[row, column]
    saved = cv2.imread(str(page.save("mask", tmp_path)), cv2.IMREAD_UNCHANGED)
    assert saved.tobytes() == mask.tobytes()
    assert "openvino" in page.page.inner_text("#numbers")


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


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"host": "0.0.0.0"}, "there is no token: set UNET_PERCEPTION_VIEW_TOKEN"),
        ({"host": "192.0.2.1"}, "there is no token"),
        ({"port": 70000}, "port is 70000"),
        ({"rate": 0.0}, "rate is 0.0"),
        ({"node": "a b"}, "node is 'a b'"),
        ({"token_file": "/absent"}, "token_file is '/absent'"),
        ({"prot": 1}, "prot is not known"),
    ],
)
def test_what_cannot_be_served_is_refused_in_a_line(
    peer: Any, parameters: dict[str, object], words: str
) -> None:
    flags = [x for key, value in parameters.items() for x in ("-p", f"{key}:={value}")]
    process = peer.start("live_view", "--ros-args", *flags)
    assert process.wait() == 1
    assert words in process.output
    assert "Traceback" not in process.output


def test_a_port_that_is_taken_is_told(peer: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = peer.start("live_view", "--ros-args", "-p", f"port:={port}")
        assert process.wait() == 1
    assert f"port {port} of 127.0.0.1 cannot be had: Address already in use" in process.output


def test_a_page_for_others_asks_for_its_token(
    peer: Any, show: Any, view: Any, tmp_path: Path
) -> None:
    show()
    (tmp_path / "token").write_text("correct-horse-battery\n")
    process, address = start_view(peer, host="0.0.0.0", token_file=tmp_path / "token")
    assert "correct-horse" not in process.output
    page = view(address.replace("0.0.0.0", "127.0.0.1"))
    page.page.fill("input[name=token]", "wrong")
    page.page.keyboard.press("Enter")
    page.page.wait_for_selector("#wrong:not([hidden])")
    page.page.fill("input[name=token]", "correct-horse-battery")
    page.page.keyboard.press("Enter")
    page.page.wait_for_selector("canvas[data-stamp]")
    assert "token" not in page.page.url


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [None, PHONE])
def test_it_fits_and_can_be_read(
    peer: Any, show: Any, view: Any, scheme: str, size: dict[str, int] | None
) -> None:
    show()
    settings = {"viewport": size, "has_touch": True} if size else {}
    page = view(start_view(peer)[1], color_scheme=scheme, **settings)
    wait_until(lambda: page.stamp, "a picture")
    wide = "document.documentElement.scrollWidth <= innerWidth"
    assert page.page.evaluate(wide)
    for name, foreground in itertools.product(("--back", "--panel"), ("--text", "--quiet")):
        assert contrast(page, foreground, name) >= 4.5, (name, foreground)
    assert contrast(page, "--warn-text", "--warn-back") >= 4.5
    assert contrast(page, "--on-accent", "--accent") >= 4.5
    # Everything that can be operated has a name, and can be reached with the keyboard.
    nameless = """[...document.querySelectorAll('button, input, canvas, [role]')].filter(
        (e) => !e.hidden && !(e.textContent.trim() || e.getAttribute('aria-label')
            || e.labels?.length || e.getAttribute('aria-labelledby')) && !e.matches('[role=status]')
    ).map((e) => e.outerHTML)"""
    assert page.page.evaluate(nameless) == []
    assert reached_by_tab(page) >= {"pause", "opacity", "theme"}


def contrast(page: Page, foreground: str, background: str) -> float:
    """Contrast by WCAG 2."""
    script = "(n) => getComputedStyle(document.documentElement).getPropertyValue(n).trim()"

    def luminance(name: str) -> float:
        text = page.page.evaluate(script, name).lstrip("#")
        digits = "".join(2 * x for x in text) if len(text) == 3 else text
        parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))

    dark, light = sorted((luminance(foreground), luminance(background)))
    return (light + 0.05) / (dark + 0.05)


def reached_by_tab(page: Page) -> set[str]:
    found = set()
    for _ in range(60):
        page.page.keyboard.press("Tab")
        found.add(page.page.evaluate("document.activeElement.id"))
    return found
