# SPDX-License-Identifier: Apache-2.0
"""Recording from inside somebody's own script, which drives CARLA and ticks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from unet_perception.carla.cameras import CameraSpec
from unet_perception.carla.config import SessionConfig
from unet_perception.carla.rig import CameraImage, Rig
from unet_perception.carla.session import Session
from unet_perception.carla.world_settings import read_weather
from unet_perception.recording.arrivals import Arrivals
from unet_perception.recording.drive import pair_job
from unet_perception.recording.layout import camera_folders, folder_identity
from unet_perception.recording.resume import open_folder
from unet_perception.recording.writer import PairWriter

CAMERAS = (CameraSpec("rgb_front", "rgb"), CameraSpec("ids_front", "semantic_segmentation"))
"""800x600, on the bonnet, as the node's are."""

PATIENCE_S = 5.0


class PairRecording:
    """Cameras on a vehicle of somebody else's, and the folder that they fill."""

    def __init__(
        self,
        session: Session,
        vehicle: Any,
        folders: dict[str, str],
        arrivals: Arrivals[CameraImage],
        writer: PairWriter,
        set_name: str,
    ) -> None:
        """Take what ``record_pairs`` has opened."""
        self._session, self._vehicle, self._folders = session, vehicle, folders
        self._arrivals, self._writer, self._set_name = arrivals, writer, set_name

    def take(self, frame: int) -> str:
        """Write the pair of a frame; waits while the disk is behind.

        Args:
            frame: What ``world.tick()`` returned; higher than that of the last call, and one of
                the newest 32.

        Returns:
            The pair's name, ``000123``; empty where an image did not come within 5 s.

        Raises:
            SimulatorError: The server does not answer.
            DatasetError: A pair cannot be written.
        """
        images = self._arrivals.take(frame, PATIENCE_S)
        if images is None:
            return ""
        with self._session.asked("tell the weather"):
            weather = read_weather(self._session.world)
            place, velocity = self._vehicle.get_transform(), self._vehicle.get_velocity()
        by_folder = {self._folders[name]: image for name, image in images.items()}
        town = self._session.town
        return self._writer.submit(
            pair_job(by_folder, self._set_name, town, weather, place, velocity)
        )


@contextmanager
def record_pairs(
    root: str | Path,
    vehicle: Any,
    cameras: Sequence[CameraSpec] = CAMERAS,
    host: str = "localhost",
    port: int = 2000,
    set_name: str = "own_script",
) -> Iterator[PairRecording]:
    """Put cameras on a vehicle, and give what takes their pairs; for a ``with`` statement.

    The script keeps its client, its settings and its ticks; the server is to be in synchronous
    mode. Behind the block every pair that was taken is on the disk and the cameras are gone, also
    when an error ends it. A folder that was begun goes on where it stopped.

    Args:
        root: Dataset folder.
        vehicle: The script's ``carla.Vehicle``; there must have been a tick since it was spawned.
        cameras: A picture and a mask with one pose and size, or several such views.
        host: Of the server.
        port: Of the server.
        set_name: What the manifest calls these pairs.

    Raises:
        ConfigError: The cameras make no pairs.
        SimulatorError: There is no server, or it refuses the cameras.
        DatasetError: The folder is of other cameras, or cannot be written.
    """
    folders = dict(camera_folders(cameras))
    arrivals = Arrivals[CameraImage](len(cameras))

    def put(image: CameraImage) -> None:
        arrivals.put(image.frame, image.spec.name, image)

    with Session(SessionConfig(host, port, passive=True)) as session:
        identity = folder_identity(cameras, session.server_version, "unet_perception.recording")
        with (
            open_folder(Path(root), identity) as folder,
            PairWriter(folder) as writer,
            Rig(session, vehicle, cameras, put),
        ):
            yield PairRecording(session, vehicle, folders, arrivals, writer, set_name)
