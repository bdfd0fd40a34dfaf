# SPDX-License-Identifier: Apache-2.0
"""What a user can set of the perception node."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unet_perception.engines.select import ENGINES, PRECISIONS
from unet_perception.nodes.parameters import Option, between, one_of

TOPIC_NAME = re.compile(r"(~/|/)?[A-Za-z_]\w*(/[A-Za-z_]\w*)*", re.ASCII)

PERCEPTION_OPTIONS = (
    Option(
        "input_image_topic",
        "",
        "topic of the camera's pictures; empty for the topic image, which can be remapped",
        "the name of a topic, such as /carla/hero/rgb/image, or empty",
        lambda value: not value or TOPIC_NAME.fullmatch(value) is not None,
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
        f"one of {', '.join(ENGINES)}",
        one_of(ENGINES),
    ),
    Option(
        "precision",
        "auto",
        "precision of the network's arithmetic; auto is the fastest that keeps the masks",
        f"one of {', '.join(PRECISIONS)}",
        one_of(PRECISIONS),
    ),
    Option(
        "threads",
        0,
        "processor threads of the engine; 0 takes all cores",
        "a whole number from 0 to 1024",
        between(0, 1024),
    ),
    Option(
        "engine_build_only",
        False,
        "open the engine, which builds and keeps what TensorRT needs, and leave",
        "true or false",
    ),
    Option(
        "overlay_alpha",
        0.5,
        "weight of the class colours in ~/overlay: 0 shows the picture only, 1 the colours only",
        "a number from 0 to 1",
        between(0.0, 1.0),
    ),
)


@dataclass(frozen=True)
class PerceptionConfig:
    """Settings of the perception node; see ``PERCEPTION_OPTIONS``."""

    input_image_topic: str
    model: str
    engine: str
    precision: str
    threads: int
    engine_build_only: bool
    overlay_alpha: float

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> PerceptionConfig:
        """Make the settings from what ``read_options`` returned."""
        return cls(**values)
