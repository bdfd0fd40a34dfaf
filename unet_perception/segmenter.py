# SPDX-License-Identifier: Apache-2.0
"""Frame in, mask out: all that a node or a script calls."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unet_perception.engines import Engine, open_engine
from unet_perception.errors import BundleError
from unet_perception.imaging import Frame, InputWriter, Upscaler
from unet_perception.labels import LabelSet
from unet_perception.model.bundle import ModelBundle, load_bundle
from unet_perception.model.encoding import ENCODINGS
from unet_perception.share import share_path


@dataclass(frozen=True)
class Segmentation:
    """The classes of one frame.

    Attributes:
        mask: Class id of each camera pixel, uint8 ``(H, W)``.
        ids: The same at the network's size, uint8 ``(h, w)``: the engine's own memory, which
            the next frame may overwrite.
    """

    mask: NDArray[np.uint8]
    ids: NDArray[np.uint8]


class Segmenter:
    """A network and its engine. One thread at a time may call it."""

    def __init__(self, bundle: ModelBundle, engine: Engine) -> None:
        """Join a bundle and the engine that was opened for it."""
        self.bundle = bundle
        self.engine = engine
        self._input = InputWriter(engine.input, engine.encoding)
        self._upscaler = Upscaler()

    @property
    def label_set(self) -> LabelSet:
        """Meaning of the ids in a mask."""
        return self.bundle.spec.label_set

    def segment(self, frame: Frame, mask_out: NDArray[np.uint8] | None = None) -> Segmentation:
        """Classify every pixel of a frame.

        Args:
            frame: The camera's picture, any size.
            mask_out: uint8 ``(H, W)`` array to write the mask into: then nothing that grows with
                the picture is allocated.

        Raises:
            EngineError: The engine failed.
        """
        self._input.write(frame)
        ids = self.engine.infer()
        mask = self._upscaler.enlarge(ids, (frame.height, frame.width), mask_out)
        return Segmentation(mask, ids)

    def close(self) -> None:
        """Release the engine."""
        self.engine.close()


def find_model(name_or_path: str) -> Path:
    """Return the folder of a bundle, given by path or by the name of a shipped one.

    Raises:
        BundleError: There is neither.
    """
    path = Path(name_or_path).expanduser()
    if path.exists():
        return path
    if os.sep not in name_or_path:
        shipped = share_path(f"models/{name_or_path}")
        if shipped is not None:
            return shipped
    raise BundleError(f"model {name_or_path!r} is neither a folder nor the name of a shipped model")


def open_segmenter(
    model: str = "carla_unet",
    engine: str = "auto",
    precision: str = "auto",
    threads: int = 0,
    encoding: str = ENCODINGS[0],
) -> Segmenter:
    """Load a model bundle and compile it.

    Args:
        model: Folder of a bundle, or the name of a shipped one.
        engine: See ``open_engine``.
        precision: See ``open_engine``.
        threads: See ``open_engine``.
        encoding: Order of colours that costs nothing; frames in another one are still
            taken, and reordered at the network's size.

    Raises:
        BundleError: The bundle is missing or damaged.
        EngineError: The engine cannot run it.
        ConfigError: An argument is outside what is allowed.
    """
    bundle = load_bundle(find_model(model))
    return Segmenter(bundle, open_engine(bundle, engine, precision, threads, encoding))
