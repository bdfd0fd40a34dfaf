# SPDX-License-Identifier: Apache-2.0
"""The processor and the memory that camera frames pass through."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from unet_perception.doctor.finding import GOOD, NOTE, PROBLEM, Finding
from unet_perception.engines.processor import bf16_flags, int8_flags, processor_flags
from unet_perception.ros.transport.shared_memory import SEGMENT, SHARED_MEMORY, mapped

MIN_SHARED_BYTES = 64 << 20
"""Room for the segments of 32 MiB of two processes, the camera's and the node's."""

_VECTOR_FLAGS = ("avx512f", "avx2", "asimd")


def look_at_processor(flags: frozenset[str] | None = None) -> list[Finding]:
    """Return what the processor brings for each precision."""
    flags = processor_flags() if flags is None else flags
    vectors = [flag for flag in _VECTOR_FLAGS if flag in flags]
    cores = len(os.sched_getaffinity(0))
    findings = [Finding("cores", GOOD, f"{cores}; vectors: {', '.join(vectors) or 'unknown'}")]
    for topic, present, missing in (
        ("bf16", bf16_flags(flags), "none: fp32 takes twice as long"),
        ("int8", int8_flags(flags), "no exact 8-bit multiply-add: int8 is not chosen"),
    ):
        state, text = (GOOD, ", ".join(present)) if present else (NOTE, missing)
        findings.append(Finding(topic, state, text))
    return findings


def look_at_shared_memory(path: Path = SHARED_MEMORY) -> list[Finding]:
    """Return whether Fast DDS can pass frames in shared memory."""
    try:
        free = shutil.disk_usage(path).free
    except OSError as error:
        return [Finding("shared memory", PROBLEM, f"{path}: {error.strerror}", _SHARED_FIX)]
    text = f"{path}: {free >> 20} MiB free"
    left = unused_segments(path)
    size = sum(left.values())
    if left:
        text += f"; {len(left)} segments of nodes that were killed hold {size >> 20} MiB"
    if free < MIN_SHARED_BYTES:
        text += f"; {MIN_SHARED_BYTES >> 20} needed"
        return [Finding("shared memory", PROBLEM, text, _LEFT_FIX if left else _SHARED_FIX)]
    if size > MIN_SHARED_BYTES:
        return [Finding("shared memory", NOTE, text, _LEFT_FIX)]
    return [Finding("shared memory", GOOD, text)]


def unused_segments(path: Path = SHARED_MEMORY) -> dict[Path, int]:
    """Return Fast DDS's segments that no process has mapped, of this user, and their bytes.

    A node that ends removes its own; one that is killed cannot.
    """
    in_use = mapped(SEGMENT)
    left = {}
    for file in path.iterdir():
        if SEGMENT.fullmatch(file.name) and file.name not in in_use:
            with suppress(FileNotFoundError):  # its node has just ended
                facts = file.stat()
                if facts.st_uid == os.getuid():
                    left[file] = facts.st_size
    return left


_SHARED_FIX = "in a container, start it with --shm-size=256m; else remove what others left there"
_LEFT_FIX = "fastdds shm clean; or, while no node runs, rm /dev/shm/fastdds_* /dev/shm/fastrtps_*"
