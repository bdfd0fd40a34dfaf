# SPDX-License-Identifier: Apache-2.0
"""What another client sees of a CARLA server's world; a process of its own, as it may abort."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

WORLD = """
import json, os, sys
import carla
client = carla.Client("127.0.0.1", int(sys.argv[1]))
client.set_timeout(10.0)
world = client.get_world()
{work}
try:
    world.wait_for_tick(1.0)  # A new client knows no actors before it has seen a frame.
except RuntimeError:
    pass  # Nobody ticks; the server shows the newest frame by itself.
settings = world.get_settings()
actors = {{a.id: [a.type_id, a.attributes.get("role_name", "")] for a in world.get_actors()}}
told = [settings.synchronous_mode, settings.fixed_delta_seconds, sorted(actors.values())]
print(json.dumps(told), flush=True)
os._exit(0)  # Its threads may abort a Python that ends.
"""

SPAWN = """
blueprint = world.get_blueprint_library().find("vehicle.audi.tt")
blueprint.set_attribute("role_name", "hero")
world.spawn_actor(blueprint, world.get_map().get_spawn_points()[5])
settings = world.get_settings()
settings.fixed_delta_seconds = 0.04
world.apply_settings(settings)
"""


def world(server: Any, work: str = "") -> tuple[bool, float | None, list[Any]]:
    """Return synchronous mode, step, and type and role of each actor, after some work."""
    result = subprocess.run(
        [sys.executable, "-c", WORLD.format(work=work), str(server.port)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    synchronous, delta, actors = json.loads(result.stdout.splitlines()[-1])
    return synchronous, delta, actors


UNTOUCHED = (False, None, [["spectator", ""]])
"""A server's world before anybody came."""
