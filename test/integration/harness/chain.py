# SPDX-License-Identifier: Apache-2.0
"""Everything at once: playback server, bridge, perception, live page, and who looks at it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
from carla_server import CarlaServer
from diagnostic_msgs.msg import DiagnosticArray
from harness.camera import pixels
from harness.page_watcher import PageWatcher
from harness.peer import Peer, wait_until
from harness.seen import start_view
from harness.topics import RGB, SEMANTIC, nanoseconds
from left_behind import LeftBehind
from sensor_msgs.msg import Image

from unet_perception.imaging import Frame

CAMERAS = """
cameras:
  rgb_front: {type: rgb, width: 80, height: 60}
  semantic_segmentation_front: {type: semantic_segmentation, width: 80, height: 60}
"""
LEAST_COMPARED = 0.8
"""Share of the masks whose picture has reached the test as well."""


class Chain:
    """Four processes. Each picture of the server is unlike the others; its ids are its number.

    Attributes:
        peer: The test's own node.
        server: The playback server.
        nodes: The other processes: ``carla_bridge``, ``perception``, ``live_view``.
        left: Watches what they leave behind; they have to be started with its environment.
    """

    def __init__(self, folder: Path, domain: int, data: Path, model: Path, segmenter: Any) -> None:
        self.peer = Peer(domain, folder)
        self.left = LeftBehind(folder)
        self._folder, self._data, self._model = folder, data, model
        self._segmenter = segmenter
        self._pictures = self.peer.subscribe(Image, f"{RGB}/image")
        self._ids = self.peer.subscribe(Image, f"{SEMANTIC}/image")
        self._masks = self.peer.subscribe(Image, "/perception/mask")
        self.states = self.peer.subscribe(DiagnosticArray, "/diagnostics")
        self._cameras = folder / "cameras.yaml"
        self._cameras.write_text(CAMERAS)
        self.nodes: dict[str, Any] = {}
        self._watcher: PageWatcher | None = None

    def start(self) -> None:
        """Start everything that does not run, and wait until masks are on the page."""
        if self.nodes:
            return
        self.server = CarlaServer(self._folder, "--data", str(self._data))
        flags = {"port": self.server.port, "timeout": 4.0, "cameras": self._cameras}
        arguments = [x for key, value in flags.items() for x in ("-p", f"{key}:={value}")]
        bridge = self.peer.start("carla_bridge", "--ros-args", *arguments)
        # By default it lets everybody else have the processor first, this machine's other work too.
        view, address = start_view(self.peer, nice=0)
        perception = self.peer.perception(self._model, input_image_topic=f"{RGB}/image")
        self.nodes = {"carla_bridge": bridge, "perception": perception, "live_view": view}
        self._watcher = PageWatcher(address)
        self.wait_for_new(60.0)

    def stop(self) -> dict[str, int]:
        """End everything with SIGTERM; return the exit codes."""
        codes = {name: node.stop() for name, node in self.nodes.items()}
        self.nodes = {}
        self._watcher.close()
        self._watcher = None
        return codes

    def close(self) -> None:
        """End whatever still runs."""
        if self._watcher is not None:
            self._watcher.close()
        self.peer.close()
        self.server.kill()

    @property
    def pids(self) -> dict[str, int]:
        """All processes by name."""
        pids = {name: node.popen.pid for name, node in self.nodes.items()}
        return {"playback": self.server.popen.pid, **pids}

    def count(self, since: int = 0) -> dict[str, int]:
        """How many pictures, masks, and masks on the page there are after a stamp."""
        return {
            "pictures": _newer((nanoseconds(m.header) for m in self._pictures.newest_first), since),
            "masks": _newer((nanoseconds(m.header) for m in self._masks.newest_first), since),
            "page": _newer(
                (at for at, ids in reversed(self._watcher.seen) if ids is not None), since
            ),
        }

    @property
    def newest(self) -> int:
        """Stamp of the last picture."""
        messages = self._pictures.messages
        return nanoseconds(messages[-1].header) if messages else 0

    def wait_for_new(self, timeout: float, least: int = 5) -> None:
        """Wait until pictures that are not taken yet have come as masks, and to the page."""
        since = self.newest
        try:
            wait_until(lambda: min(self.count(since).values()) >= least, "new masks", timeout)
        except AssertionError as error:
            outputs = "\n".join(node.output[-2000:] for node in self.nodes.values())
            raise AssertionError(f"{error}: {self.count(since)}\n{outputs}") from None

    def wait_for_state(self, name: str, text: str, timeout: float = 20.0) -> None:
        """Wait until a node's state, from now on, has these words."""
        begin = len(self.states)

        def told() -> bool:
            new = [status for m in self.states.messages[begin:] for status in m.status]
            return any(s.name.startswith(name) and text in s.message for s in new)

        wait_until(told, f"{name} says {text!r}", timeout)

    def wait_for_wall_clock(self, offset: int) -> None:
        """Wait until states are stamped so many seconds off, by every node that tells any."""

        def stamped() -> bool:
            off = {
                m.status[0].name: m.header.stamp.sec - time.time() - offset
                for m in self.states.messages
            }
            return len(off) == 2 and all(abs(seconds) < 60.0 for seconds in off.values())

        wait_until(stamped, f"states that are stamped {offset} s off", 20.0)

    def check(self) -> None:
        """Every picture has its own ids, and every mask, also on the page, is its picture's."""
        picture_at = {nanoseconds(m.header): pixels(m) for m in self._pictures.messages}
        ids_at = {nanoseconds(m.header): pixels(m) for m in self._ids.messages}
        by_number: dict[int, Any] = {}
        for at in picture_at.keys() & ids_at.keys():
            number = int(ids_at[at][0, 0])
            assert np.all(ids_at[at] == number)
            assert np.array_equal(picture_at[at], by_number.setdefault(number, picture_at[at]))
        assert len(by_number) > 5
        expected: dict[bytes, Any] = {}
        masks = [(nanoseconds(m.header), pixels(m)) for m in self._masks.messages]
        shown = [(at, ids) for at, ids in self._watcher.seen if ids is not None]
        for found in (masks, shown):
            known = [(at, mask) for at, mask in found if at in picture_at]
            seen = f"{len(known)} of {len(found)}, with {len(picture_at)} pictures"
            assert len(known) > LEAST_COMPARED * len(found), seen
            for at, mask in known:
                picture = picture_at[at]
                key = picture.tobytes()
                if key not in expected:
                    expected[key] = self._segmenter.segment(Frame(picture, "bgra8")).mask
                assert np.array_equal(mask, expected[key]), at
        assert len({mask.tobytes() for mask in expected.values()}) > 5, "all masks are alike"


def _newer(stamps: Iterator[int], since: int) -> int:
    """Count those after a stamp, the newest first.

    Not all of them: who asks again and again would take the interpreter from the test's own node,
    which then loses pictures.
    """
    return sum(1 for _ in takewhile(lambda at: at > since, stamps))
