# SPDX-License-Identifier: Apache-2.0
"""Bytes to arrays and back: frames, resizing, colouring. numpy and OpenCV, nothing else."""

from unet_perception.imaging.colour_order import reorder, to_rgb
from unet_perception.imaging.draw import Painter, blend, colorize, overlay
from unet_perception.imaging.frame import ENCODINGS, Frame, decode_compressed, frame_from_buffer
from unet_perception.imaging.image_message import encoding_problem, frame_from_image, frame_of
from unet_perception.imaging.resize import (
    InputWriter,
    Upscaler,
    network_input,
    resize_nearest,
)

__all__ = [
    "ENCODINGS",
    "Frame",
    "InputWriter",
    "Painter",
    "Upscaler",
    "blend",
    "colorize",
    "decode_compressed",
    "encoding_problem",
    "frame_from_buffer",
    "frame_from_image",
    "frame_of",
    "network_input",
    "overlay",
    "reorder",
    "resize_nearest",
    "to_rgb",
]
