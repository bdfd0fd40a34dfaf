# SPDX-License-Identifier: Apache-2.0
"""Recording from inside one's own CARLA script, which goes on driving as it likes.

``python record_from_own_script.py OUT [PORT]``, with CARLA, or ``unet-perception playback``, there.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import carla

from unet_perception.recording.alongside import record_pairs

PAIRS = 5


def main(out: Path, port: int) -> None:
    """Drive, and record a pair every second tick."""
    client = carla.Client("localhost", port)
    client.set_timeout(60.0)
    world = client.get_world()
    before = world.get_settings()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
    world.apply_settings(settings)
    blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
    vehicle = world.spawn_actor(blueprint, world.get_map().get_spawn_points()[0])
    world.tick()
    try:
        vehicle.apply_control(carla.VehicleControl(throttle=0.5))
        with record_pairs(out, vehicle, port=port) as recording:
            for turn in range(2 * PAIRS):
                frame = world.tick()
                if turn % 2:
                    print(recording.take(frame) or "an image did not come in time")
    finally:
        vehicle.destroy()
        world.apply_settings(before)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2000)
    # Not by Python's own end: CARLA's client has threads that may abort it.
    sys.stdout.flush()
    os._exit(0)
