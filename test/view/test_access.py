# SPDX-License-Identifier: Apache-2.0
"""Who is let in."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.errors import ConfigError
from unet_perception.view.access import MIN_TOKEN, TOKEN_VARIABLE, Access

TOKEN = "0123456789abcdef"
LOCAL = Access("127.0.0.1")
WIDE = Access("0.0.0.0", TOKEN, ("Car.example.org",))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_the_loopback_needs_no_token(host: str) -> None:
    assert Access(host).token == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "car.example.org", "8.8.8.8"])
def test_other_addresses_need_one(host: str) -> None:
    with pytest.raises(ConfigError, match=rf"{TOKEN_VARIABLE}.*openssl.*ssh -L"):
        Access(host)
    assert Access(host, TOKEN).token == TOKEN


def test_a_short_token_is_refused() -> None:
    with pytest.raises(ConfigError, match=f"it must have {MIN_TOKEN}"):
        Access("127.0.0.1", "secret")


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST:1"]
)
def test_the_loopback_is_asked_for_by_its_names(host: str) -> None:
    assert LOCAL.knows_host(host)
    assert WIDE.knows_host(host)


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8080", ""),
        *("127.0.0.1@evil.example", "evil.example#localhost", "[::1", "localhost:8080:1", "a b"),
        *("localhost/", "localhost\\evil", "[evil.example]", "car.example.org", "192.168.1.4"),
    ],
)
def test_on_the_loopback_other_names_are_foreign(host: str) -> None:
    assert not LOCAL.knows_host(host)


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("192.168.1.4:8080", True),
        ("[2001:db8::1]:8080", True),
        ("car.example.org", True),
        ("CAR.example.org:443", True),
        (f"{socket.gethostname()}:8080", True),
        ("evil.example", False),
        ("car.example.org.evil.example", False),
    ],
)
def test_beyond_it_addresses_and_given_names_are_known(host: str, known: bool) -> None:
    assert WIDE.knows_host(host) == known


@given(st.text(max_size=40))
def test_no_host_is_too_odd_to_be_looked_at(host: str) -> None:
    for access in (LOCAL, WIDE):
        if access.knows_host(host):
            assert host.strip("[]").isascii()


HOST = {"Host": "localhost:8080"}


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, True),
        ({"Origin": "http://localhost:8080"}, True),
        ({"Origin": "https://localhost:8080"}, True),
        ({"Origin": "http://localhost:8081"}, False),
        ({"Origin": "http://127.0.0.1:8080"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Origin": "file://localhost:8080"}, False),
        ({"Origin": "http://localhost:8080@evil.example"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, False),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, False),
        (
            {
                "Sec-Fetch-Site": "cross-site",
                "Sec-Fetch-Mode": "navigate",
                "Sec-Fetch-Dest": "document",
            },
            True,
        ),
        (
            {
                "Sec-Fetch-Site": "cross-site",
                "Sec-Fetch-Mode": "navigate",
                "Sec-Fetch-Dest": "iframe",
            },
            False,
        ),
    ],
)
def test_other_pages_may_link_and_nothing_else(headers: dict[str, str], own: bool) -> None:
    assert LOCAL.is_own_page({**HOST, **headers}) == own


@given(st.text(max_size=40))
def test_only_the_token_is_the_token(given_: str) -> None:
    assert WIDE.admits(given_) == (given_ == TOKEN)
    assert not WIDE.admits_cookie(given_)


def test_what_a_browser_keeps_is_not_the_token() -> None:
    assert WIDE.admits_cookie(WIDE.cookie)
    assert TOKEN not in WIDE.cookie
    assert not Access("0.0.0.0", TOKEN[::-1]).admits_cookie(WIDE.cookie)


@pytest.mark.parametrize(
    ("given_", "admitted"),
    [
        (f"Bearer {TOKEN}", True),
        (f"Bearer  {TOKEN} ", True),
        (f"Basic {TOKEN}", False),
        (TOKEN, False),
        ("Bearer", False),
        ("Bearer \udcff", False),
    ],
)
def test_bearers_are_admitted(given_: str, admitted: bool) -> None:
    assert WIDE.admits_headers({"Authorization": given_}) == admitted


def test_without_authorization_nobody_is() -> None:
    assert not WIDE.admits_headers({})


def test_no_log_can_show_the_token() -> None:
    assert TOKEN not in f"{WIDE} {WIDE!r}"
