# SPDX-License-Identifier: Apache-2.0
"""The live page's node: pictures and masks from topics to whoever looks, and nothing otherwise."""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from typing import Any

import cv2
import numpy as np

from unet_perception.errors import FrameError
from unet_perception.imaging import frame_of
from unet_perception.nodes.live_view.gate import PictureGate
from unet_perception.nodes.live_view.topics import Topics
from unet_perception.options.live_view import LIVE_VIEW_OPTIONS, LiveViewConfig
from unet_perception.ros.declare import declare
from unet_perception.ros.frames import stamp_of
from unet_perception.ros.spin import Watch
from unet_perception.ros.transport.following import RawMessage
from unet_perception.ros.transport.turns import Turns
from unet_perception.view.access import Access
from unet_perception.view.message import encode
from unet_perception.view.pairing import Pair, Pairing
from unet_perception.view.pictures import Picture
from unet_perception.view.server import ServerOptions, ViewServer
from unet_perception.view.state import Board
from unet_perception.view.viewer import MOST_CAMERAS

REFUSAL_LOG_S = 5.0


class LiveView:
    """Three threads: the executor's finds pairs, one encodes them, the server's sends them.

    Attributes:
        perception: Full name of the node that is shown.
    """

    def __init__(self, node: Any, watch: Watch, config: LiveViewConfig) -> None:
        """Listen for browsers.

        Args:
            node: The ``rclpy`` node.
            watch: Told when a thread fails.
            config: The settings.

        Raises:
            ConfigError: The address cannot be had, or must not be without a token.
        """
        self._node, self._config = node, config
        name = config.node
        space = node.get_namespace().rstrip("/")
        self.perception = name if name.startswith("/") else f"{space}/{name}"
        self._board = Board(self.perception)
        self._pairings: dict[str, Pairing] = {}
        self._places: dict[str, int] = {}
        self._numbers = itertools.count(1)
        self._pairs: Turns[Pair] = Turns(MOST_CAMERAS)
        # Called on the server's thread; subscriptions are the executor's.
        self._wake = node.create_guard_condition(self._follow)
        options = ServerOptions(
            config.port, Access.of(config), config.most_viewers, linger_s=config.linger
        )
        self._server = ViewServer(options, self._board, self._wake.trigger)
        self._topics = Topics(
            node,
            self.perception,
            self._board,
            lambda: self._server.wanted,
            self._on_picture,
            self._on_mask,
        )
        step_back(config.nice)
        self._threads = [
            watch.thread("encoder", self._encode_all),
            watch.thread("server", self._server.run),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def address(self) -> str:
        """Where browsers find the page."""
        host = self._config.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._server.port}/"

    def close(self) -> None:
        """Say goodbye to the browsers and stop."""
        self._pairs.close()
        self._server.close()
        for thread in self._threads:
            thread.join()

    def _follow(self) -> None:
        self._topics.follow()
        for gone in set(self._pairings) - self._server.wanted:
            del self._pairings[gone]

    def _pairing(self, camera: str) -> Pairing:
        if camera not in self._pairings:
            self._pairings[camera] = Pairing(camera, self._config.rate, time.monotonic())
        return self._pairings[camera]

    def _on_picture(self, camera: str, message: RawMessage, gate: PictureGate) -> None:
        now = time.monotonic()
        pairing = self._pairing(camera)
        if not self._server.is_hungry(camera) or not pairing.is_due(now):
            return
        try:
            read = message.read()
            picture = Picture(bytes(read.data) if _is_file(read) else frame_of(read))
            stamp = stamp_of(read)
            pair = pairing.put_picture(stamp, picture, now)
            gate.took(stamp, pair is not None and pair.ids is not None)
            self._put(pair)
        except FrameError as error:
            self._warn(f"cannot show a picture of {camera}: {error}")

    def _on_mask(self, camera: str, message: RawMessage, gate: PictureGate) -> None:
        now = time.monotonic()
        pairing = self._pairing(camera)
        pairing.hear_mask(now)
        gate.hear_mask()
        if not self._server.is_hungry(camera) or not pairing.is_due(now):
            return
        try:
            read = message.read()
            ids = frame_of(read)
            if ids.encoding != "mono8":
                raise FrameError(f"its encoding is {ids.encoding}, not mono8")
            stamp = stamp_of(read)
            pair = pairing.put_mask(stamp, np.asarray(ids.pixels), now)
            if pair is None:
                gate.want(stamp)
            else:
                gate.took(stamp, True)
            self._put(pair)
        except FrameError as error:
            self._warn(f"cannot show a mask of {camera}: {error}")

    def _put(self, pair: Pair | None) -> None:
        if pair is not None:
            place = self._places.setdefault(pair.camera, len(self._places))
            if place < MOST_CAMERAS:
                self._pairs.put(place, pair)

    def _encode_all(self) -> None:
        cv2.setNumThreads(1)
        while waiting := self._pairs.take():
            for _, pair in waiting:
                self._encode(pair)

    def _encode(self, found: Pair) -> None:
        pair = Pair(found.camera, found.stamp, found.picture, found.ids, next(self._numbers))
        try:
            latencies = self._board.take_latencies(pair.camera)
            encoded = encode(pair, self._config.quality, latencies)
        except FrameError as error:
            self._warn(f"cannot show a picture of {pair.camera}: {error}")
            return
        if pair.ids is not None:
            self._board.tell_shares(pair.camera, encoded.shares)
        self._server.put(pair, encoded)

    def _warn(self, text: str) -> None:
        self._node.get_logger().warning(text, throttle_duration_sec=REFUSAL_LOG_S)


def step_back(nice: int) -> None:
    """Let every other process have the processor first.

    Linux may weigh terminals, or launched processes, against each other rather than processes
    ("autogroup"); a process that is alone in such a group steps back with the group.
    """
    if not nice:
        return
    # Of each thread by itself: the middleware's are there already, and later ones inherit it.
    for thread in map(int, os.listdir("/proc/self/task")):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, nice)
            # One that wakes does not take the processor from whoever has it.
            os.sched_setscheduler(thread, os.SCHED_BATCH, os.sched_param(0))
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError), open("/proc/self/autogroup", "w") as group:
            group.write(str(nice))


def start(node: Any, watch: Watch) -> LiveView:
    """Serve the page.

    Raises:
        ConfigError: A parameter is wrong, or the address cannot be had.
    """
    config = LiveViewConfig.from_values(declare(node, LIVE_VIEW_OPTIONS))
    view = LiveView(node, watch, config)
    node.get_logger().info(f"{view.address} shows {view.perception}")
    return view


def _is_file(message: Any) -> bool:
    return hasattr(message, "format")
