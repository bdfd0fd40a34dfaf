# SPDX-License-Identifier: Apache-2.0
"""Which camera fills which folder of a dataset."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict

from unet_perception.carla.cameras import CameraSpec
from unet_perception.dataset import DatasetInfo
from unet_perception.errors import ConfigError
from unet_perception.labels import carla_label_set
from unet_perception.recording.identity import identity_of

FOLDERS = {
    "rgb": "CameraRGB",
    "semantic_segmentation": "CameraMask",
    "depth": "CameraDepth",
    "instance_segmentation": "CameraInstance",
}
"""By the type of camera."""

PAIR = ("rgb", "semantic_segmentation")


def camera_folders(cameras: Sequence[CameraSpec]) -> Mapping[str, str]:
    """Return the folder of each camera by its name.

    Cameras with one pose, size and field of view are one view of the world. The first view's
    folders are the plain ones; those of a further view carry its name, which is what the name
    of its colour camera has behind ``rgb_``: ``CameraRGB_left``.

    Raises:
        ConfigError: A view lacks its colour or its semantic camera, or has two of a type;
            two views have the same name; a camera has a rate of its own.
    """
    views: dict[Hashable, list[CameraSpec]] = {}
    for camera in cameras:
        if camera.rate:
            raise ConfigError(
                f"camera {camera.name}: rate is {camera.rate:g}; it must be 0 for recording, "
                "where the plan's distances choose the frames"
            )
        views.setdefault(camera.view, []).append(camera)
    folders: dict[str, str] = {}
    suffixes: set[str] = set()
    for members in views.values():
        suffix = _suffix(members) if suffixes else ""
        if suffix in suffixes:
            raise ConfigError(f"two views are called {suffix[1:]!r}; rename their rgb cameras")
        suffixes.add(suffix)
        folders.update({camera.name: FOLDERS[camera.type] + suffix for camera in members})
        _check(members)
    if not folders:
        raise ConfigError("no cameras: recording needs an rgb and a semantic_segmentation camera")
    return folders


def folder_identity(cameras: Sequence[CameraSpec], version: str, source: str) -> DatasetInfo:
    """Return what a folder has in common that these cameras fill.

    Args:
        cameras: At least one picture and one mask of it.
        version: Of the CARLA server.
        source: What records, in words.

    Raises:
        ConfigError: As ``camera_folders``.
    """
    folders = camera_folders(cameras)
    settings = {folders[spec.name]: _settings(spec) for spec in cameras}
    return identity_of(carla_label_set(version), settings, version, source)


def _settings(spec: CameraSpec) -> dict[str, object]:
    """Return what decides how a camera's pictures look."""
    settings = asdict(spec)
    for key in ("name", "rate"):
        del settings[key]
    return settings


def _suffix(members: Sequence[CameraSpec]) -> str:
    rgb = next((camera for camera in members if camera.type == "rgb"), members[0])
    return "_" + rgb.name.removeprefix("rgb_")


def _check(members: Sequence[CameraSpec]) -> None:
    types = [camera.type for camera in members]
    names = ", ".join(camera.name for camera in members)
    for kind in PAIR:
        if kind not in types:
            raise ConfigError(
                f"the view of {names} has no {kind} camera: give both the same pose, size and fov"
            )
    if len(set(types)) < len(types):
        raise ConfigError(f"the view of {names} has two cameras of one type")
