# SPDX-License-Identifier: Apache-2.0
"""``unet-perception view``: camera and mask live in a browser."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add the verb and its options."""
    parser = subparsers.add_parser("view", help="camera and mask live in a browser")
    parser.add_argument(
        "--node", help="the perception node that is shown, such as /car1/perception (perception)"
    )
    parser.add_argument(
        "--host", help="address to listen on; beyond 127.0.0.1 a token is needed (127.0.0.1)"
    )
    parser.add_argument("--port", type=int, help="port; 0 takes any (8080)")
    parser.add_argument("--token-file", metavar="FILE", help="has the token in its first line")
    parser.add_argument(
        "--names", nargs="+", metavar="NAME", help="further names of this host, as behind a proxy"
    )
    parser.add_argument("--rate", type=float, help="most pictures a second and camera (10)")
    parser.add_argument("--quality", type=int, help="JPEG quality (80)")
    parser.add_argument("--most-viewers", type=int, metavar="N", help="at one time (16)")
    parser.set_defaults(run=run)


OPTIONS = ("node", "host", "port", "token_file", "names", "rate", "quality", "most_viewers")


def run(options: argparse.Namespace) -> int:
    """Become the node ``live_view``, with the options as its parameters.

    Raises:
        ConfigError: An option is wrong.
    """
    import os
    import sys

    from unet_perception.bringup.parts import RosNode
    from unet_perception.options.live_view import LIVE_VIEW_OPTIONS
    from unet_perception.options.option import read_options

    given = {key: getattr(options, key) for key in OPTIONS if getattr(options, key) is not None}
    read_options(LIVE_VIEW_OPTIONS, given)
    sys.stdout.flush()
    # Not called here: a node's process blocks signals before anything else.
    node = RosNode("live_view", parameters=given)
    os.execv(sys.executable, [sys.executable, *node.python_arguments()])
