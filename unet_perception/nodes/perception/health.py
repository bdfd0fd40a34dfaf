# SPDX-License-Identifier: Apache-2.0
"""When a camera's state is worth a warning, and when it is an error."""

from __future__ import annotations

from unet_perception.nodes.perception.statistics import Snapshot
from unet_perception.options.diagnostics import ERROR, OK, SILENCE_S, WARN
from unet_perception.options.perception import Limits


def judge(state: Snapshot, limits: Limits, paused_s: float = 0.0) -> tuple[int, str]:
    """Return the level of ``/diagnostics`` and the state in words.

    Args:
        state: The camera's.
        limits: What is expected of it.
        paused_s: Seconds for which simulated time has stood still; 0 if it goes on.
    """
    if state.silent_s >= SILENCE_S:
        if paused_s >= SILENCE_S:
            return OK, f"paused: simulated time has stood still for {paused_s:.0f} s"
        return WARN, f"no frames for {state.silent_s:.0f} s"
    if state.refused_lately:
        if state.served_lately:
            return WARN, f"some frames are refused: {state.last_refusal}"
        return ERROR, f"every frame is refused: {state.last_refusal}"
    if not state.counts.received:
        return OK, "ready"
    worst = max(_complaints(state, limits), default=(OK, ""), key=lambda one: one[0])
    return worst if worst[0] != OK else (OK, "segmenting")


def _complaints(state: Snapshot, limits: Limits) -> list[tuple[int, str]]:
    found = []
    if state.latency is not None:
        text = f"latency p95 is {state.latency.p95:.1f} ms"
        if 0 < limits.latency_error_ms < state.latency.p95:
            found.append((ERROR, f"{text}, above {limits.latency_error_ms:g}"))
        elif 0 < limits.latency_warn_ms < state.latency.p95:
            found.append((WARN, f"{text}, above {limits.latency_warn_ms:g}"))
    text = f"rate is {state.rate_hz:.1f} Hz"
    if state.rate_hz < limits.rate_error_hz:
        found.append((ERROR, f"{text}, below {limits.rate_error_hz:g}"))
    elif state.rate_hz < limits.rate_warn_hz:
        found.append((WARN, f"{text}, below {limits.rate_warn_hz:g}"))
    share = state.dropped_share * 100
    if 0 < limits.dropped_warn_percent < share:
        found.append((WARN, f"{share:.0f} % of the frames are dropped"))
    return found
