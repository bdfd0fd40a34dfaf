# SPDX-License-Identifier: Apache-2.0
"""Writing pairs from a bounded pool: both files or neither, in order, and then the manifest.

Workers encode and write temporary files; one thread commits what they have finished, in the
order of submission: it renames, syncs the folders, and appends to the manifest, for all pairs
that are ready at once. A pair whose forerunner is not committed is not committed either, so a
crash or an error at any point leaves numbers without gaps, and files that no line names.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset.entry import Moment, pair_name
from unet_perception.errors import ConfigError, DatasetError
from unet_perception.recording.commit import commit
from unet_perception.recording.pair_files import PairFiles
from unet_perception.recording.resume import RecordingFolder
from unet_perception.recording.strays import MAX_IN_FLIGHT

Images = dict[str, NDArray[np.uint8]]

WORKERS = 2
QUEUE = 16


@dataclass(frozen=True)
class PairJob(Moment):
    """One pair to write.

    Attributes:
        images: By folder, such as ``CameraRGB``: uint8 ``(H, W, 4)`` or ``(H, W, 3)``, blue
            first; for masks uint8 ``(H, W)``, the ids. Held until they are encoded.
    """

    images: Mapping[str, NDArray[np.uint8]]


@dataclass(frozen=True)
class WriterCounts:
    """How far a writer is.

    Attributes:
        pending: Pairs submitted and not yet committed.
        written: Pairs committed.
        size: Bytes of their files.
    """

    pending: int
    written: int
    size: int


class PairWriter:
    """Writes pairs into an open folder, on threads of its own.

    One thread submits. The first failure ends the writing; what was submitted before the pair
    that failed is still committed where the disk allows it, nothing after it is.

    Args:
        folder: As ``open_folder`` gives it; it must stay open.
        workers: Threads that encode.
        queue: Pairs that may be under way; ``submit`` waits while there are as many.
    """

    def __init__(self, folder: RecordingFolder, workers: int = WORKERS, queue: int = QUEUE) -> None:
        """Start the threads.

        Raises:
            ConfigError: There is no worker, or the queue is too short or too long.
        """
        if workers < 1:
            raise ConfigError(f"workers is {workers}; it must be 1 or more")
        if not 1 <= queue <= MAX_IN_FLIGHT:
            raise ConfigError(f"queue is {queue}; it must be 1 to {MAX_IN_FLIGHT}")
        self._folder = folder
        self._queue = queue
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Moment, Images]] = deque()
        self._taken = self._next = self._first = folder.next_number
        self._working: set[int] = set()
        self._ready: dict[int, PairFiles] = {}
        self._size = 0
        self._failure: DatasetError | None = None
        self._told = False
        self._closing = False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(workers)]
        self._threads.append(threading.Thread(target=self._commit_all, daemon=True))
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> PairWriter:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Commit what was submitted; a failure is raised unless an error is under way."""
        self._told = self._told or error is not None
        self.close()

    @property
    def failure(self) -> DatasetError | None:
        """Why it stopped, if it did."""
        return self._failure

    @property
    def counts(self) -> WriterCounts:
        """How far it is."""
        with self._changed:
            written = self._next - self._first
            return WriterCounts(self._pending(), written, self._size)

    def submit(self, job: PairJob) -> str:
        """Take a pair, and wait while too many are under way.

        Returns:
            The name that it will have.

        Raises:
            DatasetError: A pair cannot be written, or this one does not fit the folder.
        """
        self._folder.check_images(job.images)
        with self._changed:
            self._changed.wait_for(lambda: self._failure or self._pending() < self._queue)
            self._raise_failure()
            if self._closing:
                raise DatasetError(f"{self._folder.root}: the writer is closed")
            name = pair_name(self._taken + len(self._waiting))
            self._waiting.append((_moment(job), dict(job.images)))
            self._changed.notify_all()
        return name

    def flush(self) -> None:
        """Wait until all that was submitted is committed.

        Raises:
            DatasetError: It cannot be.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._failure or not self._pending())
            self._raise_failure()

    def close(self) -> None:
        """Commit what was submitted and end the threads.

        Raises:
            DatasetError: Something was not committed, and nobody has been told yet.
        """
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        if not self._told:
            self._raise_failure()

    def _pending(self) -> int:
        return self._taken + len(self._waiting) - self._next

    def _raise_failure(self) -> None:
        if self._failure is not None:
            self._told = True
            raise self._failure

    def _fail(self, error: Exception) -> None:
        """Remember the first failure; the lock is held."""
        if self._failure is None:
            if isinstance(error, DatasetError):
                self._failure = error
            else:
                self._failure = DatasetError(f"{self._folder.root}: cannot write: {error!r}")
                self._failure.__cause__ = error
        self._waiting.clear()
        self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._failure or self._closing)
                if self._failure or not self._waiting:
                    return
                number, (moment, images) = self._taken, self._waiting.popleft()
                self._taken += 1
                self._working.add(number)
            files, failure = self._prepare(number, moment, images)
            with self._changed:
                self._working.remove(number)
                if files is not None:
                    self._ready[number] = files
                if failure is not None:
                    self._fail(failure)
                self._changed.notify_all()

    def _prepare(
        self, number: int, moment: Moment, images: Images
    ) -> tuple[PairFiles | None, Exception | None]:
        try:
            return PairFiles(self._folder.root, number, moment, images), None
        except Exception as error:  # whatever it is, the recording must end with it
            return None, error

    def _commit_all(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._can_commit)
                batch: list[PairFiles] = []
                while self._next + len(batch) in self._ready:
                    batch.append(self._ready.pop(self._next + len(batch)))
                if not batch:
                    break
            done, failure = commit(self._folder, batch)
            with self._changed:
                self._next += done
                self._size += sum(files.size for files in batch[:done])
                if failure is not None:
                    self._fail(failure)
                    break
                self._changed.notify_all()
        self._clear_up()

    def _can_commit(self) -> bool:
        """Return whether the next pair is ready, or will never be; the lock is held."""
        if self._next in self._ready:
            return True
        idle = not self._working
        return idle and (self._failure is not None or (self._closing and not self._waiting))

    def _clear_up(self) -> None:
        """Remove what will never be committed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._working)
            for files in self._ready.values():
                files.discard()
            self._ready.clear()
            self._changed.notify_all()


def _moment(job: PairJob) -> Moment:
    return Moment(**{item.name: getattr(job, item.name) for item in fields(Moment)})
