# SPDX-License-Identifier: Apache-2.0
"""The processor and the memory that camera frames pass through."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from unet_perception.doctor.finding import GOOD, NOTE, PROBLEM, Finding
from unet_perception.engines.processor import bf16_flags, int8_flags, processor_flags

SHARED_MEMORY = Path("/dev/shm")
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
    if free < MIN_SHARED_BYTES:
        return [Finding("shared memory", PROBLEM, f"{text}, {MIN_SHARED_BYTES >> 20} needed",
                        _SHARED_FIX)]  # fmt: skip
    return [Finding("shared memory", GOOD, text)]


_SHARED_FIX = "in a container, start it with --shm-size=256m; else remove /dev/shm/fastrtps_* files"
