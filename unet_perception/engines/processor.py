# SPDX-License-Identifier: Apache-2.0
"""What this machine's processor can do, as the kernel lists it."""

from __future__ import annotations

from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")
_FLAG_KEYS = ("flags", "Features")  # x86 and ARM

# Multiply-adds of 8-bit numbers into 32 bits. Without one of them they pass through 16 bits
# first, which overflow where both factors are large: other masks than those that were measured.
_INT8_FLAGS = ("avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm")
_BF16_FLAGS = ("avx512_bf16", "amx_bf16", "bf16")


def processor_flags(cpu_info: Path = _CPU_INFO) -> frozenset[str]:
    """Return the instruction sets of the first core; none where the kernel lists none."""
    try:
        lines = cpu_info.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip() in _FLAG_KEYS:
            return frozenset(value.split())
    return frozenset()


def int8_flags(flags: frozenset[str]) -> tuple[str, ...]:
    """Return which of a processor's flags stand for exact 8-bit multiply-adds."""
    return tuple(flag for flag in _INT8_FLAGS if flag in flags)


def bf16_flags(flags: frozenset[str]) -> tuple[str, ...]:
    """Return which of a processor's flags stand for arithmetic in bfloat16."""
    return tuple(flag for flag in _BF16_FLAGS if flag in flags)
