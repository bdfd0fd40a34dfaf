# SPDX-License-Identifier: Apache-2.0
"""The streaming side: clients subscribe to a stream by its id and are sent its messages.

Neither a stream's end nor an unknown id closes a connection: the client would come back at
once, thousands of times a second. Such connections stay open and silent.
"""

from __future__ import annotations

import logging
import secrets
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from typing import Any

from unet_perception.playback.server.wire import LENGTH, STREAM_ID
from unet_perception.serving.exhaustion import EXHAUSTED

log = logging.getLogger(__name__)

Parts = tuple[Any, ...]
"""A message in pieces that support the buffer protocol; they are not changed once sent."""

DEEP, SHALLOW = 64, 2
"""Messages that may wait for a subscriber: with a synchronous world, where none may be lost,
and with a free-running one, which drops them for a client that is busy."""

ATTACH_S = 0.5
HANDSHAKE_S = 5.0
DRAIN_S = 0.02
CHUNK = 4096
STALL_S = 10.0
EXHAUSTED_S = 1.0


class Subscriber:
    """One connection, with a thread of its own that sends what waits."""

    def __init__(self, connection: socket.socket, stream_id: int) -> None:
        """Begin to send."""
        self.stream_id = stream_id
        self.closed = False
        self._connection = connection
        self._waiting: deque[Parts] = deque()
        self._changed = threading.Condition()
        self._sender = threading.Thread(target=self._send_all, daemon=True, name="stream sender")
        self._sender.start()

    def offer(self, parts: Parts, depth: int, patience: float) -> bool:
        """Queue a message; return whether there was room within ``patience`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed or len(self._waiting) < depth, patience)
            if self.closed or len(self._waiting) >= depth:
                return self.closed
            self._waiting.append(parts)
            self._changed.notify_all()
            return True

    def drain(self, patience: float) -> None:
        """Wait until everything has been handed to the network, for so many seconds at most."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed or not self._waiting, patience)

    def close(self) -> None:
        """Cut the connection."""
        with self._changed:
            self.closed = True
            self._waiting.clear()
            self._changed.notify_all()
        with suppress(OSError):  # The client may have been faster.
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def _send_all(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self.closed or self._waiting)
                if self.closed:
                    return
                parts = self._waiting[0]
            try:
                _send(self._connection, parts)
            except OSError:
                self.close()
                return
            with self._changed:
                if self._waiting:
                    self._waiting.popleft()
                self._changed.notify_all()


class Streams:
    """The streaming port and who listens to what."""

    def __init__(self) -> None:
        """Start without a port."""
        self._changed = threading.Condition()
        self._subscribers: list[Subscriber] = []
        self._expected: list[tuple[int, float]] = []
        self._newest: dict[int, Parts] = {}
        self._listener: socket.socket | None = None
        # Sockets of an earlier server's clients attach to this one by themselves, under
        # their old ids: those must not mean anything here.
        self._next_id = secrets.randbelow(1 << 30) + (1 << 20)
        self.port = 0

    def listen(self, host: str, port: int) -> None:
        """Accept subscribers from now on; port 0 takes any that is free.

        Raises:
            OSError: The address cannot be had.
        """
        self._listener = socket.create_server((host, port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True, name="streams").start()

    def close(self) -> None:
        """Close the port and every connection."""
        if self._listener is not None:
            self._listener.close()
        with self._changed:
            subscribers = list(self._subscribers)
        for subscriber in subscribers:
            subscriber.close()

    def open(self) -> int:
        """Return the id of a new stream."""
        with self._changed:
            self._next_id += 1
            return self._next_id

    def end(self, stream_id: int) -> None:
        """Forget a stream; its subscribers hear no more."""
        with self._changed:
            self._expected = [item for item in self._expected if item[0] != stream_id]
            self._newest.pop(stream_id, None)

    def announce(self, stream_id: int) -> None:
        """Note that a client has asked for the stream's token and is about to subscribe."""
        with self._changed:
            self._expected.append((stream_id, time.monotonic() + ATTACH_S))

    def wait_for_announced(self) -> None:
        """Wait until those that are about to subscribe have done so, or have had the time."""
        with self._changed:
            while self._expected:
                # The first one is the oldest.
                remaining = self._expected[0][1] - time.monotonic()
                if remaining <= 0.0:
                    del self._expected[0]
                else:
                    self._changed.wait(remaining)

    def wanted(self, stream_id: int) -> bool:
        """Return whether anybody listens."""
        return bool(self._listening(stream_id))

    def publish(self, stream_id: int, parts: Parts, lossless: bool, keep: bool = False) -> None:
        """Send a message to everybody who listens.

        Args:
            stream_id: The stream.
            parts: The message.
            lossless: Wait for subscribers that are slow; one that takes nothing for
                ``STALL_S`` loses its connection. Else slow ones miss the message.
            keep: Send it also to whoever subscribes later, until a newer one comes.
        """
        with self._changed:
            if keep:
                self._newest[stream_id] = parts
        depth, patience = (DEEP, STALL_S) if lossless else (SHALLOW, 0.0)
        for subscriber in self._listening(stream_id):
            if not subscriber.offer(parts, depth, patience) and lossless:
                log.warning("a client took nothing for %g s and was cut off", STALL_S)
                subscriber.close()

    def drain(self, stream_id: int) -> None:
        """Wait until subscribers have been sent what waits for them, or ``DRAIN_S``."""
        for subscriber in self._listening(stream_id):
            subscriber.drain(DRAIN_S)

    def _listening(self, stream_id: int) -> list[Subscriber]:
        with self._changed:
            return [s for s in self._subscribers if s.stream_id == stream_id]

    def _accept(self) -> None:
        assert self._listener is not None
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError as error:
                if error.errno not in EXHAUSTED:
                    return  # The port was closed.
                log.warning("cannot take a subscriber: %s", error.strerror)
                time.sleep(EXHAUSTED_S)
                continue
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        """Take the id of a stream, and send its messages until the other side closes."""
        subscriber: Subscriber | None = None
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(HANDSHAKE_S)
            asked = connection.recv(STREAM_ID.size, socket.MSG_WAITALL)
            connection.settimeout(None)
            if len(asked) == STREAM_ID.size:
                subscriber = self._attach(connection, STREAM_ID.unpack(asked)[0])
                # A client says nothing more; it leaves by closing.
                while connection.recv(CHUNK):
                    pass
        except OSError:
            log.info("a subscriber's connection broke")
        if subscriber is None:
            connection.close()
        else:
            self._detach(subscriber)

    def _attach(self, connection: socket.socket, stream_id: int) -> Subscriber:
        subscriber = Subscriber(connection, stream_id)
        with self._changed:
            newest = self._newest.get(stream_id)
            if newest is not None:
                subscriber.offer(newest, DEEP, 0.0)
            self._subscribers.append(subscriber)
            oldest = next((item for item in self._expected if item[0] == stream_id), None)
            if oldest is not None:
                self._expected.remove(oldest)
            self._changed.notify_all()
        return subscriber

    def _detach(self, subscriber: Subscriber) -> None:
        subscriber.close()
        with self._changed:
            if subscriber in self._subscribers:
                self._subscribers.remove(subscriber)


def _send(connection: socket.socket, parts: Parts) -> None:
    views = [memoryview(part).cast("B") for part in parts]
    views.insert(0, memoryview(LENGTH.pack(sum(view.nbytes for view in views))))
    while views:
        sent = connection.sendmsg(views)
        while views and sent >= views[0].nbytes:
            sent -= views.pop(0).nbytes
        if sent:
            views[0] = views[0][sent:]
