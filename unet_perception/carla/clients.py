# SPDX-License-Identifier: Apache-2.0
"""Clients that this process has made: one that works is used again, none is ever freed.

Freeing one is not safe in carla 0.9.16: its threads go on while it is torn down. Seen were a
segmentation fault after a session that had ended well, and aborts when the server was gone and
the client's streams were connecting again.
"""

from __future__ import annotations

import ctypes

import carla

_working: dict[str, carla.Client] = {}


def working_client(server: str) -> carla.Client | None:
    """Return the client that was last connected to a server, unless it was retired."""
    return _working.get(server)


def keep_client(server: str, client: carla.Client) -> None:
    """Keep a client that a server has answered; never free it, not even as Python ends."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(client))
    _working[server] = client


def retire_client(server: str) -> None:
    """Do not use a client again: one whose server was lost never connects to its successor."""
    _working.pop(server, None)
