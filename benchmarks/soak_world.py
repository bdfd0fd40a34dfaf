# SPDX-License-Identifier: Apache-2.0
"""What CARLA's own client sees of a server: settings and actors, as JSON on one line.

python benchmarks/soak_world.py PORT
"""

from __future__ import annotations

import json
import os
import sys

TIMEOUT_S = 30.0
OURS = ("vehicle.", "walker.", "sensor.", "controller.")


def main(port: int) -> None:
    """Print the world's state."""
    import carla

    client = carla.Client("127.0.0.1", port)
    client.set_timeout(TIMEOUT_S)
    world = client.get_world()
    settings = world.get_settings()
    if not settings.synchronous_mode:
        world.wait_for_tick(TIMEOUT_S)  # The first tick brings the actors.
    actors = [a.type_id for a in world.get_actors() if a.type_id.startswith(OURS)]
    state = {
        "synchronous_mode": settings.synchronous_mode,
        "fixed_delta_seconds": settings.fixed_delta_seconds,
        "actors": sorted(actors),
    }
    print(json.dumps(state), flush=True)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
        code = 0
    except RuntimeError as error:
        print(error, file=sys.stderr, flush=True)
        code = 1
    os._exit(code)  # Freeing CARLA's client can abort.
