# SPDX-License-Identifier: Apache-2.0
"""A node whose shared-memory port the middleware has torn starts again by itself."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from harness.peer import NodeProcess, wait_until
from harness.stream import Stream

from unet_perception.ros.transport.shared_memory import SHARED_MEMORY, read_by
from unet_perception.ros.transport.torn_ports import SAID


def ports_of(node: NodeProcess) -> set[Path]:
    return {SHARED_MEMORY / name for name in read_by(node.popen.pid)}


def whole(node: NodeProcess) -> bool:
    ports = ports_of(node)
    return bool(ports) and all(port.exists() for port in ports)


def test_it_hears_again_and_is_the_same_process(peer: Any, model: Path, camera: Any) -> None:
    node = peer.perception(model)
    with Stream(peer, camera) as stream:
        stream.wait_for_new()
        torn = ports_of(node)
        handles = len(os.listdir(f"/proc/{node.popen.pid}/fd"))
        assert torn
        for port in torn:
            port.unlink()
        node.wait_for_output(f"perception: {SAID}")
        wait_until(lambda: whole(node), "ports of its new life")
        stream.wait_for_new(timeout=60.0)
        assert node.popen.poll() is None
        assert len(os.listdir(f"/proc/{node.popen.pid}/fd")) <= handles + 5
    stream.check()
    assert node.output.count(SAID) == 1
    node.send(signal.SIGTERM)
    assert node.wait() == 0
