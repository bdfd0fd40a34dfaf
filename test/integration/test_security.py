# SPDX-License-Identifier: Apache-2.0
"""A whole system with its defaults: who can reach it, and what DDS security would let it do."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import re
import sys
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from harness.peer import ENGINE, NodeProcess, wait_until

from unet_perception.bringup.arguments import read_arguments, text
from unet_perception.bringup.systems import CARLA_SYSTEM, carla_system
from unet_perception.demo.processes import ProcessGroup
from unet_perception.demo.stack import free_port
from unet_perception.view.state import ONLY_CAMERA

LISTENING = "0A"
KEY_FILES = (
    *("identity_ca.cert.pem", "permissions_ca.cert.pem", "cert.pem", "key.pem"),
    *("governance.p7s", "permissions.p7s"),
)
"""What ROS looks for in the folder of an enclave."""

Endpoints = dict[tuple[str, str], set[str]]
"""Names by node and by what it does with them: publish, subscribe or reply."""


@pytest.fixture
def group(domain: int, tmp_path: Path) -> Iterator[ProcessGroup]:
    (tmp_path / "logs").mkdir()
    own = {"ROS_DOMAIN_ID": str(domain), "XDG_STATE_HOME": str(tmp_path / "state")}
    with ProcessGroup(tmp_path / "logs", {**os.environ, **own}) as result:
        yield result


@pytest.fixture
def watch() -> Iterator[Callable[[int], None]]:
    """Looks at a live page until the test ends, as a browser does."""
    pytest.importorskip("aiohttp", reason="aiohttp is not installed")
    from aiohttp import ClientError, ClientSession

    ended = threading.Event()
    threads: list[threading.Thread] = []

    async def look(port: int) -> None:
        while not ended.is_set():
            try:
                async with (
                    ClientSession() as session,
                    session.ws_connect(f"http://127.0.0.1:{port}/ws") as socket,
                ):
                    await socket.send_str(json.dumps({"look": [ONLY_CAMERA]}))
                    while not ended.is_set():
                        await socket.receive(60)
            except ClientError:
                await asyncio.sleep(0.2)  # It does not listen yet.

    def start(port: int) -> None:
        threads.append(threading.Thread(target=lambda: asyncio.run(look(port))))
        threads[-1].start()

    yield start
    ended.set()
    for thread in threads:
        thread.join()


def listening(pid: int) -> list[tuple[str, int]]:
    """Addresses and ports at which a process takes TCP connections, as the kernel has them."""
    own = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            own.add(os.readlink(handle))
        except FileNotFoundError:
            continue  # Closed meanwhile.
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == LISTENING and f"socket:[{words[9]}]" in own:
                address, _, port = words[1].partition(":")
                found.append((readable(address), int(port, 16)))
    return found


def readable(address: str) -> str:
    """An address of /proc/net, whose words of 4 bytes are the machine's own."""
    words = [
        int(address[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(address), 8)
    ]
    return str(ipaddress.ip_address(b"".join(words)))


def test_a_service_that_others_can_reach_would_be_seen() -> None:
    import socket

    for host in ("127.0.0.1", "0.0.0.0", "::1", "::"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as server:
            server.bind((host, 0))
            server.listen()
            assert (host, server.getsockname()[1]) in listening(os.getpid())


def policy(repo: Path) -> tuple[Endpoints, set[str]]:
    """What config/sros2_policy.xml allows, and the names of its nodes."""
    allowed: Endpoints = {}
    (enclave,) = ET.parse(repo / "config" / "sros2_policy.xml").getroot().iter("enclave")
    for profile in enclave.iter("profile"):
        node = profile.attrib["node"]
        assert profile.attrib["ns"] == "/"
        for group in profile:
            ((what, rule),) = group.attrib.items()
            assert rule == "ALLOW"
            names = {re.sub("^~", f"/{node}", str(each.text)) for each in group}
            assert (node, what) not in allowed
            allowed[node, what] = names
    return allowed, {node for node, _ in allowed}


def endpoints(node: Any, names: set[str]) -> Endpoints:
    """What the running nodes have."""
    asked = {
        "publish": node.get_publisher_names_and_types_by_node,
        "subscribe": node.get_subscriber_names_and_types_by_node,
        "reply": node.get_service_names_and_types_by_node,
        "request": node.get_client_names_and_types_by_node,
    }
    found: Endpoints = {}
    for name, space in node.get_node_names_and_namespaces():
        if name in names and space == "/":
            for what, ask in asked.items():
                has = {topic for topic, _ in ask(name, space)}
                if has:
                    found[name, what] = has
    return found


@pytest.mark.skipif(not find_spec("carla"), reason="CARLA's client is not installed")
def test_a_system_with_its_defaults(
    peer: Any, group: ProcessGroup, watch: Any, model: Path, repo: Path, tmp_path: Path
) -> None:
    page = free_port()
    given = {
        "source": "playback",
        "port": str(free_port()),
        "fixed_delta_seconds": "0.1",
        "model": str(model),
        "engine": ENGINE["engine"],
        "view": "web",
        "view_port": str(page),
        "use_sim_time": "true",
        "record": str(tmp_path / "recorded"),
    }
    texts = {option.name: text(option.default) for option in CARLA_SYSTEM}
    system = carla_system(read_arguments(CARLA_SYSTEM, {**texts, **given}), {})
    pids = {part.name: group.start(part.name, part.python_arguments()) for part in system.parts}
    watch(page)
    allowed, nodes = policy(repo)
    seen: Endpoints = {}

    def all_is_there() -> bool:
        group.check()
        seen.clear()
        seen.update(endpoints(peer.node, nodes))
        return all(names <= seen.get(key, set()) for key, names in allowed.items())

    try:
        wait_until(all_is_there, "all that the policy allows")
    finally:
        # Nothing is allowed that is not there, and nothing is there that is not allowed.
        assert seen == allowed

    # DDS itself has no connections, but datagrams: who may speak is what the policy is for.
    reachable = {name: listening(pid) for name, pid in pids.items()}
    assert ("127.0.0.1", page) in reachable.pop("live_view")[:1]
    assert {host for host, _ in reachable.pop("playback")} == {"127.0.0.1"}
    assert not any(reachable.values()), reachable


@pytest.fixture
def secured(
    domain: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], NodeProcess]]:
    """Starts a node in an enclave of ``tmp_path / "keystore"``, security enforced."""
    monkeypatch.setenv("ROS_SECURITY_ENABLE", "true")
    monkeypatch.setenv("ROS_SECURITY_STRATEGY", "Enforce")
    monkeypatch.setenv("ROS_SECURITY_KEYSTORE", str(tmp_path / "keystore"))
    started: list[NodeProcess] = []

    def start() -> NodeProcess:
        arguments = ["--ros-args", "--enclave", "/unet_perception"]
        started.append(NodeProcess("camera_source", arguments, domain, tmp_path / "log"))
        return started[-1]

    yield start
    for each in started:
        each.popen.terminate()
        each.end()


@pytest.mark.parametrize("files", [(), KEY_FILES], ids=["no keys", "no keys in their files"])
def test_a_node_that_cannot_be_secured_does_not_start(
    secured: Callable[[], NodeProcess], tmp_path: Path, files: tuple[str, ...]
) -> None:
    """Also where the middleware was built without security, as the wheels are."""
    enclave = tmp_path / "keystore" / "enclaves" / "unet_perception"
    for name in files:
        enclave.mkdir(parents=True, exist_ok=True)
        (enclave / name).write_text("none")
    started = secured()
    assert started.wait() == 1, started.output
    assert "camera_source: cannot start: ROS refused to start: " in started.output
    assert "Traceback" not in started.output
    assert bool(files) or str(enclave) in started.output
