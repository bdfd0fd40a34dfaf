# SPDX-License-Identifier: Apache-2.0
"""The code of a program that uses all of a session until somebody ends it."""

from __future__ import annotations


def busy_session(timeout: float = 5.0) -> str:
    """Return code that says "busy" once its cameras run; for the fixture ``program``.

    Args:
        timeout: Seconds after which it gives its server up.
    """
    return f"""
with Session(SessionConfig(port=PORT, timeout={timeout}), say) as session:
    vehicle = session.ego("ego_vehicle")
    spawn_traffic(session, 2, 2)
    with Rig(session, vehicle, CAMERAS, lambda image: None):
        session.step()  # Now a frame shows the cameras.
        print("busy", flush=True)
        while True:
            session.step()
"""
