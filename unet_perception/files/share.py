# SPDX-License-Identifier: Apache-2.0
"""Finding the files that ship beside the Python package: models, config, launch files."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from unet_perception.errors import ConfigError

PACKAGE = "unet_perception"


def share_path(relative: str) -> Path | None:
    """Return the installed or source path of a shipped file or folder.

    Looked for in this order: the source tree that the package runs from (a checkout, an
    editable or symlinked install), each prefix of ``AMENT_PREFIX_PATH`` (colcon), and the
    Python environment (pip).

    Args:
        relative: Path below the package's share folder, such as ``models/carla_unet``.

    Returns:
        The first that exists, or None.
    """
    source = Path(__file__).resolve().parents[2]
    roots = [source] if (source / "package.xml").is_file() else []
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    roots += [Path(p) / "share" / PACKAGE for p in [*prefixes, sys.prefix] if p]
    return next((root / relative for root in roots if (root / relative).exists()), None)


def shipped(relative: str) -> Path:
    """Return the path of what the package cannot be without; see ``share_path``.

    Raises:
        ConfigError: It is missing.
    """
    path = share_path(relative)
    if path is None:
        raise ConfigError(f"the shipped {relative} is missing; install the package again")
    return path
