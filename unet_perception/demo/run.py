# SPDX-License-Identifier: Apache-2.0
"""One run of the demo, from start to pictures."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.live import Live

from unet_perception.bringup.stacks import live_view
from unet_perception.demo.pictures import PictureSampler
from unet_perception.demo.processes import ProcessGroup, demo_environment
from unet_perception.demo.stack import (
    CAMERA,
    TRUTH,
    Stack,
    camera_stack,
    choose_source,
    free_port,
    page_port,
    playback_stack,
)
from unet_perception.demo.statistics import RunStatistics
from unet_perception.demo.table import render
from unet_perception.errors import ConfigError, UnetPerceptionError
from unet_perception.imaging import Frame, colorize, to_rgb
from unet_perception.imaging.contact_sheet import contact_sheet
from unet_perception.labels import LabelMap, label_map, load_label_set
from unet_perception.model.bundle import load_bundle
from unet_perception.options.live_view import DEFAULT_HOST
from unet_perception.ros import process
from unet_perception.segmenter import find_model

NODE = "/perception"
TOPICS = {
    "camera": CAMERA,
    "truth": TRUTH,
    "mask": f"{NODE}/mask",
    "overlay": f"{NODE}/overlay",
}
COLUMNS = ("camera", "overlay", "truth")
TICK_SECONDS = 0.25
FIRST_MASK_SECONDS = 60.0


@dataclass(frozen=True)
class DemoOptions:
    """What the demo shows and for how long.

    Attributes:
        data: Folder of CameraRGB/CameraMask pairs, or None for the built-in street.
        rate: Camera frames a second.
        seconds: Time to run after the first mask; 0 runs until Ctrl-C.
        out: Folder for pictures and logs.
        model: Model bundle, by path or shipped name.
        engine: Engine of the node.
        precision: Precision of the engine.
        source: ``carla`` for CARLA's client on the playback server, ``camera`` for a
            camera node, ``auto`` for the first where it can run.
        view: Whether it is shown in web browsers as well.
    """

    data: Path | None
    rate: float
    seconds: float
    out: Path
    model: str
    engine: str
    precision: str
    source: str
    view: bool = True

    def __post_init__(self) -> None:
        """Refuse values that cannot work, before any process starts."""
        if self.data is not None and not self.data.is_dir():
            raise ConfigError(f"data is {str(self.data)!r}; it must be an existing folder")
        if not 0.1 <= self.rate <= 200.0:
            raise ConfigError(f"rate is {self.rate}; it must be 0.1 to 200 frames a second")
        if self.seconds < 0:
            raise ConfigError(f"seconds is {self.seconds}; it must be 0 (until Ctrl-C) or more")


class _Viewer:
    """Hands what arrives to the statistics and the sampler."""

    def __init__(self, statistics: RunStatistics, sampler: PictureSampler, truth: LabelMap) -> None:
        self._statistics = statistics
        self._sampler = sampler
        self._truth = truth
        self._palette = statistics.label_set.palette

    def on_image(self, kind: str, stamp: int, frame: Frame) -> None:
        if kind == "camera":
            self._statistics.camera(stamp, time.monotonic_ns())
        elif kind == "truth":
            ids = self._truth.apply(frame.pixels)
            self._statistics.ids(kind, stamp, time.monotonic_ns(), ids)
        elif kind == "mask":
            self._statistics.ids(kind, stamp, time.monotonic_ns(), frame.pixels.copy())
        now = time.monotonic()
        if kind in COLUMNS and self._sampler.due(now):
            picture = (
                colorize(self._truth.apply(frame.pixels), self._palette)
                if kind == "truth"
                else to_rgb(frame.pixels, frame.encoding).copy()
            )
            self._sampler.offer(kind, stamp, picture, now)

    def on_diagnostics(self, values: Mapping[str, str]) -> None:
        self._statistics.diagnostics(values)


def run_demo(options: DemoOptions) -> int:
    """Run the demo and return its exit code.

    Raises:
        UnetPerceptionError: A process died, or no mask came.
    """
    process.prepare()
    os.environ.update(demo_environment(os.environ))
    label_set = load_bundle(find_model(options.model)).spec.label_set
    statistics = RunStatistics(label_set)
    sampler = PictureSampler(COLUMNS)
    options.out.mkdir(parents=True, exist_ok=True)
    console = Console()
    stack = _stack(options, label_set.name)
    truth = label_map(load_label_set(stack.truth_label_set), label_set)
    shown = f"pairs in {options.data}" if options.data else "the built-in street"
    console.print(
        f"camera: {shown} at {options.rate:g} Hz, through {stack.source}    "
        f"ROS domain: {os.environ['ROS_DOMAIN_ID']}"
    )
    parts = stack.parts
    if options.view:
        port = page_port()
        parts = (*parts, live_view(NODE, port))
        console.print(f"live page: http://{DEFAULT_HOST}:{port}/", highlight=False)
    with ProcessGroup(options.out, os.environ) as group:
        for part in parts:
            group.start(part.name, part.python_arguments(), part.needed)
        # After the processes: rclpy starts threads, and a fork must not see them.
        from unet_perception.demo.monitor import Monitor
        from unet_perception.ros.listen import listening

        viewer = _Viewer(statistics, sampler, truth)
        with listening("monitor", lambda node, _: Monitor(TOPICS, "perception", viewer, node)):
            _watch(group, statistics, options, console)
        codes = group.stop()
    _report(codes, statistics, sampler, options, console)
    return 1 if any(codes[part.name] for part in parts if part.needed) else 0


def _stack(options: DemoOptions, label_set: str) -> Stack:
    data = None if options.data is None else options.data.resolve()
    network = {
        "model": options.model,
        "engine": options.engine,
        "precision": options.precision,
    }
    if choose_source(options.source) == "carla":
        return playback_stack(data, options.rate, label_set, network, free_port())
    return camera_stack(data, options.rate, label_set, network)


def _watch(
    group: ProcessGroup, statistics: RunStatistics, options: DemoOptions, console: Console
) -> None:
    started = time.monotonic()
    first_mask: float | None = None
    title = "unet_perception" + ("" if options.seconds else "   (Ctrl-C ends it)")
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while signal.sigtimedwait(process.STOP_SIGNALS, TICK_SECONDS) is None:
            group.check()
            snapshot = statistics.snapshot()
            now = time.monotonic()
            if first_mask is None and snapshot.masks:
                first_mask = now
                console.print(f"first mask after {now - started:.1f} s")
            if first_mask is None and now - started > FIRST_MASK_SECONDS:
                raise UnetPerceptionError(
                    f"no mask within {FIRST_MASK_SECONDS:.0f} s; see the logs in {options.out}"
                )
            live.update(render(snapshot, statistics.label_set, title), refresh=True)
            if options.seconds and first_mask and now - first_mask >= options.seconds:
                break
    console.print(render(statistics.snapshot(), statistics.label_set, "unet_perception"))


def _report(
    codes: Mapping[str, int],
    statistics: RunStatistics,
    sampler: PictureSampler,
    options: DemoOptions,
    console: Console,
) -> None:
    if sampler.samples:
        overlay = options.out / "overlay.png"
        sheet = options.out / "contact_sheet.png"
        _write(overlay, sampler.samples[-1]["overlay"])
        _write(sheet, contact_sheet(sampler.samples, COLUMNS, statistics.label_set))
        console.print(f"pictures: {overlay} and {sheet}")
    for name, code in codes.items():
        if code:
            console.print(f"{name} ended with exit code {code}; see {options.out}/{name}.log")


def _write(path: Path, rgb: NDArray[np.uint8]) -> None:
    if not cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)):
        raise UnetPerceptionError(f"{path}: cannot be written")
