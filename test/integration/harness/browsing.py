# SPDX-License-Identifier: Apache-2.0
"""A real Chromium, where one is installed."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness.peer import wait_until

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
LARGE = {"width": 1360, "height": 900}
PHONE = {"width": 390, "height": 844}


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; the test is skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium is installed (apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Page:
    """One window; it must not complain."""

    def __init__(self, browser: Any, address: str, **settings: Any) -> None:
        self._context = browser.new_context(**{"viewport": LARGE, **settings})
        self.page = self._context.new_page()
        self.page.set_default_timeout(20_000)
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._on_request(request.url, address))
        self.page.goto(address)

    def _on_console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _on_request(self, url: str, address: str) -> None:
        if not url.startswith((address, address.replace("http", "ws", 1), "blob:")):
            self.foreign.append(url)

    def close(self) -> None:
        self._context.close()

    @property
    def stamp(self) -> int:
        """Stamp of the frame that is shown; 0 before the first."""
        script = "document.querySelector('canvas[data-stamp]')?.dataset.stamp ?? '0'"
        return int(self.page.evaluate(script))

    @property
    def masked(self) -> bool:
        """Whether the frame that is shown has its mask."""
        script = "document.querySelector('canvas[data-masked]')?.dataset.masked === 'true'"
        return bool(self.page.evaluate(script))

    def freeze(self) -> Any:
        """Pause at a picture with its mask; return the stamp of the frame that is shown."""

        def frozen() -> int:
            # Going on until then: a page that is paused again at once never gets the next picture.
            wait_until(lambda: self.masked, "a picture with its mask")
            self.page.click("#pause")
            if self.masked:
                return self.stamp
            self.page.click("#pause")  # The next picture came in between, without its mask.
            return 0

        return wait_until(frozen, "a pause at a picture with its mask")

    def wait_for(self, expression: str) -> None:
        """Wait until JavaScript is true; the page itself may not evaluate texts."""
        wait_until(lambda: self.page.evaluate(expression), expression, 20.0)

    def image(self) -> Any:
        """What the picture's canvas shows, uint8 ``(H, W, 3)``."""
        script = """() => {
            const shown = document.querySelector('figure canvas');
            const copy = new OffscreenCanvas(shown.width, shown.height);
            const context = copy.getContext('2d', { willReadFrequently: true });
            context.drawImage(shown, 0, 0);
            const { data } = context.getImageData(0, 0, copy.width, copy.height);
            let text = '';
            for (let i = 0; i < data.length; i += 8192)
                text += String.fromCharCode(...data.subarray(i, i + 8192));
            return [copy.width, copy.height, btoa(text)];
        }"""
        width, height, text = self.page.evaluate(script)
        data = np.frombuffer(base64.b64decode(text), np.uint8)
        return data.reshape(height, width, 4)[..., :3]

    def point(self, x: float, y: float) -> str:
        """Move the pointer to a place of the picture, from 0 to 1; return what is told."""
        box = self.page.locator("figure canvas").bounding_box()
        self.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        return self.page.inner_text("#pointed")

    def save(self, kind: str, folder: Path) -> Path:
        """Press a snapshot button; return the file."""
        with self.page.expect_download() as downloading:
            self.page.click(f"#snapshots [data-kind={kind}]")
        download = downloading.value
        path = folder / download.suggested_filename
        download.save_as(path)
        return path


def numbers(told: str) -> list[int] | None:
    """Class, column and row of what is told at the pointer."""
    found = [int(number) for number in re.findall(r"\d+", told)]
    return found if len(found) == 3 else None
