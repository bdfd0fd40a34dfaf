# SPDX-License-Identifier: Apache-2.0
"""What surrounds the network for one camera frame: every step from message to message.

    python benchmarks/around.py [--size 800x600] [--network 96x128] [--rounds 500]

Steps are timed one after the other in each round, so they share whatever else the machine does;
the network itself is left out. Serialisation is timed where ROS is installed. One thread.
"""

from __future__ import annotations

import argparse
import time
from array import array
from collections.abc import Callable

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from unet_perception.cli.arguments import parse_size
from unet_perception.imaging import InputWriter, Painter, Upscaler, blend, frame_from_buffer
from unet_perception.labels import load_label_set
from unet_perception.model.encoding import ENCODINGS, channels
from unet_perception.ros.process import tune_malloc

TARGET_MS = 1.5
N_CLASSES = 13
ALPHA = 0.4

Step = tuple[str, Callable[[], object]]


class Camera:
    """A camera's message and all memory that a node keeps between frames."""

    def __init__(self, camera: tuple[int, int], network: tuple[int, int], sent: str) -> None:
        """Make one picture of noise.

        Args:
            camera: Rows and columns of the camera.
            network: Rows and columns of the network.
            sent: The camera's encoding; the engine's is CARLA's.
        """
        rng = np.random.default_rng(0)
        self.size, self.encoding = camera, sent
        self.data = array("B", rng.integers(0, 256, (*camera, channels(sent)), np.uint8).tobytes())
        self.ids = rng.integers(0, N_CLASSES, network, np.uint8)
        self.mask = np.zeros(camera, np.uint8)
        self.colors = np.zeros((*camera, 3), np.uint8)
        self.overlay = np.zeros((*camera, 3), np.uint8)
        self.writer = InputWriter(
            np.zeros((*network, channels(ENCODINGS[0])), np.uint8), ENCODINGS[0]
        )
        self.upscaler = Upscaler()
        self.painter = Painter(load_label_set("carla-0.8").palette)
        self.view()

    def view(self) -> None:
        """Take the message's bytes as a frame."""
        height, width = self.size
        step = width * channels(self.encoding)
        self.frame = frame_from_buffer(
            self.data, width=width, height=height, encoding=self.encoding, step=step
        )

    def around(self) -> list[Step]:
        """Return what every frame needs."""
        return [
            ("view of the message's bytes", self.view),
            ("scaled into the engine's input", lambda: self.writer.write(self.frame)),
            (
                "mask up, into its message",
                lambda: self.upscaler.enlarge(self.ids, self.size, self.mask),
            ),
        ]

    def drawing(self) -> list[Step]:
        """Return what is done only for those who look."""
        return [
            (
                "colours, into their message",
                lambda: self.painter.colorize(self.ids, self.size, self.colors),
            ),
            (
                "overlay, into its message",
                lambda: blend(self.frame, self.colors, ALPHA, self.overlay),
            ),
        ]


def serialisation(camera: Camera) -> list[Step]:
    """Return the two steps that ROS itself does; none without ROS."""
    try:
        from rclpy.serialization import deserialize_message, serialize_message
        from sensor_msgs.msg import Image
    except ImportError:
        return []
    height, width = camera.size
    picture = Image(encoding=camera.encoding, height=height, width=width)
    picture.step = width * channels(camera.encoding)
    picture.data = camera.data
    raw = serialize_message(picture)
    mask = Image(encoding="mono8", height=height, width=width, step=width)
    mask.data = array("B", bytes(height * width))
    return [
        ("camera's message out of its bytes (ROS)", lambda: deserialize_message(raw, Image)),
        ("mask's message into bytes (ROS)", lambda: serialize_message(mask)),
    ]


def main() -> None:
    """Run the benchmark and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="800x600", help="of the camera, WIDTHxHEIGHT")
    parser.add_argument("--network", type=parse_size, default=(96, 128), help="ROWSxCOLUMNS")
    parser.add_argument("--encoding", choices=ENCODINGS, default=ENCODINGS[0])
    parser.add_argument("--rounds", type=int, default=500)
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    cv2.setNumThreads(1)
    tune_malloc()
    camera = Camera((height, width), options.network, options.encoding)
    groups = {
        "around the network": camera.around(),
        "serialisation": serialisation(camera),
        "drawing": camera.drawing(),
    }
    times: dict[str, list[float]] = {}
    for _ in range(options.rounds):
        for group, steps in groups.items():
            total = 0.0
            for name, step in steps:
                before = time.perf_counter()
                step()
                spent = time.perf_counter() - before
                times.setdefault(name, []).append(spent)
                total += spent
            if steps:
                times.setdefault(f"= {group}", []).append(total)
    rows, columns = options.network
    table = Table(
        title=f"{options.size} {options.encoding}, network at {columns}x{rows}",
        title_justify="left",
    )
    for column in ("step", "p50 ms", "p99 ms"):
        table.add_column(column, justify="left" if column == "step" else "right")
    for name, values in times.items():
        median, high = (float(v) * 1e3 for v in np.percentile(values, (50, 99)))
        table.add_row(name, f"{median:.3f}", f"{high:.3f}")
    Console().print(table)
    needed = [v for k, v in times.items() if k in ("= around the network", "= serialisation")]
    median = float(np.median(np.sum(needed, axis=0))) * 1e3
    print(f"all but network and drawing: {median:.2f} ms; the target is {TARGET_MS} ms")


if __name__ == "__main__":
    main()
