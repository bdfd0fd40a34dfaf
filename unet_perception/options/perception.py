# SPDX-License-Identifier: Apache-2.0
"""What a user can set of the perception node."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from unet_perception.engines.kind import ENGINE_KINDS, PRECISIONS
from unet_perception.errors import ConfigError
from unet_perception.options.option import Option, Range, choice, number, some_of, switch

TOPIC_NAME = re.compile(r"(~/|/)?[A-Za-z_]\w*(/[A-Za-z_]\w*)*", re.ASCII)
CAMERA_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
CAMERA = "{camera}"
"""Stands for a camera's name in the name of its topic."""

MAX_CAMERAS = 16
OUTPUTS = ("mask", "overlay", "color_mask", "camera_info")


def _is_topic(value: str) -> bool:
    return not value or TOPIC_NAME.fullmatch(value.replace(CAMERA, "camera")) is not None


def _are_cameras(names: list[str]) -> bool:
    if names == [""]:
        return True
    fit = all(CAMERA_NAME.fullmatch(name) for name in names)
    return fit and 0 < len(set(names)) == len(names) <= MAX_CAMERAS


CONFIGURE_OPTIONS = (
    Option(
        "cameras",
        [""],
        "names of the cameras, each with topics of its own; one empty name for a camera without",
        f"up to {MAX_CAMERAS} different names of letters, digits and _, such as [front, rear]; "
        'or [""]',
        _are_cameras,
    ),
    Option(
        "input_image_topic",
        "",
        f"topic of the cameras' pictures, {CAMERA} for their name; empty for image, or "
        "<camera>/image, which can be remapped",
        "the name of a topic, such as /carla/hero/rgb/image, or empty",
        _is_topic,
    ),
    Option(
        "model",
        "carla_unet",
        "model bundle",
        "the name of a shipped model or the path of a bundle's folder",
        bool,
    ),
    Option(
        "engine",
        "auto",
        "what runs the network; auto takes the fastest that is installed",
        f"one of auto, {', '.join(ENGINE_KINDS.built_in)}, or one that another package adds",
        lambda value: value == "auto" or value in ENGINE_KINDS,
    ),
    choice(
        "precision",
        "auto",
        "precision of the network's arithmetic; auto is the fastest that keeps the masks",
        PRECISIONS,
    ),
    number("threads", 0, "processor threads of the engine; 0 takes all cores", 0, 1024),
    switch(
        "autostart",
        True,
        "configure and activate the node at its start; else a lifecycle manager does",
    ),
    switch(
        "engine_build_only",
        False,
        "open the engine, which builds and keeps what TensorRT needs, and leave",
    ),
)

LIVE_OPTIONS = (
    Option(
        "outputs",
        list(OUTPUTS),
        "topics that are published to those who listen",
        f"a list of some of {', '.join(OUTPUTS)}",
        some_of(OUTPUTS),
        live=True,
    ),
    number(
        "overlay_alpha",
        0.5,
        "weight of the class colours in ~/overlay: 0 shows the picture only, 1 the colours only",
        0.0,
        1.0,
        live=True,
    ),
    Option(
        "highlight",
        [""],
        "classes that keep their colours in ~/overlay and ~/color_mask, all others are grey; "
        "none for all",
        'names of classes of the model, such as [Pedestrians, Vehicles]; or [""]',
        lambda names: len(set(names)) == len(names),
        live=True,
    ),
    number(
        "rate_limit",
        0.0,
        "most masks per second and camera, for those who share the machine; 0 for any",
        0.0,
        1000.0,
        live=True,
    ),
    switch(
        "skip_static",
        False,
        "publish the last mask again while the network would see the same picture",
        live=True,
    ),
    *(
        Option(name, 0.0, text, "a number of 0 or more", Range(0.0, 1e6), live=True)
        for name, text in (
            ("latency_warn_ms", "95th percentile of latency above which diagnostics warn; 0 never"),
            ("latency_error_ms", "the same for an error; 0 never"),
            ("rate_warn_hz", "masks per second below which diagnostics warn; 0 never"),
            ("rate_error_hz", "the same for an error; 0 never"),
            ("dropped_warn_percent", "share of frames dropped above which diagnostics warn"),
        )
    ),
)

PERCEPTION_OPTIONS = (*CONFIGURE_OPTIONS, *LIVE_OPTIONS)


@dataclass(frozen=True)
class Limits:
    """What is expected of a camera; 0 expects nothing.

    Attributes:
        latency_warn_ms: 95th percentile of arrival to mask, above which it is a warning.
        latency_error_ms: The same for an error.
        rate_warn_hz: Masks per second below which it is a warning.
        rate_error_hz: The same for an error.
        dropped_warn_percent: Share of frames dropped above which it is a warning.
    """

    latency_warn_ms: float = 0.0
    latency_error_ms: float = 0.0
    rate_warn_hz: float = 0.0
    rate_error_hz: float = 0.0
    dropped_warn_percent: float = 0.0


@dataclass(frozen=True)
class LiveConfig:
    """What acts at once; see ``LIVE_OPTIONS``."""

    outputs: frozenset[str]
    overlay_alpha: float
    highlight: frozenset[str]
    rate_limit: float
    skip_static: bool
    limits: Limits

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> LiveConfig:
        """Make the settings from what ``read_options`` returned."""
        return cls(
            outputs=frozenset(values["outputs"]) - {""},
            overlay_alpha=values["overlay_alpha"],
            highlight=frozenset(values["highlight"]) - {""},
            rate_limit=values["rate_limit"],
            skip_static=values["skip_static"],
            limits=Limits(**{field.name: values[field.name] for field in fields(Limits)}),
        )


@dataclass(frozen=True)
class PerceptionConfig:
    """What acts when the node is configured; see ``CONFIGURE_OPTIONS``."""

    cameras: tuple[str, ...]
    input_image_topic: str
    model: str
    engine: str
    precision: str
    threads: int
    autostart: bool
    engine_build_only: bool

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> PerceptionConfig:
        """Make the settings from what ``read_options`` returned.

        Raises:
            ConfigError: Several cameras have one topic.
        """
        given = {field.name: values[field.name] for field in fields(cls)}
        config = cls(**{**given, "cameras": tuple(values["cameras"])})
        topic = config.input_image_topic
        if len(config.cameras) > 1 and topic and CAMERA not in topic:
            raise ConfigError(
                f"parameter input_image_topic is {topic!r}, one topic for {len(config.cameras)} "
                f"cameras; it must have {CAMERA} where their names belong"
            )
        return config

    def input_topic(self, camera: str) -> str:
        """Return the topic of a camera's pictures, before remapping."""
        if self.input_image_topic:
            return self.input_image_topic.replace(CAMERA, camera)
        return f"{camera}/image" if camera else "image"
