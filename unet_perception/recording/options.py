# SPDX-License-Identifier: Apache-2.0
"""What a recording needs to know, checked before anything is connected or written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from unet_perception.carla.cameras import CameraSpec
from unet_perception.carla.config import SessionConfig
from unet_perception.errors import ConfigError
from unet_perception.recording.disk import DiskFloor
from unet_perception.recording.plan import Plan


@dataclass(frozen=True)
class RecorderOptions:
    """What to record, from where, and with what care.

    Attributes:
        root: Dataset folder.
        session: The server.
        cameras: What the ego vehicle carries.
        plan: Which pairs.
        verify: How much of a folder to check before going on with it: quick or full.
        floor: What must stay free on the disk.
        patience: Seconds that a frame's images may take.
        reconnect: Seconds to wait for a server that was lost; 0 ends at once.
        restart: Shell command to run between two sets, which may restart the server; empty
            for none.

    Raises:
        ConfigError: A value is not allowed.
    """

    root: Path
    session: SessionConfig
    cameras: tuple[CameraSpec, ...]
    plan: Plan
    verify: str = "quick"
    floor: DiskFloor = field(default_factory=lambda: DiskFloor(1_000_000_000))
    patience: float = 5.0
    reconnect: float = 120.0
    restart: str = ""

    def __post_init__(self) -> None:
        """Check what the parts do not."""
        if not 0.01 <= self.patience <= 600.0:
            raise ConfigError(f"patience is {self.patience}; it must be 0.01 to 600 seconds")
        if self.session.passive or not self.session.synchronous_mode:
            raise ConfigError(
                "recording ticks CARLA itself: passive and free-running are not for it"
            )
