# SPDX-License-Identifier: Apache-2.0
"""Pictures to keep are those that were seen."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from page_viewer import browser, until

from unet_perception.imaging import overlay
from unet_perception.labels import load_label_set
from unet_perception.view.exchange import KEPT

PALETTE = load_label_set("carla-0.8").palette


def image(answer: Any) -> np.ndarray:
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "image/png"
    pixels = cv2.imdecode(np.frombuffer(answer.body, np.uint8), cv2.IMREAD_UNCHANGED)
    return pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


def next_snapshot(site: Any, path: str, pair: Any) -> Any:
    """The answer to a request that waits for a pair."""
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(site.get(path)))
    asking.start()
    site.wait_until(lambda: site.server.is_hungry("camera"), "somebody waits")
    site.put(pair)
    asking.join()
    return answers[0]


def test_without_a_viewer_the_next_pair_is_waited_for(site: Any) -> None:
    pair = site.pair()
    answer = next_snapshot(site, "/snapshot/camera/mask.png", pair)
    np.testing.assert_array_equal(image(answer), pair.ids)
    assert answer.headers["X-Stamp"] == str(pair.stamp)
    site.wait_until(lambda: "camera" not in site.server.wanted, "the camera is left alone again")


def test_picture_and_mask_are_exact(site: Any) -> None:
    pair = site.pair()
    answer = next_snapshot(site, "/snapshot/camera/picture.png", pair)
    np.testing.assert_array_equal(image(answer), pair.picture.frame.pixels)


def test_the_overlay_is_drawn_as_it_is_asked_for(site: Any) -> None:
    pair = site.pair()
    path = "/snapshot/camera/overlay.png?opacity=0.25&classes=7,1"
    drawn = image(next_snapshot(site, path, pair))
    everything = overlay(pair.picture.frame, pair.ids, PALETTE, 0.25)
    chosen = np.isin(pair.ids, (1, 7))
    np.testing.assert_array_equal(drawn[chosen], everything[chosen])
    np.testing.assert_array_equal(drawn[~chosen], pair.picture.frame.pixels[~chosen])


def test_what_a_viewer_has_shown_last_can_be_had_for_as_long_as_it_looks(site: Any) -> None:
    async def look() -> int:
        async with browser(site, "camera") as viewer, browser(site, "camera") as other:
            pair = site.put()
            await viewer.picture()
            await other.picture()
            await viewer.say(shown=["camera", pair.number])
            await viewer.say(pause=True)
            for _ in range(KEPT + 2):
                number = site.put().number
                await other.picture()
                await other.say(shown=["camera", number])
                await until(lambda: site.server.is_hungry("camera"))
            path = f"/snapshot/camera/mask.png?number={pair.number}"
            answer = await asyncio.to_thread(site.get, path)
            np.testing.assert_array_equal(image(answer), pair.ids)
            picture = await asyncio.to_thread(site.get, path.replace("mask", "picture"))
            assert image(picture).shape == (60, 80, 3)
            return pair.number

    number = asyncio.run(look())
    site.wait_until(
        lambda: site.get(f"/snapshot/camera/mask.png?number={number}").status == 410, "it is gone"
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/snapshot/rear/mask.png", 404),
        ("/snapshot/camera/depth.png", 404),
        ("/snapshot/camera/mask.jpg", 404),
        ("/snapshot/camera/mask.png?number=99", 410),
        ("/snapshot/camera/mask.png?number=x", 400),
        ("/snapshot/camera/overlay.png?opacity=2", 400),
        ("/snapshot/camera/overlay.png?opacity=nan", 400),
        ("/snapshot/camera/overlay.png?classes=256", 400),
        ("/snapshot/camera/overlay.png?classes=a", 400),
    ],
)
def test_what_cannot_be_had_is_refused(site: Any, path: str, status: int) -> None:
    assert site.get(path).status == status


def test_a_camera_of_which_nothing_comes_is_not_waited_for_long(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unet_perception.view.routes.FIRST_PAIR_S", 0.2)
    site = start()
    site.tell()
    assert site.get("/snapshot/camera/mask.png").status == 503
