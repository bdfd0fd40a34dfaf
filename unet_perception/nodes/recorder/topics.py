# SPDX-License-Identifier: Apache-2.0
"""Recording pairs from topics, for those who have no bridge: CARLA's native ROS 2, or a bag."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Full, Queue
from typing import Any

from unet_perception.errors import ConfigError
from unet_perception.nodes.recorder.pairs import TopicPair, TopicPairs
from unet_perception.options.diagnostics import OK, Status
from unet_perception.recording.disk import DiskFloor
from unet_perception.recording.identity import identity_of
from unet_perception.recording.progress import Progress
from unet_perception.recording.resume import open_folder
from unet_perception.recording.writer import PairJob, PairWriter
from unet_perception.ros.listen import listening
from unet_perception.ros.spin import Watch
from unet_perception.ros.status_output import StatusOutput

WAITING = 8
WAKE_S = 0.1
SET = "topics"
UNKNOWN_POSE = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class TopicRecording:
    """What to record.

    Attributes:
        root: Dataset folder.
        picture_topic: Colour pictures.
        ids_topic: Class ids.
        label_set: Label set of the ids; topics do not tell.
        pairs: How many there are to be in the folder; 0 records until told to stop.
        verify: How much of a folder to check before going on with it: quick or full.
        floor: What must stay free on the disk.
    """

    root: Path
    picture_topic: str
    ids_topic: str
    label_set: str
    pairs: int
    verify: str
    floor: DiskFloor

    def __post_init__(self) -> None:
        """Check what the parts do not."""
        if self.pairs < 0:
            raise ConfigError(f"pairs is {self.pairs}; it must be 0 (until stopped) or more")
        if self.picture_topic == self.ids_topic:
            raise ConfigError(f"both topics are {self.ids_topic}; pictures and ids come on two")


def record_topics(
    recording: TopicRecording,
    progress: Progress,
    say: Callable[[str, str], None],
    should_stop: Callable[[], bool],
) -> None:
    """Record until there are enough pairs or told to stop; call ``process.prepare`` before.

    The manifest's pose, speed and weather stay empty: topics of pictures do not tell.

    Raises:
        DatasetError: The folder cannot be used, or written any more.
    """
    pairs: Queue[TopicPair] = Queue(WAITING)
    ended = threading.Event()

    def put(pair: TopicPair) -> None:
        # Waiting here holds the executor, and so the topics, until the disk has caught up.
        while not (ended.is_set() or should_stop()):
            with suppress(Full):
                pairs.put(pair, timeout=WAKE_S)
                break

    def start(node: Any, watch: Watch) -> tuple[TopicPairs, StatusOutput]:
        topics = TopicPairs(node, recording.picture_topic, recording.ids_topic, put)
        say("info", f"waiting for {recording.picture_topic} and {recording.ids_topic}")
        return topics, StatusOutput(node, watch, lambda: {"recorder": state_of(progress)})

    with listening("record_dataset", start) as (topics, status), closing(status):
        try:
            first = _next(pairs, should_stop)
            if first is not None:
                _record(recording, first, pairs, progress, topics, should_stop)
        finally:
            ended.set()


def state_of(progress: Progress) -> Status:
    """Return what ``/diagnostics`` and the live page say of a recording."""
    there = progress.before + progress.written
    of_all = f" of {progress.total}" if progress.total else ""
    values = {
        "pairs": str(there),
        "total": str(progress.total),
        "written": str(progress.written),
        "pending": str(progress.pending),
        "incomplete": str(progress.incomplete),
        "bytes": str(progress.size),
        "free_bytes": str(progress.free),
    }
    words = f"recording, {there}{of_all} pairs" if progress.set else "waiting for the first pair"
    return Status(OK, words, values)


def _record(
    recording: TopicRecording,
    first: TopicPair,
    pairs: Queue[TopicPair],
    progress: Progress,
    topics: TopicPairs,
    should_stop: Callable[[], bool],
) -> None:
    camera = {"height": first.ids.shape[0], "width": first.ids.shape[1]}
    source = f"topics {recording.picture_topic} and {recording.ids_topic}"
    identity = identity_of(
        recording.label_set, {"CameraRGB": camera, "CameraMask": camera}, source=source
    )
    with open_folder(recording.root, identity, recording.verify) as folder:
        progress.before = folder.next_number
        progress.total = recording.pairs
        progress.set = SET
        number = folder.next_number
        pair: TopicPair | None = first
        with PairWriter(folder) as writer:
            while pair is not None and (not recording.pairs or number < recording.pairs):
                progress.free = recording.floor.check(recording.root)
                writer.submit(_job(pair, number))
                number += 1
                progress.look(writer.counts)
                progress.incomplete = topics.alone
                if number != recording.pairs:
                    pair = _next(pairs, should_stop)
            writer.flush()
            progress.look(writer.counts)


def _job(pair: TopicPair, number: int) -> PairJob:
    return PairJob(
        frame=number,
        stamp=pair.stamp / 1e9,
        wall_time=time.time(),
        set=SET,
        town="",
        weather={},
        pose=UNKNOWN_POSE,
        speed=0.0,
        images={"CameraRGB": pair.bgr, "CameraMask": pair.ids},
    )


def _next(pairs: Queue[TopicPair], should_stop: Callable[[], bool]) -> TopicPair | None:
    while not should_stop():
        try:
            return pairs.get(timeout=WAKE_S)
        except Empty:
            continue
    return None
