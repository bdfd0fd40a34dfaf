# SPDX-License-Identifier: Apache-2.0
"""Pictures to many browsers at once, over real connections."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiohttp import WSServerHandshakeError
from page_viewer import browser, until

from unet_perception.view.interest import STATUS
from unet_perception.view.viewer import MOST_UNDER_WAY


def test_a_picture_goes_to_all_from_one_encode(site: Any) -> None:
    async def look() -> None:
        async with browser(site, "camera") as one, browser(site, "camera") as other:
            pair = site.put()
            for viewer in (one, other):
                head, _, ids = await viewer.picture()
                assert (head["camera"], head["stamp"]) == ("camera", str(pair.stamp))
                np.testing.assert_array_equal(ids, pair.ids)

    asyncio.run(look())


def test_nothing_is_wanted_while_nobody_looks(site: Any) -> None:
    assert site.server.wanted == frozenset()

    async def look() -> None:
        async with browser(site, "camera") as viewer:
            assert site.server.wanted == {STATUS, "camera"}
            await viewer.say(look=[])
            await until(lambda: site.server.wanted == {STATUS})
            await viewer.say(look=["camera"])
            await until(lambda: site.server.wanted == {STATUS, "camera"})
        assert site.server.wanted == {STATUS, "camera"}  # It lingers: the page may come back.
        await until(lambda: site.server.wanted == frozenset())

    asyncio.run(look())
    assert site.changes >= 4
    assert not site.server.is_hungry("camera")


def test_a_browser_that_shows_nothing_is_sent_nothing_more(site: Any) -> None:
    async def look() -> None:
        async with browser(site, "camera") as slow, browser(site, "camera") as quick:
            numbers = []
            for _ in range(10):
                pair = site.put()
                head, _, _ = await quick.picture()
                assert head["number"] == pair.number
                await quick.say(shown=["camera", head["number"]])
                numbers.append(head["number"])
                await until(lambda: site.server.is_hungry("camera"))
            for expected in numbers[:MOST_UNDER_WAY]:
                assert (await slow.picture())[0]["number"] == expected
            # It says that it has shown one: the newest is next, not the third.
            await slow.say(shown=["camera", numbers[0]])
            assert (await slow.picture())[0]["number"] == numbers[-1]

    asyncio.run(look())


def test_nothing_is_encoded_for_those_who_are_too_slow(site: Any) -> None:
    async def look() -> None:
        async with browser(site, "camera") as slow:
            for _ in range(MOST_UNDER_WAY):
                site.put()
                head, _, _ = await slow.picture()
            assert not site.server.is_hungry("camera")
            await slow.say(shown=["camera", head["number"]])
            await until(lambda: site.server.is_hungry("camera"))

    asyncio.run(look())


def test_a_pause_costs_nothing_and_ends(site: Any) -> None:
    async def look() -> None:
        async with browser(site, "camera") as viewer:
            site.put()
            await viewer.picture()
            await viewer.say(pause=True)
            await until(lambda: not site.server.is_hungry("camera"))
            site.put()
            await viewer.say(pause=False)
            await until(lambda: site.server.is_hungry("camera"))
            last = site.put()
            assert (await viewer.picture())[0]["number"] == last.number

    asyncio.run(look())


def test_each_sees_the_cameras_that_it_asked_for(site: Any) -> None:
    site.tell("front", "rear")

    async def look() -> None:
        async with browser(site, "front") as one, browser(site, "front", "rear") as both:
            site.put(site.pair("rear"))
            site.put(site.pair("front"))
            assert {(await both.picture())[0]["camera"] for _ in "12"} == {"front", "rear"}
            assert (await one.picture())[0]["camera"] == "front"

    asyncio.run(look())


def test_the_state_comes_at_once_and_then_every_second(site: Any) -> None:
    async def look() -> None:
        async with browser(site) as viewer:
            first = await viewer.state()
            assert first["cameras"][0]["rate_hz"] == 20.0
            assert (first["viewers"], first["most_viewers"]) == (1, 16)
            assert (await viewer.state())["node"] == "/perception"

    asyncio.run(look())


def test_there_is_room_for_so_many(start: Callable[..., Any]) -> None:
    site = start(most_viewers=2)
    site.tell()

    async def look() -> None:
        async with browser(site), browser(site):
            with pytest.raises(WSServerHandshakeError) as refused:
                async with browser(site):
                    pass
            assert refused.value.status == 503
        await until(lambda: site.server.wanted == frozenset())
        async with browser(site) as viewer:
            await viewer.state()

    asyncio.run(look())


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "look",
            "[]",
            "{",
            '{"look": "camera"}',
            '{"look": [1]}',
            '{"look": [""]}',
            '{"pause": 1}',
        ),
        *('{"shown": ["camera"]}', '{"shown": [1, 2]}', '{"shown": ["camera", true]}'),
        *('{"shown": ["camera", 1.5]}', '{"format": "disk"}'),
        pytest.param('{"look": ' + "[" * 1000, id="deep"),
        pytest.param(json.dumps({"look": ["camera"] * 17}), id="many"),
    ],
)
def test_what_is_not_understood_ends_the_connection(site: Any, text: str) -> None:
    async def look() -> None:
        async with browser(site) as viewer:
            await viewer.socket.send_str(text)
            assert await viewer.closing() == 1008

    asyncio.run(look())


def test_a_camera_may_come_later_than_those_who_want_to_see_it(site: Any) -> None:
    async def look() -> None:
        async with browser(site, "rear") as viewer:
            await viewer.say(shown=["rear", 10**30])
            assert "rear" not in [camera["name"] for camera in (await viewer.state())["cameras"]]
            site.tell("rear")
            site.put(site.pair("rear"))
            assert (await viewer.picture())[0]["camera"] == "rear"

    asyncio.run(look())


def test_the_end_is_told(start: Callable[..., Any]) -> None:
    site = start()
    site.tell()

    async def look() -> None:
        async with browser(site) as viewer:
            await viewer.state()
            site.server.close()
            assert await viewer.closing() == 1001

    asyncio.run(look())


def test_a_server_may_be_closed_before_it_has_begun() -> None:
    from unet_perception.view.access import Access
    from unet_perception.view.server import ServerOptions, ViewServer
    from unet_perception.view.state import Board

    server = ViewServer(ServerOptions(0, Access("127.0.0.1")), Board("/p"), lambda: None)
    server.close()
    server.run()


def test_the_page_and_its_files_are_there(site: Any) -> None:
    page = site.get("/")
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"/page/main.js" in page.body
    script = site.get("/page/main.js")
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    again = site.get("/page/main.js", If_None_Match=script.headers["Etag"])
    assert (again.status, again.body) == (304, b"")
    assert site.get("/page/style.css", method="HEAD").body == b""


def test_nothing_of_the_page_comes_from_elsewhere(repo: Any) -> None:
    for path in (repo / "unet_perception/view/page").iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        for word in ("http:", "https:", "//cdn", "innerHTML", "eval(", " style=", "onclick="):
            assert word not in text.replace('"https:"', ""), (path.name, word)


def test_state_metrics_and_health(site: Any) -> None:
    assert json.loads(site.get("/api/state").body)["cameras"][0]["message"] == "segmenting"
    metrics = site.get("/metrics")
    assert metrics.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert b'unet_perception_rate_hertz{camera="camera"} 20\n' in metrics.body
    assert site.get("/healthz").body == b"ok\n"
    # Whoever asks for the state again soon finds it told.
    assert site.server.wanted == {STATUS}


def test_the_state_of_a_node_that_is_not_there_comes_too(start: Callable[..., Any]) -> None:
    assert json.loads(start().get("/api/state").body)["is_there"] is False
