# SPDX-License-Identifier: Apache-2.0
"""One run: a camera's process, a variant's nodes and a viewer's process, for some seconds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray
from realtime_processes import Processes, cpu_ms
from realtime_records import (
    Outcome,
    RunFailedError,
    Window,
    outcome,
    read_records,
    served_beyond,
    values_of,
)
from realtime_variants import ENGINE_TIMES, HERE, Case, Network, Variant, image_topic, output_topic

from unet_perception.model.encoding import encode_pixels
from unet_perception.playback.street import Street

START_S = 120.0
WARM_UP_S = 3.0
SETTLE_S = 30.0
LOOK_S = 0.25
PICTURES = 8
PICTURES_APART = 40


@dataclass(frozen=True)
class Run:
    """What one run gave.

    Attributes:
        outcomes: By camera.
        cpu_ms: CPU milliseconds of the variant's own processes for each frame that was sent.
        engine_ms: Times of the engine alone, where the variant notes them.
        engine: The engine in words, where the variant tells.
        overlays: Share of the sent frames whose overlay came; None where nobody subscribed.
    """

    outcomes: Mapping[str, Outcome]
    cpu_ms: float
    engine_ms: NDArray[np.float64]
    engine: str
    overlays: float | None


def write_pictures(path: Path, width: int, height: int) -> None:
    """Write bgra8 pictures of the street, uint8 ``(n, H, W, 4)``, for the camera's process."""
    street = Street(0)
    pictures = [
        cv2.resize(street.frame(number * PICTURES_APART).rgb, (width, height))
        for number in range(PICTURES)
    ]
    np.save(path, encode_pixels(np.stack(pictures).astype(np.uint8), "bgra8"))


class Stage:
    """The processes of a run, from the first mask on; all end with the ``with`` block."""

    def __init__(self, variant: Variant, case: Case, network: Network, folder: Path) -> None:
        """Prepare a run.

        Args:
            variant: What makes the masks.
            case: What the camera sends.
            network: What the nodes run.
            folder: Fresh folder for records and logs; its parent keeps the pictures.
        """
        self._variant, self._case, self._network = variant, case, network
        self._folder = folder
        self._processes = Processes(folder, variant.environment())
        self.nodes: list[int] = []

    def __enter__(self) -> Stage:
        """Start everything and wait until masks of all cameras come, and a little longer.

        Raises:
            RunFailedError: A process ended, or no mask came.
        """
        try:
            self._start()
            self._wait_for_masks()
            self.wait(WARM_UP_S)
        except BaseException:
            self._processes.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything."""
        self._processes.stop()

    def wait(self, seconds: float) -> None:
        """Let it run.

        Raises:
            RunFailedError: A process ended.
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 1.0))
            self._processes.check()

    def settle(self, end: int) -> None:
        """Wait until every mask has come of the frames that were sent before a moment.

        The camera goes on meanwhile: what a node does with a frame depends on the next ones.

        Raises:
            RunFailedError: A process ended.
        """
        deadline = time.monotonic() + SETTLE_S
        while time.monotonic() < deadline:
            self.wait(LOOK_S)
            if all(
                served_beyond(*self._both(camera, "mask"), end) for camera in self._case.cameras
            ):
                return

    def outcomes(self, window: Window, output: str = "mask") -> dict[str, Outcome]:
        """Return what became of the frames of a window, by camera.

        Raises:
            RunFailedError: Pictures and frames contradict each other, or there are none.
        """
        results = {
            camera: outcome(*self._both(camera, output), window) for camera in self._case.cameras
        }
        for camera, result in results.items():
            if not result.received:
                topic = output_topic(camera, output)
                raise RunFailedError(f"{topic} has nothing of {result.sent} frames")
        return results

    def engine_ms(self, window: Window) -> NDArray[np.float64]:
        """Return the engine's own times in a window; none where they are not noted."""
        noted = read_records(self._folder / ENGINE_TIMES)
        sent = read_records(self._records(self._case.cameras[0], "sent"))
        return values_of(sent, noted, window) / 1e6

    def engine(self) -> str:
        """Return the engine in words; empty where it does not tell."""
        path = (self._folder / ENGINE_TIMES).with_suffix(".txt")
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _start(self) -> None:
        case = self._case
        commands = self._variant.commands(case, self._network, self._folder)
        for place, command in enumerate(commands):
            name = f"{self._variant.name} {place}" if len(commands) > 1 else self._variant.name
            self.nodes.append(self._processes.start(name, command))
        outputs = ("mask", "overlay") if self._variant.overlay else ("mask",)
        views = [
            f"{output_topic(camera, output)}={self._records(camera, output)}"
            for camera in case.cameras
            for output in outputs
        ]
        self._processes.start("viewer", [str(HERE / "realtime_viewer.py"), *views])
        pictures = self._folder.parent / f"{case.width}x{case.height}.npy"
        if not pictures.exists():
            write_pictures(pictures, case.width, case.height)
        sends = [
            f"{image_topic(camera)}={self._records(camera, 'sent')}" for camera in case.cameras
        ]
        camera_arguments = [str(pictures), f"{case.rate:g}", *sends]
        self._processes.start("camera", [str(HERE / "realtime_camera.py"), *camera_arguments])

    def _wait_for_masks(self) -> None:
        deadline = time.monotonic() + START_S
        masks = [self._records(camera, "mask") for camera in self._case.cameras]
        while not all(len(read_records(path)) for path in masks):
            if time.monotonic() > deadline:
                words = self._processes.all_last_words()
                raise RunFailedError(f"no mask of every camera within {START_S:g} s\n{words}")
            self.wait(LOOK_S)

    def _records(self, camera: str, what: str) -> Path:
        return self._folder / f"{camera or 'camera'}.{what}"

    def _both(self, camera: str, output: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        # In this order, since both files grow: each mask's frame has been noted.
        arrived = read_records(self._records(camera, output))
        return read_records(self._records(camera, "sent")), arrived


def run(variant: Variant, case: Case, network: Network, seconds: float, folder: Path) -> Run:
    """Measure a variant for some seconds; see ``Stage`` for the other arguments.

    Raises:
        RunFailedError: Something in it did not work.
    """
    with Stage(variant, case, network, folder) as stage:
        begin, used = time.monotonic_ns(), sum(map(cpu_ms, stage.nodes))
        stage.wait(seconds)
        window = Window(begin, time.monotonic_ns())
        used = sum(map(cpu_ms, stage.nodes)) - used
        stage.settle(window.end)
        outcomes = stage.outcomes(window)
        sent = sum(result.sent for result in outcomes.values())
        overlays = None
        if variant.overlay:
            drawn = stage.outcomes(window, "overlay").values()
            overlays = sum(result.received for result in drawn) / sent
        return Run(outcomes, used / sent, stage.engine_ms(window), stage.engine(), overlays)
