# SPDX-License-Identifier: Apache-2.0
"""What a user can set of the live page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unet_perception.options.option import Option, file_or_nothing, number

TOKEN_VARIABLE = "UNET_PERCEPTION_VIEW_TOKEN"
NODE_NAME = re.compile(r"/?[A-Za-z_]\w*(/[A-Za-z_]\w*)*", re.ASCII)
HOST_NAME = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+", re.ASCII)

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8080

LIVE_VIEW_OPTIONS = (
    Option(
        "node",
        "perception",
        "the perception node that is shown; a relative name is below the page's own namespace",
        "the name of a node, such as perception or /car1/perception",
        lambda value: NODE_NAME.fullmatch(value) is not None,
    ),
    Option(
        "host",
        DEFAULT_HOST,
        "address to listen on; one that others can reach needs a token",
        "an address such as 127.0.0.1, 0.0.0.0 or ::1, or a name",
        lambda value: HOST_NAME.fullmatch(value) is not None,
    ),
    number("port", DEFAULT_PORT, "port; 0 takes any", 0, 65535),
    Option(
        "token_file",
        "",
        f"file whose first line is the token that browsers must show; {TOKEN_VARIABLE} in the "
        "environment does the same",
        "the path of a file, or empty",
        file_or_nothing,
    ),
    Option(
        "names",
        [""],
        "further names under which browsers ask for the page, as behind a proxy",
        'a list of names such as [car.example.org]; or [""]',
        lambda names: all(not name or HOST_NAME.fullmatch(name) for name in names),
    ),
    number("rate", 10.0, "most pictures per second and camera that are sent", 0.1, 60.0),
    number("quality", 80, "JPEG quality of pictures that come as pixels", 1, 100),
    number("most_viewers", 16, "browsers that may look at one time", 1, 1000),
    number(
        "linger",
        60.0,
        "seconds for which topics stay subscribed to after the last one has looked",
        0.0,
        86400.0,
    ),
    number("nice", 15, "how far the page stands behind everything else for the processor", 0, 19),
)


@dataclass(frozen=True)
class LiveViewConfig:
    """Settings of the live page; see ``LIVE_VIEW_OPTIONS``."""

    node: str
    host: str
    port: int
    token_file: str
    names: tuple[str, ...]
    rate: float
    quality: int
    most_viewers: int
    linger: float
    nice: int

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> LiveViewConfig:
        """Make the settings from what ``read_options`` returned."""
        return cls(**{**values, "names": tuple(name for name in values["names"] if name)})
