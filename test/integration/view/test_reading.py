# SPDX-License-Identifier: Apache-2.0
"""The page can be read and operated: on a phone, in the dark, with the keyboard alone."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from harness.browsing import PHONE, Page
from harness.peer import wait_until
from harness.seen import start_view


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
