# SPDX-License-Identifier: Apache-2.0
"""A session with a CARLA server that leaves it as it was, on every way out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import carla

from unet_perception.carla.actors import Actors
from unet_perception.carla.answers import translated
from unet_perception.carla.autopilot import Autopilot
from unet_perception.carla.clients import retire_client
from unet_perception.carla.closing import CLOSING_TIMEOUT, put_back
from unet_perception.carla.config import SessionConfig
from unet_perception.carla.connect import Say, connect, never, quiet, server_name
from unet_perception.carla.ego import DEFAULT_VEHICLE, find_vehicle, spawn_vehicle, wait_for_vehicle
from unet_perception.carla.frames import next_snapshot
from unet_perception.carla.interrupts import Interrupts
from unet_perception.carla.journal import Journal, Record
from unet_perception.carla.sweep import sweep
from unet_perception.carla.takeover import plan_takeover
from unet_perception.carla.town import go_to_town
from unet_perception.carla.world_settings import apply_settings
from unet_perception.errors import ConfigError, SimulatorError, SimulatorLostError
from unet_perception.labels import carla_label_set


class Session:
    """A context manager around CARLA's client.

    On entry it connects, applies its settings and removes what dead sessions left. On the way
    out, by return, exception, SIGINT or SIGTERM, it destroys what it spawned and puts the
    settings back. A server that does not answer any more is given up at once; a note on disk
    then lets the next session put things right.

    It is entered, used and left on one thread. On the main thread SIGINT and SIGTERM become
    ``Interrupted``, a ``KeyboardInterrupt``; a program that handles them itself blocks them or
    uses the session on another thread.

    Args:
        config: Which server, and how.
        say: Takes a level, "info" or "warning", and one sentence for the user.
        should_stop: Ends waits early.

    Attributes:
        config: As given.
        client: The connected client.
        world: Its world.
        server_version: As the server tells it.
        label_set: Name of the label set of its semantic cameras.
        town: Short name of the town, such as ``Town01``.
        sync: Whether this session ticks the server.
        delta: Simulated seconds of a tick; None if it varies.
        swept: What dead sessions left, and this one removed.
        lost: The server has stopped answering.
        cleanup_failures: After the end, what could not be put back.
    """

    def __init__(
        self, config: SessionConfig, say: Say = quiet, should_stop: Callable[[], bool] = never
    ) -> None:
        """Connect nothing yet."""
        self.config = config
        self.client: carla.Client = None
        self.world: carla.World = None
        self.server_version = ""
        self.label_set = ""
        self.town = ""
        self.sync = config.synchronous_mode and not config.passive
        self.delta: float | None = None
        self.swept: tuple[str, ...] = ()
        self.lost = False
        self.cleanup_failures: tuple[str, ...] = ()
        self._say = say
        self._interrupts = Interrupts(Session.__exit__.__code__)
        self._told_to_stop = should_stop
        self._journal: Journal | None = None
        self._actors: Actors | None = None
        self._autopilot: Autopilot | None = None
        self._reported: BaseException | None = None
        self._frame = 0
        self._episode = 0

    def __enter__(self) -> Session:
        """Connect and take over.

        Raises:
            SimulatorError: There is no server, or it refused something.
        """
        self._interrupts.install()
        try:
            self._open()
            self._interrupts.release()
            return self
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        """Put everything back; a signal that came meanwhile is raised afterwards."""
        self._interrupts.hold()
        try:
            self._close()
        finally:
            self._interrupts.restore()
        interrupted = self._interrupts.take_pending()
        if interrupted is not None and not isinstance(error, KeyboardInterrupt):
            raise interrupted

    def step(self) -> carla.WorldSnapshot:
        """Tick the server, or wait for somebody else's tick, and return the new frame.

        Returns early, with the newest frame, when ``should_stop`` says so.

        Raises:
            SimulatorLostError: The server does not answer.
            SimulatorError: Nobody ticks the server, or its world was replaced.
        """
        if self._reported is not None:
            error, self._reported = self._reported, None
            raise error
        with self.asked("tick"):
            if self.sync:
                self.world.tick(self.config.timeout)
                snapshot = self.world.get_snapshot()
            else:
                stop = self._should_stop
                snapshot = next_snapshot(self.world, self._frame, self.config, stop)
        if snapshot.id != self._episode:
            raise SimulatorError(
                f"somebody loaded another world at {self.config.address}; what this session "
                "had in the old one is gone"
            )
        self._frame = snapshot.frame
        return snapshot

    def report(self, error: BaseException) -> None:
        """Take an error from another thread: the next ``step`` raises the first one."""
        if self._reported is None:
            self._reported = error

    def ego(
        self,
        role_name: str,
        blueprint: str = DEFAULT_VEHICLE,
        spawn_point: int = -1,
        seed: int = 0,
    ) -> carla.Vehicle:
        """Adopt the vehicle with a role name, or spawn it; a passive session waits for it.

        An adopted vehicle is never destroyed. See ``spawn_vehicle`` for arguments and errors.
        """
        if self._frame == 0:
            self.step()
        actors = self.actors
        if self.config.passive:
            return wait_for_vehicle(actors, role_name, self.config.timeout, self.step)
        with self.asked(f"give it the vehicle {role_name}"):
            vehicle = find_vehicle(actors, role_name)
            if vehicle is None:
                vehicle = spawn_vehicle(actors, role_name, blueprint, spawn_point, seed)
                self.step()
        return vehicle

    def spawned(self, actor: carla.Actor) -> bool:
        """Tell whether an actor is this session's own, to be destroyed at its end."""
        return any(own.id == actor.id for own in self.actors.owned)

    @property
    def actors(self) -> Actors:
        """What it spawned, and the way to spawn more."""
        if self._actors is None:
            raise SimulatorError("the session with CARLA is not open")
        return self._actors

    @property
    def autopilot(self) -> Autopilot:
        """The traffic manager; started on first use."""
        if self._autopilot is None:
            with self.asked("start a traffic manager"), self._interrupts.critical():
                self._autopilot = Autopilot(self.client, self.sync)
        return self._autopilot

    @contextmanager
    def asked(self, doing: str) -> Iterator[None]:
        """Translate the client's errors in a block and remember when the server is lost."""
        try:
            with translated(self.config.address, doing):
                yield
        except SimulatorLostError:
            self.lost = True
            raise

    def _should_stop(self) -> bool:
        return self._told_to_stop() or self._interrupts.pending

    def _open(self) -> None:
        config, address = self.config, self.config.address
        self.client = connect(
            config.host, config.port, config.timeout, self._say, self._should_stop
        )
        with self.asked("describe its world"):
            self.server_version = self.client.get_server_version()
            self.label_set = carla_label_set(self.server_version)
            self.world = self.client.get_world()
            server = server_name(config.host, config.port)
            plan = plan_takeover(config, self.world, server, self._say, self._should_stop)
            self.world, self.town = go_to_town(self.client, self.world, config, self._say)
            self._episode = self.world.id
        self.delta = plan.delta
        self._journal = Journal(
            Record(server, self._episode, original=plan.original, applied=plan.applied)
        )
        self._journal.write()
        self._actors = Actors(
            self.client, self.world, address, self._journal, self._interrupts, self.sync
        )
        with self.asked("take its settings"):
            if plan.applied is not None:
                apply_settings(self.world, plan.applied)
        with self.asked("remove what a dead session left"):
            self.swept = sweep(self.client, self.world, plan.leftovers, config.passive)
        if self.swept:
            self._say("warning", f"removed what a dead session left: {', '.join(self.swept)}")

    def _close(self) -> None:
        if self._journal is None or self._actors is None:
            return
        self.client.set_timeout(CLOSING_TIMEOUT)
        closing = put_back(self._actors, self._autopilot, self._journal.record.original)
        self.lost = self.lost or closing.lost
        if self.lost:
            retire_client(server_name(self.config.host, self.config.port))
            if self._autopilot is not None and not self._should_stop():
                self._autopilot.abandon()
        try:
            if closing.failures:
                self._journal.update(abandoned=True)
            else:
                self._journal.remove()
        except ConfigError as error:
            closing.failures.append(str(error))
        self.cleanup_failures = tuple(closing.failures)
        if closing.failures:
            self._say("warning", f"{'; '.join(closing.failures)}; the next session tries again")
