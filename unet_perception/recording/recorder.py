# SPDX-License-Identifier: Apache-2.0
"""A recording from start to end: one set of the plan after the other, into one folder."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import islice

from unet_perception.carla.config import PAUSES_S
from unet_perception.carla.connect import Say, connect
from unet_perception.carla.session import Session
from unet_perception.dataset import DatasetInfo
from unet_perception.dataset.manifest import iterate_manifest
from unet_perception.errors import ConfigError, SimulatorError, SimulatorLostError
from unet_perception.recording.disk import estimate, free_bytes, in_words
from unet_perception.recording.drive import drive_set
from unet_perception.recording.layout import camera_folders, folder_identity
from unet_perception.recording.options import RecorderOptions
from unet_perception.recording.plan import RecordingSet
from unet_perception.recording.plan_file import settle_plan
from unet_perception.recording.progress import Progress
from unet_perception.recording.resume import RecordingFolder, open_folder
from unet_perception.recording.splits import write_splits
from unet_perception.recording.writer import PairWriter

DISK_PERIOD_S = 1.0


class Recorder:
    """Records a plan."""

    def __init__(
        self,
        options: RecorderOptions,
        progress: Progress,
        say: Say,
        should_stop: Callable[[], bool],
    ) -> None:
        """Take the options; nothing is connected or written yet.

        Args:
            options: What to record.
            progress: Kept up to date.
            say: Told what is worth knowing.
            should_stop: Whether to end before the plan is done.

        Raises:
            ConfigError: The cameras make no pairs.
        """
        self._options = options
        self._say = say
        self._should_stop = should_stop
        camera_folders(options.cameras)  # cameras that make no pairs are refused here
        self._announced = False
        self._disk_checked = 0.0
        self._progress = progress

    def run(self) -> None:
        """Record until the plan is done or told to stop; what is committed then is whole.

        Raises:
            SimulatorError: There is no server, or it refuses something.
            DatasetError: The folder cannot be used, or written any more.
        """
        options = self._options
        version, town = self._look_at_server()
        # The loaded town is named, so that a later run does not go on in another one.
        plan = replace(options.plan, towns=options.plan.towns or (town,))
        with open_folder(options.root, self._identity(version), options.verify) as folder:
            settle_plan(options.root, plan)
            remaining = plan.remaining(folder.done_by_set)
            self._begin(folder, sum(missing for _, missing in remaining))
            try:
                with PairWriter(folder) as writer:
                    for number, (drive, missing) in enumerate(remaining):
                        if self._should_stop():
                            break
                        if number and options.restart:
                            self._restart()
                        self._record_set(drive, missing, writer)
            finally:
                self._progress.look(writer.counts)
                write_splits(options.root, iterate_manifest(options.root), plan.val)

    def _look_at_server(self) -> tuple[str, str]:
        """Return the server's version and the town that is loaded."""
        config = self._options.session
        with Session(
            replace(config, passive=True, town="", recover=False), self._say, self._should_stop
        ) as session:
            return session.server_version, session.town

    def _identity(self, version: str) -> DatasetInfo:
        return folder_identity(self._options.cameras, version, "unet-perception record")

    def _begin(self, folder: RecordingFolder, missing: int) -> None:
        progress, root = self._progress, self._options.root
        progress.before = folder.next_number
        progress.total = folder.next_number + missing
        progress.strays = folder.strays
        progress.free = self._options.floor.check(root)
        if progress.before:
            self._say("info", f"{root}: goes on after {progress.before} of {progress.total} pairs")
        if folder.strays:
            self._say("info", f"{root}: removed {folder.strays} files that a crash had left")

    def _record_set(self, drive: RecordingSet, missing: int, writer: PairWriter) -> None:
        self._progress.set = drive.name
        options = self._options
        submitted, attempt = 0, 0
        lost_at: float | None = None
        while submitted < missing and not self._should_stop():
            before = submitted
            # A set that was begun goes on from another spawn point: the first one's pictures
            # are there already.
            route = replace(drive, seed=drive.seed + drive.pairs - missing + submitted)
            pairs = drive_set(options, route, self._progress, self._say, self._should_stop)
            try:
                with closing(pairs):
                    for job in islice(pairs, missing - submitted):
                        writer.submit(job)
                        submitted += 1
                        self._after_pair(writer)
            except SimulatorError as error:
                lost = isinstance(error, SimulatorLostError) or lost_at is not None
                if not lost or not options.reconnect:
                    raise
                now = time.monotonic()
                if submitted > before or lost_at is None:
                    lost_at, attempt = now, 0
                    self._progress.reconnects += 1
                if now - lost_at > options.reconnect:
                    raise
                self._say("warning", f"{error}; trying again")
                self._pause(PAUSES_S[min(attempt, len(PAUSES_S) - 1)])
                attempt += 1
        writer.flush()
        self._progress.look(writer.counts)

    def _after_pair(self, writer: PairWriter) -> None:
        if not self._announced:
            writer.flush()
        self._progress.look(writer.counts)
        if not self._announced:
            self._announced = True
            self._announce()
        now = time.monotonic()
        if now - self._disk_checked >= DISK_PERIOD_S:
            self._disk_checked = now
            self._progress.free = self._options.floor.check(self._options.root)

    def _announce(self) -> None:
        """Say what the plan will take on the disk, from the pair that was just written."""
        progress = self._progress
        per_pair = progress.size / progress.written
        needed = estimate(progress.left, per_pair)
        self._say(
            "info",
            f"{progress.left} pairs to come take about {in_words(needed)}, {in_words(per_pair)} "
            f"each; {in_words(free_bytes(self._options.root))} are free",
        )
        self._options.floor.check(self._options.root, needed)

    def _restart(self) -> None:
        self._say("info", f"running {self._options.restart!r}")
        done = subprocess.run(self._options.restart, shell=True, check=False)
        if done.returncode:
            raise ConfigError(
                f"restart command {self._options.restart!r} ended with exit code {done.returncode}"
            )
        # A server takes longer to come up than to answer.
        config = self._options.session
        patience = max(config.timeout, self._options.reconnect)
        connect(config.host, config.port, patience, self._say, self._should_stop)

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._should_stop():
            time.sleep(0.05)
