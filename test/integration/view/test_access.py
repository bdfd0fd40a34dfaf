# SPDX-License-Identifier: Apache-2.0
"""Where the page is served, and to whom."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from harness.seen import start_view


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
