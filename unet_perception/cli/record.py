# SPDX-License-Identifier: Apache-2.0
"""``unet-perception record``: CameraRGB/CameraMask pairs from CARLA, for training."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unet_perception.carla.connect import Say
    from unet_perception.recording.disk import DiskFloor
    from unet_perception.recording.progress import Progress

CONFIG = "config/recorder.yaml"
CAMERAS = "config/carla_cameras.yaml"
GIGABYTE = 1_000_000_000


def add_parser(subparsers: Any) -> None:
    """Add the verb and its options."""
    parser = subparsers.add_parser("record", help="record pairs of picture and mask from CARLA")
    parser.add_argument("out", type=Path, metavar="DIR", help="folder; goes on where it stopped")
    _add_server(parser)
    _add_plan(parser)
    care = parser.add_argument_group("care")
    care.add_argument(
        "--verify", default="quick", help="check of a folder to go on with: quick or full (quick)"
    )
    care.add_argument(
        "--min-free", type=float, default=1.0, metavar="GB", help="must stay free on the disk (1)"
    )
    care.add_argument(
        "--patience", type=float, default=5.0, metavar="S", help="for a frame's images (5)"
    )
    care.add_argument(
        "--reconnect", type=float, default=120.0, metavar="S", help="wait for a lost server (120)"
    )
    care.add_argument(
        "--restart", default="", metavar="COMMAND", help="run between two sets, as to restart CARLA"
    )
    topics = parser.add_argument_group("from topics, without a connection to CARLA")
    topics.add_argument(
        "--from-topics", action="store_true", help="pair two topics by their stamps"
    )
    topics.add_argument(
        "--picture-topic", default="/carla/ego_vehicle/rgb_front/image", metavar="TOPIC"
    )
    topics.add_argument(
        "--ids-topic",
        default="/carla/ego_vehicle/semantic_segmentation_front/image",
        metavar="TOPIC",
        help="class ids: mono8, or in the red channel",
    )
    topics.add_argument(
        "--label-set", default="carla-0.9.14", metavar="NAME", help="of the ids (carla-0.9.14)"
    )
    parser.set_defaults(run=run)


def _add_server(parser: argparse.ArgumentParser) -> None:
    server = parser.add_argument_group("server")
    server.add_argument("--host", default="localhost", help="of CARLA (localhost)")
    server.add_argument("--port", type=int, default=2000, help="of CARLA (2000)")
    server.add_argument("--timeout", type=float, default=10.0, metavar="S", help="of calls (10)")
    server.add_argument(
        "--fixed-delta-seconds", type=float, default=0.05, metavar="S", help="of a tick (0.05)"
    )
    server.add_argument(
        "--recover", action="store_true", help="set a server free that nobody ticks"
    )


def _add_plan(parser: argparse.ArgumentParser) -> None:
    plan = parser.add_argument_group("plan; each of these counts instead of the plan's own")
    plan.add_argument("--plan", type=Path, metavar="FILE", help=f"YAML ({CONFIG})")
    plan.add_argument("--cameras", type=Path, metavar="FILE", help=f"YAML ({CAMERAS})")
    plan.add_argument("--pairs", type=int, metavar="N", help="of each set")
    plan.add_argument("--towns", nargs="+", metavar="TOWN")
    plan.add_argument("--weathers", nargs="+", metavar="PRESET")
    plan.add_argument("--times", nargs="+", metavar="TIME", help="noon, sunset, night, or degrees")
    plan.add_argument("--routes", type=int, metavar="N", help="from different spawn points")
    plan.add_argument("--val", nargs="+", metavar="NAME", help="towns or sets for val.txt")
    plan.add_argument("--min-distance", type=float, metavar="M", help="between kept frames")
    plan.add_argument("--keep-standing", action="store_true", default=None)
    plan.add_argument("--vehicle", metavar="BLUEPRINT", help="that carries the cameras")
    plan.add_argument("--vehicles", type=int, metavar="N", help="other vehicles")
    plan.add_argument("--walkers", type=int, metavar="N")
    plan.add_argument("--seed", type=int, metavar="S")


OVERRIDES = (
    *("pairs", "towns", "weathers", "times", "routes", "val", "min_distance", "keep_standing"),
    *("vehicle", "vehicles", "walkers", "seed"),
)


def run(options: argparse.Namespace) -> int:
    """Record; return the exit code: 0 when the plan is done, 130 when told to stop before.

    Raises:
        UnetPerceptionError: An option is wrong, the server refuses, or the disk does.
    """
    from unet_perception.ros import process

    process.prepare()
    from rich.console import Console

    from unet_perception.recording.display import Display
    from unet_perception.recording.progress import Progress

    console = Console()
    progress = Progress()
    display = Display(progress, console)
    record = _from_topics if options.from_topics else _from_carla
    try:
        with display:
            record(options, progress, display.say)
    finally:
        if progress.set:
            console.print(f"{options.out}: {display.summary()}", highlight=False, soft_wrap=True)
    return 0 if progress.left <= 0 else 130


def _from_carla(options: argparse.Namespace, progress: Progress, say: Say) -> None:
    _require_carla()
    from unet_perception.carla.cameras import load_cameras
    from unet_perception.carla.config import SessionConfig
    from unet_perception.files.share import shipped
    from unet_perception.recording.options import RecorderOptions
    from unet_perception.recording.plan_file import load_plan
    from unet_perception.recording.recorder import Recorder
    from unet_perception.ros import process

    given = {key: getattr(options, key) for key in OVERRIDES if getattr(options, key) is not None}
    if "times" in given:
        given["times"] = [_time(text) for text in given["times"]]
    session = SessionConfig(
        host=options.host,
        port=options.port,
        timeout=options.timeout,
        fixed_delta_seconds=options.fixed_delta_seconds,
        recover=options.recover,
    )
    wanted = RecorderOptions(
        root=options.out,
        session=session,
        cameras=load_cameras(options.cameras or shipped(CAMERAS)),
        plan=load_plan(options.plan or shipped(CONFIG), given),
        verify=options.verify,
        floor=_floor(options),
        patience=options.patience,
        reconnect=options.reconnect,
        restart=options.restart,
    )
    Recorder(wanted, progress, say, process.stop_is_pending).run()


def _from_topics(options: argparse.Namespace, progress: Progress, say: Say) -> None:
    from unet_perception.labels import load_label_set
    from unet_perception.nodes.recorder.topics import TopicRecording, record_topics
    from unet_perception.ros import process

    recording = TopicRecording(
        root=options.out,
        picture_topic=options.picture_topic,
        ids_topic=options.ids_topic,
        label_set=load_label_set(options.label_set).name,
        pairs=options.pairs or 0,
        verify=options.verify,
        floor=_floor(options),
    )
    record_topics(recording, progress, say, process.stop_is_pending)


def _floor(options: argparse.Namespace) -> DiskFloor:
    from unet_perception.recording.disk import DiskFloor

    return DiskFloor(round(options.min_free * GIGABYTE))


def _require_carla() -> None:
    from unet_perception.bringup.stacks import has_carla_client
    from unet_perception.errors import ConfigError

    if not has_carla_client():
        raise ConfigError(
            "the carla package is not installed: pip install carla==0.9.16, or the version of "
            "your server"
        )


def _time(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text
