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
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from unet_perception.dataset.entry import Moment, pair_name
from unet_perception.errors import ConfigError, DatasetError
from unet_perception.recording.commit import commit
from unet_perception.recording.pair_files import PairFiles
from unet_perception.recording.resume import RecordingFolder
from unet_perception.recording.strays import MAX_IN_FLIGHT

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
        self._most = queue
        self._changed = threading.Condition()
        self._pool = ThreadPoolExecutor(workers)
        self._under_way: deque[Future[PairFiles]] = deque()
        self._next = folder.next_number
        self._size = 0
        self._failure: DatasetError | None = None
        self._told = False
        self._closing = False
        self._committer = threading.Thread(target=self._commit_all, daemon=True)
        self._committer.start()

    def __enter__(self) -> PairWriter:
        """Return itself."""
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
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
            written = self._next - self._folder.next_number
            return WriterCounts(len(self._under_way), written, self._size)

    def submit(self, job: PairJob) -> str:
        """Take a pair, and wait while too many are under way.

        Returns:
            The name that it will have.

        Raises:
            DatasetError: A pair cannot be written, or this one does not fit the folder.
        """
        self._folder.check_images(job.images)
        facts = dict(vars(job))
        images = dict(facts.pop("images"))
        with self._changed:
            self._changed.wait_for(lambda: self._failure or len(self._under_way) < self._most)
            self._raise_failure()
            if self._closing:
                raise DatasetError(f"{self._folder.root}: the writer is closed")
            number = self._next + len(self._under_way)
            work = self._pool.submit(PairFiles, self._folder.root, number, Moment(**facts), images)
            self._under_way.append(work)
            self._changed.notify_all()
        return pair_name(number)

    def flush(self) -> None:
        """Wait until all that was submitted is committed.

        Raises:
            DatasetError: It cannot be.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._failure or not self._under_way)
            self._raise_failure()

    def close(self) -> None:
        """Commit what was submitted and end the threads.

        Raises:
            DatasetError: Something was not committed, and nobody has been told yet.
        """
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._committer.join()
        if not self._told:
            self._raise_failure()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            self._told = True
            raise self._failure

    def _commit_all(self) -> None:
        while self._failure is None:
            with self._changed:
                self._changed.wait_for(lambda: self._under_way or self._closing)
                if not self._under_way:
                    break
                oldest = self._under_way[0]
            wait([oldest])
            with self._changed:
                ready = list(takewhile(Future.done, self._under_way))
            whole = list(takewhile(lambda work: work.exception() is None, ready))
            batch = [work.result() for work in whole]
            done, refused = commit(self._folder, batch)
            error = refused or next((work.exception() for work in ready[len(whole) :]), None)
            with self._changed:
                self._next += done
                self._size += sum(files.size for files in batch[:done])
                for _ in whole:
                    self._under_way.popleft()
                self._failure = None if error is None else self._in_words(error)
                self._changed.notify_all()
        self._clear_up()

    def _clear_up(self) -> None:
        """Let the workers end, and remove what will never be committed."""
        self._pool.shutdown(cancel_futures=True)
        with self._changed:
            for work in self._under_way:
                if not work.cancelled() and work.exception() is None:
                    work.result().discard()
            self._under_way.clear()
            self._changed.notify_all()

    def _in_words(self, error: BaseException) -> DatasetError:
        if isinstance(error, DatasetError):
            return error
        failure = DatasetError(f"{self._folder.root}: cannot write: {error!r}")
        failure.__cause__ = error
        return failure
