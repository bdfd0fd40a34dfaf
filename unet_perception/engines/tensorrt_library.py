# SPDX-License-Identifier: Apache-2.0
"""The TensorRT package: whether it is there, whole, and of a release that is known to work.

Nothing of TensorRT is made here: without a GPU that would end the process.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from unet_perception.errors import EngineError

PACKAGE = "tensorrt"
OLDEST = (10, 13)
NEWEST = (11,)
BROKEN = ((11, 2), (11, 3))
"""Plans of gigabytes for plain networks: NVIDIA/TensorRT issue 4841."""

INSTALL = "pip install 'tensorrt>=10.13,<12,!=11.2.*,!=11.3.*'"
OTHER_WAY = "engine cuda runs without it"

KEPT_MESSAGES = 20

_logs: dict[str, Any] = {}


def tensorrt_library(package: str = PACKAGE) -> Any:
    """Import TensorRT.

    Args:
        package: Name of the module; TensorRT for RTX has the same interface under another.

    Raises:
        EngineError: It is not installed, lacks its libraries, or is of an unsuitable release.
    """
    if not find_spec(package):
        raise EngineError(f"TensorRT is not installed: {INSTALL}; {OTHER_WAY}")
    try:
        library = import_module(package)
    except (ImportError, OSError) as error:
        # The bindings are a package of their own: they can be there without the libraries.
        raise EngineError(
            f"TensorRT's Python package is there, but cannot be loaded: {error}; reinstall it: "
            f"{INSTALL}; {OTHER_WAY}"
        ) from error
    if package == PACKAGE:
        check_version(str(getattr(library, "__version__", "")))
    return library


def check_version(version: str) -> None:
    """Refuse releases that this engine was not written for.

    Raises:
        EngineError: The release is too old, too new, or known to be broken.
    """
    match = re.match(r"(\d+)\.(\d+)", version)
    if not match:
        raise EngineError(f"TensorRT has version {version!r}, which cannot be read: {INSTALL}")
    release = int(match[1]), int(match[2])
    if release in BROKEN:
        raise EngineError(
            f"TensorRT {version} builds engines of gigabytes (NVIDIA/TensorRT issue 4841): "
            f"{INSTALL}; {OTHER_WAY}"
        )
    if release < OLDEST or release[:1] > NEWEST:
        raise EngineError(
            f"TensorRT {version} is not supported, 10.13 to 11 are: {INSTALL}; {OTHER_WAY}"
        )


def shared_log(library: Any) -> Any:
    """Return this process's log for TensorRT, which keeps the last errors.

    TensorRT takes one log for a process and goes on with the first it was given.
    """
    name = str(library.__name__)
    if name not in _logs:
        _logs[name] = _make_log(library)
    return _logs[name]


def _make_log(library: Any) -> Any:
    serious = (library.ILogger.Severity.INTERNAL_ERROR, library.ILogger.Severity.ERROR)

    class ErrorLog(library.ILogger):  # type: ignore[misc]
        """Keeps error messages, so that an exception can say them."""

        def __init__(self) -> None:
            library.ILogger.__init__(self)
            self._lock = threading.Lock()
            self._errors: deque[str] = deque(maxlen=KEPT_MESSAGES)

        def log(self, severity: Any, message: str) -> None:
            if severity in serious:
                with self._lock:
                    self._errors.append(" ".join(message.split()))

        def take(self) -> str:
            """Return what was said since the last call, and forget it."""
            with self._lock:
                text = "; ".join(dict.fromkeys(self._errors))
                self._errors.clear()
            return text or "TensorRT said nothing of the reason"

    return ErrorLog()
