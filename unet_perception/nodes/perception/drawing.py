# SPDX-License-Identifier: Apache-2.0
"""Pictures for people: drawn after the mask has left, and only for those who look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unet_perception.imaging import Frame, Painter, blend
from unet_perception.labels import LabelSet
from unet_perception.options.perception import LiveConfig
from unet_perception.ros.transport.outputs import ImageOutput
from unet_perception.ros.transport.turns import Turns

GREY = (96, 96, 96)
"""Colour of classes that are not highlighted."""

DEPTH = 3


@dataclass(frozen=True)
class Drawing:
    """What is to be drawn: a frame and its ids at the network's size, which stay as they are."""

    header: Any
    frame: Frame
    ids: NDArray[np.uint8]


class DrawnOutputs:
    """``overlay`` and ``color_mask`` of one camera; one thread draws."""

    def __init__(
        self, node: Any, prefix: str, label_set: LabelSet, live: Callable[[], LiveConfig]
    ) -> None:
        """Offer the topics.

        Args:
            node: The ``rclpy`` node.
            prefix: What they lie below.
            label_set: Names and colours of the classes.
            live: Returns the settings.
        """
        self._overlay = ImageOutput(node, f"{prefix}/overlay", "rgb8", DEPTH)
        self._color_mask = ImageOutput(node, f"{prefix}/color_mask", "rgb8", DEPTH)
        self._label_set = label_set
        self._live = live
        self._highlight: frozenset[str] = frozenset()
        self._painter = Painter(label_set.palette)
        self.drawn = 0

    @property
    def wanted(self) -> bool:
        """Whether anybody looks."""
        return self._wants("overlay", self._overlay) or self._wants("color_mask", self._color_mask)

    @property
    def problem(self) -> str:
        """Why somebody who looks sees nothing; empty if all do."""
        return self._overlay.problem or self._color_mask.problem

    def draw(self, drawing: Drawing) -> None:
        """Draw and publish."""
        live = self._live()
        if live.highlight != self._highlight:
            self._painter = Painter(highlighted(self._label_set, live.highlight))
            self._highlight = live.highlight
        frame = drawing.frame
        size = (frame.height, frame.width)
        # Once for both, into the colour mask's own message.
        colors = self._painter.colorize(drawing.ids, size, self._color_mask.pixels(*size))
        if self._wants("overlay", self._overlay):
            blend(frame, colors, live.overlay_alpha, self._overlay.pixels(*size))
            self._overlay.send(drawing.header)
            self.drawn += 1
        if self._wants("color_mask", self._color_mask):
            self._color_mask.send(drawing.header)
            self.drawn += 1

    def destroy(self) -> None:
        """Take the topics away."""
        self._overlay.destroy()
        self._color_mask.destroy()

    def _wants(self, name: str, output: ImageOutput) -> bool:
        return name in self._live().outputs and output.wanted


class Drawer:
    """One thread draws for all cameras, the newest of each."""

    def __init__(self, outputs: list[DrawnOutputs]) -> None:
        """Take the outputs, one for each camera."""
        self._outputs = outputs
        self._turns: Turns[Drawing] = Turns(len(outputs))

    def put(self, camera: int, drawing: Drawing) -> None:
        """Have it drawn soon; an older one of this camera that still waits is left out."""
        self._turns.put(camera, drawing)

    def work(self) -> None:
        """Draw until closed."""
        while waiting := self._turns.take(1):
            for camera, drawing in waiting:
                self._outputs[camera].draw(drawing)

    def close(self) -> None:
        """End ``work`` after the drawing at hand."""
        self._turns.close()


def highlighted(label_set: LabelSet, names: frozenset[str]) -> NDArray[np.uint8]:
    """Return the palette in which only these classes have colours; all if none are named."""
    palette = label_set.palette
    if not names:
        return palette
    result = np.full_like(palette, GREY)
    for label in label_set.classes:
        if label.name in names:
            result[label.id] = palette[label.id]
    return result
