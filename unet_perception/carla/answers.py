# SPDX-License-Identifier: Apache-2.0
"""What the client's exceptions mean, in one sentence for the user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from unet_perception.errors import SimulatorError, SimulatorLostError

_RPC_ERROR = re.compile(r"rpc::rpc_error during call in function (\w+)")


def unanswered(error: BaseException) -> bool:
    """Tell whether the client gave up waiting for the server."""
    return isinstance(error, RuntimeError) and str(error).startswith("time-out of")


def translate(error: RuntimeError, address: str, doing: str) -> SimulatorError:
    """Return what an exception of the client says, with the server and what was asked of it."""
    if unanswered(error):
        return SimulatorLostError(
            f"CARLA at {address} does not answer any more (while it was asked to {doing}): "
            "it has stopped, hangs, or needs a longer timeout"
        )
    text = " ".join(str(error).split())
    call = _RPC_ERROR.search(text)
    if call is not None:
        text = f"its method {call[1]} failed"
    return SimulatorError(f"CARLA at {address} refused to {doing}: {text}")


@contextmanager
def translated(address: str, doing: str) -> Iterator[None]:
    """Turn the client's ``RuntimeError`` into ``SimulatorError`` or ``SimulatorLostError``."""
    try:
        yield
    except RuntimeError as error:
        raise translate(error, address, doing) from error
