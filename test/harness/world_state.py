# SPDX-License-Identifier: Apache-2.0
"""What anybody's client sees of a CARLA server: its settings and actors.

python world_state.py PORT
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any


def look(port: int) -> tuple[dict[str, Any], list[str]]:
    """Return all settings, and the actors as "type role"; with a client in this process."""
    import carla

    from unet_perception.carla.frames import wait_for_first
    from unet_perception.carla.world_settings import read_settings

    client = carla.Client("127.0.0.1", port, 2)
    client.set_timeout(10.0)
    world = client.get_world()
    settings = read_settings(world)
    if not settings["synchronous_mode"]:
        world.wait_for_tick(10.0)
    wait_for_first(world)
    actors = [
        f"{actor.type_id} {actor.attributes.get('role_name', '')}"
        for actor in world.get_actors()
        if actor.type_id != "spectator" and not actor.type_id.startswith("traffic.")
    ]
    return settings, sorted(actors)


def look_from_outside(port: int) -> Any:
    """Return the same, of a process of its own: the client may abort the one that it lives in."""
    command = [sys.executable, __file__, str(port)]
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=60.0)
    return json.loads(done.stdout)


if __name__ == "__main__":
    print(json.dumps(look(int(sys.argv[1]))), flush=True)
    os._exit(0)
