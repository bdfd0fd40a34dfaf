# SPDX-License-Identifier: Apache-2.0
"""Is an exported file the network? Its masks against those of PyTorch in float32."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unet_perception.errors import EngineError
from unet_perception.evaluation.confusion import Confusion
from unet_perception.evaluation.onnx_run import Run, open_onnx
from unet_perception.imaging import Frame, network_input, resize_nearest
from unet_perception.model.activations import (
    activation_peaks,
    check_half_range,
    reference_network,
)
from unet_perception.model.bundle import ModelBundle, bundle_weights
from unet_perception.model.encoding import encode_pixels
from unet_perception.model.probe import probe_pictures
from unet_perception.model.spec import ModelSpec

MIN_EQUAL = 0.95
"""Share of equal pixels below which a file is not that network, whatever the precision."""


@dataclass(frozen=True)
class Sample:
    """A camera picture and what it shows.

    Attributes:
        image: RGB uint8 ``(H, W, 3)``.
        truth: Class ids uint8 ``(H, W)`` in the model's label set, 255 where they do not
            count; None where nobody knows.
    """

    image: NDArray[np.uint8]
    truth: NDArray[np.uint8] | None


@dataclass(frozen=True)
class Parity:
    """How an exported file compares with PyTorch in float32, at the network's size.

    Attributes:
        frames: Pictures that were compared.
        reference: What they were compared with.
        runtime: What ran the file, in float32 arithmetic.
        equal_pixels: Share of pixels with the same class.
        worst_frame: The same in the worst picture.
        miou_before: mIoU of PyTorch; None where no truth is known.
        miou_after: mIoU of the file.
        half_equal_pixels: ``equal_pixels`` with features rounded to float16 as well, as a GPU
            rounds them; None for a float32 file.
        half_miou: mIoU of that.
        largest_feature: Largest absolute feature, on these and on the probe pictures; None for
            a float32 file.
    """

    frames: int
    reference: str
    runtime: str
    equal_pixels: float
    worst_frame: float
    miou_before: float | None
    miou_after: float | None
    half_equal_pixels: float | None = None
    half_miou: float | None = None
    largest_feature: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)


def compare(
    bundle: ModelBundle,
    data: bytes,
    samples: Iterable[Sample],
    precision: str,
    encoding: str,
    batch: int = 1,
) -> Parity:
    """Run an exported file and PyTorch on the same pictures.

    Args:
        bundle: What was exported.
        data: The exported file.
        samples: One picture or more.
        precision: What it was exported with, as ``encoding`` and ``batch``.
        encoding: See there.
        batch: See there.

    Raises:
        EngineError: Nothing here can run the file, or its masks are not the network's.
        WeightsError: The precision is fp16 and a feature comes near its end.
    """
    run, runtime = open_onnx(data)
    weights = bundle_weights(bundle)
    size = bundle.spec.input_size
    model = reference_network(bundle.spec, weights)
    images, truths = _at_network_size(samples, size)
    before = _by_pytorch(model, images)
    found = _by_file(run, images, encoding, batch)
    equal = [float((a == b).mean()) for a, b in zip(found, before, strict=True)]
    if not np.mean(equal) >= MIN_EQUAL:
        raise EngineError(
            f"the exported file is not the network: {np.mean(equal):.2%} of the pixels are as "
            f"PyTorch's, {MIN_EQUAL:.0%} must be"
        )
    n_classes = bundle.spec.n_classes
    half: Mapping[str, float | None] = {}
    if precision == "fp16":
        peaks = activation_peaks(model, [*probe_pictures(size), *images])
        largest = check_half_range(peaks, str(bundle.path))
        rounded = _by_pytorch(_half_network(bundle.spec, weights), images, half=True)
        half = {
            "half_equal_pixels": float(np.mean(np.stack(rounded) == np.stack(before))),
            "half_miou": _miou(rounded, truths, n_classes),
            "largest_feature": largest,
        }
    return Parity(
        frames=len(images),
        reference=f"PyTorch {torch.__version__} fp32",
        runtime=runtime,
        equal_pixels=float(np.mean(equal)),
        worst_frame=min(equal),
        miou_before=_miou(before, truths, n_classes),
        miou_after=_miou(found, truths, n_classes),
        **half,
    )


def _at_network_size(
    samples: Iterable[Sample], size: tuple[int, int]
) -> tuple[list[NDArray[np.uint8]], list[NDArray[np.uint8] | None]]:
    images, truths = [], []
    for sample in samples:
        images.append(network_input(Frame(sample.image, "rgb8"), size))
        truths.append(None if sample.truth is None else resize_nearest(sample.truth, size))
    if not images:
        raise EngineError("there is no picture to compare the exported file on")
    return images, truths


def _by_pytorch(
    model: nn.Module, images: Sequence[NDArray[np.uint8]], half: bool = False
) -> list[NDArray[np.uint8]]:
    device = next(model.parameters()).device
    scale = float(np.float16(1.0 / 255.0)) if half else 1.0 / 255.0
    masks = []
    # TF32 is PyTorch's default for convolutions on a GPU, and no reference.
    with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        for image in images:
            pixels = torch.from_numpy(image).to(device).permute(2, 0, 1).unsqueeze(0).float()
            scaled = pixels * scale if half else pixels / 255.0
            logits = model(_rounded(scaled) if half else scaled)
            masks.append(logits[0].argmax(0).to(torch.uint8).cpu().numpy())
    return masks


def _half_network(spec: ModelSpec, weights: Mapping[str, NDArray[np.float32]]) -> nn.Module:
    # What tensor cores do, on a processor without half arithmetic: products are summed in
    # float32, and each layer's result is rounded. Pooling, ReLU and concatenation are exact.
    rounded = {k: w.astype(np.float16).astype(np.float32) for k, w in weights.items()}
    model = reference_network(spec, rounded)
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            module.register_forward_hook(lambda _module, _inputs, output: _rounded(output))
    return model


def _rounded(x: Tensor) -> Tensor:
    return x.half().float()


def _by_file(
    run: Run, images: Sequence[NDArray[np.uint8]], encoding: str, batch: int
) -> list[NDArray[np.uint8]]:
    masks: list[NDArray[np.uint8]] = []
    for group in _groups([encode_pixels(image, encoding) for image in images], batch):
        masks.extend(run(np.stack(group)))
    return masks[: len(images)]


def _groups(items: Sequence[NDArray[np.uint8]], size: int) -> Iterator[Sequence[NDArray[np.uint8]]]:
    for start in range(0, len(items), size):
        group = list(items[start : start + size])
        # The file takes so many pictures and no fewer: the last one stands in.
        yield group + group[-1:] * (size - len(group))


def _miou(
    masks: Sequence[NDArray[np.uint8]],
    truths: Sequence[NDArray[np.uint8] | None],
    n_classes: int,
) -> float | None:
    confusion = Confusion(n_classes)
    for mask, truth in zip(masks, truths, strict=True):
        if truth is not None:
            confusion.update(truth, mask)
    miou = confusion.scores().miou
    return None if math.isnan(miou) else miou
