# SPDX-License-Identifier: Apache-2.0
"""A bag with the masks of its pictures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unet_perception.bags.messages import (
    IMAGE,
    STRING,
    image_bytes,
    labels_bytes,
    read_message,
)
from unet_perception.bags.sink import BagSink
from unet_perception.bags.source import BagSource
from unet_perception.bags.topics import Choice, ImageTopic
from unet_perception.dataset.new_folder import new_folder
from unet_perception.dataset.parallel import Watch, unwatched
from unet_perception.errors import DatasetError, FrameError
from unet_perception.imaging import frame_of, overlay
from unet_perception.segmenter import Segmenter

ALPHA = 0.5
"""Weight of the colours in overlays, as the node's default."""

NAMED = 3
"""Unreadable frames of a topic that are named; a camera's are mostly all of one kind."""


@dataclass
class Segmented:
    """What became of one topic.

    Attributes:
        topic: The topic.
        masks: Frames that have a mask now.
        unreadable: Frames that have none.
        named: The first of these: the bag's timestamp in s, and the reason.
    """

    topic: ImageTopic
    masks: int = 0
    unreadable: int = 0
    named: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Done:
    """What came of it.

    Attributes:
        topics: Each topic that was segmented.
        messages: How many of the bag's own messages were taken over.
        notes: What a person should know besides.
    """

    topics: tuple[Segmented, ...]
    messages: int
    notes: tuple[str, ...]


def segment_bag(
    segmenter: Segmenter,
    source: BagSource,
    choice: Choice,
    out: Path,
    overlays: bool = False,
    watch: Watch = unwatched,
) -> Done:
    """Write a bag with all messages of another one, as they are, and masks beside its pictures.

    A mask has its picture's header, and comes right after it with the same timestamp.

    Args:
        segmenter: Model and engine, as the node uses them.
        source: The bag; it is open.
        choice: Its topics to segment.
        out: Folder of the new bag: new or empty. It appears when all is done.
        overlays: Whether to write the classes' colours over the pictures, too.
        watch: Told how many pictures are done, and of how many.

    Raises:
        DatasetError: The bag is damaged, ``out`` is taken or cannot be written, or not a single
            picture of a topic can be read.
        EngineError: The engine failed.
    """
    with new_folder(out, [source.path] if source.path.is_dir() else []) as folder:
        # The library names the file after its folder, and wants to make that itself.
        inner = folder / Path(out).resolve().name
        with BagSink(inner, source) as sink:
            done = _Run(segmenter, sink, choice.topics, overlays, watch).run(source)
        for file in inner.iterdir():
            os.rename(file, folder / file.name)
        inner.rmdir()
    return done


class _Run:
    """What goes on over all messages."""

    def __init__(
        self,
        segmenter: Segmenter,
        sink: BagSink,
        topics: Sequence[ImageTopic],
        overlays: bool,
        watch: Watch,
    ) -> None:
        self._segmenter, self._sink, self._watch = segmenter, sink, watch
        self._palette = segmenter.label_set.palette
        self._results = {topic.connection.id: Segmented(topic) for topic in topics}
        self._masks = {topic.connection.id: sink.add(topic.mask, IMAGE) for topic in topics}
        self._labels = [sink.add(topic.labels, STRING, latched=True) for topic in topics]
        self._overlays: dict[int, Any] = {}
        if overlays:
            self._overlays = {t.connection.id: sink.add(t.overlay, IMAGE) for t in topics}
        self._total = sum(topic.connection.msgcount for topic in topics)

    def run(self, source: BagSource) -> Done:
        """Copy and segment; see ``segment_bag``."""
        count = seen = 0
        for connection, time, data in source.messages():
            if not count:
                labels = labels_bytes(self._segmenter.label_set)
                for topic in self._labels:
                    self._sink.write(topic, time, labels)
            self._sink.copy(connection, time, data)
            count += 1
            result = self._results.get(connection.id)
            if result is not None:
                self._picture(result, time, data)
                seen += 1
                self._watch(seen, self._total)
        for result in self._results.values():
            if result.unreadable and not result.masks:
                raise DatasetError(
                    f"{source.path}: none of the {result.unreadable} pictures of "
                    f"{result.topic.name} can be read: {result.named[0]}"
                )
        return Done(tuple(self._results.values()), count, tuple(self._notes(source, count)))

    def _picture(self, result: Segmented, time: int, data: bytes) -> None:
        connection = result.topic.connection
        try:
            message = read_message(data, connection.msgtype)
            frame = frame_of(message)
        except FrameError as error:
            result.unreadable += 1
            if len(result.named) < NAMED:
                seconds, nanoseconds = divmod(time, 10**9)
                result.named.append(f"at {seconds}.{nanoseconds:09d} s: {error}")
            return
        segmentation = self._segmenter.segment(frame)
        mask = image_bytes(message.header, segmentation.mask, "mono8")
        self._sink.write(self._masks[connection.id], time, mask)
        result.masks += 1
        if self._overlays:
            drawn = overlay(frame, segmentation.ids, self._palette, ALPHA)
            self._sink.write(
                self._overlays[connection.id], time, image_bytes(message.header, drawn, "rgb8")
            )

    def _notes(self, source: BagSource, count: int) -> list[str]:
        notes = []
        if count != source.count:
            notes.append(
                f"{source.path}: says that it has {source.count} messages; {count} were found and "
                "taken over"
            )
        if self._sink.undefined:
            notes.append(
                f"{source.path}: does not define {', '.join(self._sink.undefined)}; the messages "
                "are taken over as they are"
            )
        return notes
