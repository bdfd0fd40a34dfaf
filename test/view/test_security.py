# SPDX-License-Identifier: Apache-2.0
"""What foreigners, other pages and those who mean harm get: an answer that is short, or none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import ClientSession, WSServerHandshakeError

from unet_perception.view.gate import Patience
from unet_perception.view.site import HEADERS

TOKEN = "correct-horse-battery"
PATHS = ("/", "/api/state", "/metrics", "/snapshot/camera/mask.png", "/ws", "/page/main.js")


@pytest.fixture
def guarded(start: Callable[..., Any]) -> Any:
    """A server with a token, as one that others can reach must have."""
    from unet_perception.view.access import Access

    site = start(access=Access("127.0.0.1", TOKEN))
    site.tell()
    return site


@pytest.mark.parametrize("path", PATHS[1:])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Cookie": f"unet_perception={TOKEN}"},
    ],
)
def test_without_the_token_there_is_nothing(
    guarded: Any, path: str, headers: dict[str, str]
) -> None:
    for asked in (path, f"{path}?token=wrong", f"{path}?token="):
        answer = guarded.get(asked, **headers)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert len(answer.body) < 100


def test_the_token_opens_as_bearer_and_in_the_address(guarded: Any) -> None:
    for path in PATHS[1:3]:
        assert guarded.get(path, Authorization=f"Bearer {TOKEN}").status == 200
        assert guarded.get(f"{path}?token={TOKEN}").status == 200


def test_a_browser_shows_it_once_and_keeps_a_cookie(guarded: Any) -> None:
    asked = guarded.get("/")
    assert (asked.status, asked.headers["Location"]) == (303, "/page/login.html")
    assert guarded.get("/?token=wrong").headers["Location"] == "/page/login.html?wrong"
    for name in ("login.html", "login.js", "style.css"):
        assert guarded.get(f"/page/{name}").status == 200
    shown = guarded.get(f"/?token={TOKEN}")
    assert (shown.status, shown.headers["Location"]) == (303, "/")
    kept = shown.headers["Set-Cookie"]
    assert "HttpOnly" in kept
    assert "SameSite=Lax" in kept
    assert TOKEN not in kept
    cookie = kept.partition(";")[0]
    for path in ("/", "/api/state", "/page/main.js"):
        assert guarded.get(path, Cookie=cookie).status == 200
    assert guarded.get("/api/state", Cookie=cookie[:-1] + "x").status == 401


def test_health_is_open_and_tells_nothing(guarded: Any) -> None:
    assert guarded.get("/healthz").body == b"ok\n"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.9", ""])
def test_a_foreign_name_gets_nothing(site: Any, path: str, host: str) -> None:
    answer = site.get(path, Host=host)
    assert answer.status in (400, 421)
    assert len(answer.body) < 200


@pytest.mark.parametrize("headers", [b"", b"Host: localhost\r\nHost: evil.example\r\n"])
def test_no_host_or_two_get_nothing(site: Any, headers: bytes) -> None:
    answer = site.raw(b"GET /api/state HTTP/1.1\r\n" + headers + b"\r\n")
    assert answer.split()[1] in (b"400", b"421")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_a_foreign_page_gets_nothing(site: Any, path: str, origin: str) -> None:
    assert site.get(path, Origin=origin).status == 403
    assert site.get(path, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors").status == 403


def test_a_foreign_pages_websocket_is_refused_and_ones_own_is_not(site: Any) -> None:
    async def look() -> None:
        async with ClientSession() as session:
            for origin in ("http://evil.example", f"http://localhost:{site.port}"):
                with pytest.raises(WSServerHandshakeError) as refused:
                    await session.ws_connect(f"http://{site.host}/ws", headers={"Origin": origin})
                assert refused.value.status == 403
            own = {"Origin": f"http://{site.host}"}
            async with session.ws_connect(f"http://{site.host}/ws", headers=own) as socket_:
                assert json.loads((await socket_.receive(10.0)).data)["is_there"]

    asyncio.run(look())


@pytest.mark.parametrize(
    "path",
    [
        *("/../../../etc/passwd", "/page/../state.py", "/page/..%2f..%2fstate.py", "//etc/passwd"),
        *("/page/%2e%2e/state.py", "/page/....//state.py", "/page/main.js%00.png", "/page/"),
        *("/page", "/page/\\..\\state.py", "/page/%c0%ae%c0%ae/x", "/state.py", "/page/Main.js"),
        *("/snapshot/../page/main.js", "/snapshot/..%2f..%2fetc%2fpasswd/mask.png", "/api"),
        *("/snapshot/%2e%2e/mask.png", "/snapshot/camera/../../etc/passwd.png"),
        "/snapshot/camera/mask%2f..%2fpicture.png",
    ],
)
def test_no_path_leads_to_another_file(site: Any, path: str) -> None:
    asked = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = site.raw(asked.encode())
    assert answer.split()[1] in (b"404", b"400")
    assert b"root:" not in answer
    assert b"SPDX" not in answer


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"])
def test_there_is_only_something_to_get(site: Any, method: str) -> None:
    assert site.get("/", method=method).status in (400, 405)


@pytest.mark.parametrize("headers", [{}, {"Transfer_Encoding": "chunked"}])
def test_bodies_are_refused_unread(site: Any, headers: dict[str, str]) -> None:
    body = b"5\r\nhello\r\n0\r\n\r\n" if headers else b"hello"
    answer = site.get("/api/state", body=body, **headers)
    assert answer.status == 413
    assert answer.headers["Connection"] == "close"


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(
            b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", id="line"
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", id="field"
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 50_000 + b"\r\n", id="fields"
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", id="body"
        ),
        pytest.param(b"GET /\xe4\x07 HTTP/1.1\r\nHost: localhost\r\n\r\n", id="address"),
        pytest.param(b"\x16\x03\x01\x02\x00" + bytes(500), id="tls"),
        pytest.param(b"\r\n" * 10_000 + b"\x00" * 1000, id="noise"),
    ],
)
def test_what_is_too_large_or_no_http_is_refused(
    start: Callable[..., Any], request_: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    site = start(patience=Patience(request_s=1.0))
    site.tell()
    answer = site.raw(request_)
    assert answer == b"" or answer.split()[1] in (b"400", b"413", b"431")
    assert len(answer) < 10_000
    assert site.get("/healthz").status == 200
    assert caplog.records == [], "strangers fill the log"


@pytest.mark.parametrize(
    ("version", "socket_version", "status"),
    [("2.0", "13", 505), ("0.9", "13", 505), ("1.1", "99", 400), ("1.1", "x", 400)],
)
def test_another_version_of_http_or_of_websockets_is_refused(
    site: Any, version: str, socket_version: str, status: int
) -> None:
    asked = (
        f"GET /ws HTTP/{version}\r\nHost: {site.host}\r\nConnection: Upgrade, close\r\n"
        f"Upgrade: websocket\r\nSec-WebSocket-Version: {socket_version}\r\n"
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
    )
    answer = site.raw(asked.encode())
    assert int(answer.split()[1]) == status
    assert site.get("/healthz").status == 200


def test_every_answer_carries_the_rules(site: Any) -> None:
    for answer in (site.get("/"), site.get("/nothing"), site.get("/", Host="evil.example")):
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    assert site.get("/api/state").headers["Cache-Control"] == "no-store"
