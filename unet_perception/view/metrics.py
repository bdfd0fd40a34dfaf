# SPDX-License-Identifier: Apache-2.0
"""The state as text for Prometheus (exposition format 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "unet_perception"

CAMERA_GAUGES = {
    "rate_hz": ("rate_hertz", "Masks per second.", 1.0),
    "latency_p50_ms": ("latency_p50_seconds", "Median of a frame's arrival to its mask.", 1e-3),
    "latency_p95_ms": ("latency_p95_seconds", "95th percentile of the same.", 1e-3),
    "latency_p99_ms": ("latency_p99_seconds", "99th percentile of the same.", 1e-3),
    "engine_p50_ms": ("engine_p50_seconds", "Median of scaling and network.", 1e-3),
    "level": ("level", "State: 0 ok, 1 warning, 2 error.", 1.0),
}
CAMERA_COUNTERS = {
    "received": "Frames that arrived.",
    "published": "Masks that were published.",
    "dropped": "Frames that a newer one replaced.",
    "refused": "Frames that could not be read.",
    "limited": "Frames left out by the rate limit.",
}


@dataclass
class Traffic:
    """What the page's server has done since its start.

    Attributes:
        viewers: Browsers that look now.
        encoded: Pictures encoded.
        sent: Picture messages handed to browsers' connections.
        sent_bytes: Their bytes.
        skipped: Picture messages that a browser was too slow for.
        refused: Requests and connections that were refused.
    """

    viewers: int = 0
    encoded: int = 0
    sent: int = 0
    sent_bytes: int = 0
    skipped: int = 0
    refused: int = 0


def metrics_text(state: Mapping[str, Any], traffic: Traffic) -> str:
    """Return the text.

    Args:
        state: What ``Board.as_dict`` returns.
        traffic: What the server has done.
    """
    lines: list[str] = []
    cameras = state["cameras"]
    _add(
        lines,
        "up",
        "gauge",
        "Whether the perception node tells its state.",
        [("", state["is_there"])],
    )
    for key, (name, words, factor) in CAMERA_GAUGES.items():
        told = [c for c in cameras if c[key] is not None]
        values = [(_labels(camera=c["name"]), c[key] * factor) for c in told]
        _add(lines, name, "gauge", words, values)
    for key, words in CAMERA_COUNTERS.items():
        values = [(_labels(camera=c["name"]), c[key]) for c in cameras]
        _add(lines, f"frames_{key}_total", "counter", words, values)
    _add(
        lines,
        "class_share",
        "gauge",
        "Share of a class in the last mask that was shown.",
        [
            (_labels(camera=c["name"], label=label), share)
            for c in cameras
            for label, share in c["shares"].items()
        ],
    )
    network = state["network"]
    if network is not None:
        runs = {key: network[key] for key in ("model", "engine", "precision", "device")}
        _add(lines, "info", "gauge", "What runs.", [(_labels(**runs), 1)])
    for name, kind, words, value in (
        ("view_viewers", "gauge", "Browsers that look.", traffic.viewers),
        ("view_encoded_total", "counter", "Pictures encoded.", traffic.encoded),
        ("view_sent_total", "counter", "Picture messages sent.", traffic.sent),
        ("view_sent_bytes_total", "counter", "Their bytes.", traffic.sent_bytes),
        ("view_skipped_total", "counter", "Those a browser was too slow for.", traffic.skipped),
        ("view_refused_total", "counter", "Requests that were refused.", traffic.refused),
    ):
        _add(lines, name, kind, words, [("", value)])
    return "\n".join(lines) + "\n"


def _add(
    lines: list[str], name: str, kind: str, words: str, values: Iterable[tuple[str, Any]]
) -> None:
    known = [(labels, value) for labels, value in values if value is not None]
    if not known:
        return
    full = f"{PREFIX}_{name}"
    lines += [f"# HELP {full} {words}", f"# TYPE {full} {kind}"]
    lines += [f"{full}{labels} {float(value):.10g}" for labels, value in known]


def _labels(**labels: str) -> str:
    return "{" + ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
