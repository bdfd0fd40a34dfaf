# SPDX-License-Identifier: Apache-2.0
"""Frame in, mask out: all that a node or a script calls."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unet_perception.engines import Engine, open_batches, open_engine
from unet_perception.engines.batching import fitting
from unet_perception.engines.progress import Report, silent
from unet_perception.errors import BundleError, ConfigError, EngineError
from unet_perception.files.share import share_path
from unet_perception.imaging import Frame, InputWriter, Upscaler
from unet_perception.labels import LabelSet
from unet_perception.model.bundle import ModelBundle, load_bundle
from unet_perception.model.encoding import ENCODINGS
from unet_perception.model.spec import MAX_BATCH

KEPT_SIZES = 16
"""Camera sizes whose tables are kept; a folder of pictures may have any number of them."""


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
    """A network and its engines. One thread at a time may call it."""

    def __init__(self, bundle: ModelBundle, engine: Engine, batched: Sequence[Engine] = ()) -> None:
        """Join a bundle and the engines that were opened for it.

        Args:
            bundle: The network.
            engine: For one picture.
            batched: For several at a time, if that is worth it; see ``open_batches``.
        """
        self.bundle = bundle
        self.engine = engine
        self._engines = {each.batch: each for each in (engine, *batched)}
        self._inputs = {
            batch: [InputWriter(picture, each.encoding) for picture in each.inputs]
            for batch, each in self._engines.items()
        }
        self._upscalers: dict[tuple[int, int], Upscaler] = {}

    @property
    def label_set(self) -> LabelSet:
        """Meaning of the ids in a mask."""
        return self.bundle.spec.label_set

    @property
    def max_batch(self) -> int:
        """Most frames that ``segment_all`` takes: 1 where batches are not worth it."""
        return max(self._engines)

    def segment(self, frame: Frame, mask_out: NDArray[np.uint8] | None = None) -> Segmentation:
        """Classify every pixel of a frame.

        Args:
            frame: The camera's picture, any size.
            mask_out: uint8 ``(H, W)`` array to write the mask into: then nothing that grows with
                the picture is allocated.

        Raises:
            EngineError: The engine failed.
        """
        return self.segment_all([frame], [mask_out])[0]

    def segment_all(
        self, frames: Sequence[Frame], masks_out: Sequence[NDArray[np.uint8] | None]
    ) -> list[Segmentation]:
        """Classify every pixel of several frames in one call of the engine.

        Args:
            frames: 1 to ``max_batch`` pictures, each of any size and encoding.
            masks_out: For each frame what ``mask_out`` is for ``segment``.

        Returns:
            What each frame has; all ``ids`` may be overwritten by the next frames.

        Raises:
            EngineError: There are too many frames or none, or the engine failed.
        """
        if not 1 <= len(frames) <= self.max_batch:
            raise EngineError(f"{len(frames)} frames at once; it must be 1 to {self.max_batch}")
        batch = fitting(len(frames), list(self._engines))
        # What is left in a place without a frame runs along; nobody looks at its mask.
        for writer, frame in zip(self._inputs[batch], frames, strict=False):
            writer.write(frame)
        ids = self._engines[batch].infer_all()
        return [
            Segmentation(self._enlarge(ids[place], frame, out), ids[place])
            for place, (frame, out) in enumerate(zip(frames, masks_out, strict=True))
        ]

    def close(self) -> None:
        """Release the engines."""
        for engine in self._engines.values():
            engine.close()

    def _enlarge(
        self, ids: NDArray[np.uint8], frame: Frame, out: NDArray[np.uint8] | None
    ) -> NDArray[np.uint8]:
        # One for each size: cameras of different sizes take turns, and its tables are kept.
        size = (frame.height, frame.width)
        upscaler = self._upscalers.get(size)
        if upscaler is None:
            if len(self._upscalers) == KEPT_SIZES:
                self._upscalers.clear()
            upscaler = self._upscalers[size] = Upscaler()
        return upscaler.enlarge(ids, size, out)


def find_model(name_or_path: str) -> Path:
    """Return the folder of a bundle, given by path or by the name of a shipped one.

    Raises:
        BundleError: There is neither.
    """
    try:
        path = Path(name_or_path).expanduser()
        if path.exists():
            return path
    except (OSError, RuntimeError, ValueError) as error:
        raise BundleError(f"model {name_or_path!r} is no path: {error}") from error
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
    return join_engines(load_bundle(find_model(model)), engine, precision, threads, encoding)


def join_engines(
    bundle: ModelBundle,
    engine: str = "auto",
    precision: str = "auto",
    threads: int = 0,
    encoding: str = ENCODINGS[0],
    max_batch: int = 1,
    report: Report = silent,
) -> Segmenter:
    """Compile a bundle's network for one frame, and for several at once where that is faster.

    Args:
        bundle: The network.
        engine: See ``open_engine``.
        precision: See ``open_engine``.
        threads: See ``open_engine``.
        encoding: See ``open_segmenter``.
        max_batch: Frames that may wait at a time, 1 to ``MAX_BATCH``: the number of cameras.
            Each size that ``open_batches`` keeps holds the weights and its features once more.
        report: Takes a line every few seconds while TensorRT builds, and what was measured.

    Raises:
        EngineError: The engine cannot run the network.
        ConfigError: An argument is outside what is allowed.
    """
    if not 1 <= max_batch <= MAX_BATCH:
        raise ConfigError(f"max_batch is {max_batch}; it must be 1 to {MAX_BATCH}")
    single = open_engine(bundle, engine, precision, threads, encoding, report)

    def open_more(batch: int) -> Engine:
        # By name: ``auto`` must not take another engine, or precision, for more pictures.
        info = single.info
        return open_engine(bundle, info.name, info.precision, threads, encoding, report, batch)

    return Segmenter(bundle, single, open_batches(single, max_batch, open_more, report))
