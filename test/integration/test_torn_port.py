# SPDX-License-Identifier: Apache-2.0
"""A node whose shared-memory port the middleware has torn starts again by itself."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.peer import NodeProcess, wait_until
from harness.stream import Stream

from unet_perception.nodes.torn_ports import SAID
from unet_perception.shared_memory import LOCK_SUFFIX, PORT, SHARED_MEMORY


def ports_of(node: NodeProcess) -> set[Path]:
    """Return the ports that a process reads."""
    found = set()
    for handle in Path(f"/proc/{node.popen.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # Closed by now.
            name, lock, _ = os.readlink(handle).rpartition("/")[2].partition(LOCK_SUFFIX)
            if lock and PORT.fullmatch(name):
                found.add(SHARED_MEMORY / name)
    return found


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
        # Its new life's outputs are there, and have all that is sent from now on.
        wait_until(lambda: all(port.exists() for port in ports_of(node) or [Path()]), "ports")
        stream.wait_for_new(timeout=60.0)
        assert node.popen.poll() is None
        assert len(os.listdir(f"/proc/{node.popen.pid}/fd")) <= handles + 5
    stream.check()
    assert node.output.count(SAID) == 1
    node.send(signal.SIGTERM)
    assert node.wait() == 0
