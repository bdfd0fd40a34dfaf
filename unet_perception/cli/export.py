# SPDX-License-Identifier: Apache-2.0
"""``unet-perception export``: the network as one ONNX file, compared with PyTorch."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unet_perception.cli.arguments import at_least

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from unet_perception.evaluation.parity import Parity, Sample
    from unet_perception.labels import LabelSet

PRECISIONS = ("fp32", "fp16")
DEFAULT_FRAMES = 40
STREET_STEP = 150
"""Frames of the built-in street from one picture to the next: 5 seconds of its drive."""


def add_parser(subparsers: Any) -> None:
    """Add the verb and its options."""
    parser = subparsers.add_parser(
        "export", help="write a model as ONNX for other runtimes, with a report of its parity"
    )
    parser.add_argument("model", help="model bundle: a folder, or the name of a shipped one")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.onnx")
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="fp32",
        help="fp16: weights and features are half in the graph itself (default: fp32)",
    )
    parser.add_argument(
        "--encoding",
        default="bgra8",
        help="order of the camera's colours: bgra8 as CARLA's (default), rgba8, bgr8 or rgb8",
    )
    parser.add_argument("--batch", type=int, default=1, help="pictures at a time (default: 1)")
    parser.add_argument(
        "--data",
        type=Path,
        action="append",
        metavar="DIR",
        help="folder of pairs to compare on, several times for several; val.txt where there is "
        "one (default: the built-in street)",
    )
    parser.add_argument(
        "--frames",
        type=int,
        default=DEFAULT_FRAMES,
        help=f"pictures to compare on, of each folder (default: {DEFAULT_FRAMES})",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the file and its report, and print the report.

    Raises:
        BundleError: The model is missing or damaged.
        ConfigError: An option is outside what is allowed, or a file cannot be written.
        EngineError: The file cannot be run here, or its masks are not the network's.
        WeightsError: fp16 does not hold the network's weights or features.
    """
    from unet_perception.errors import ConfigError
    from unet_perception.evaluation.parity import compare
    from unet_perception.model.bundle import load_bundle
    from unet_perception.model.export import export_metadata, export_onnx
    from unet_perception.segmenter import find_model

    at_least(1, "frames", options.frames)
    if options.out.suffix != ".onnx" or not options.out.parent.is_dir():
        raise ConfigError(
            f"out is {str(options.out)!r}; it must be a file .onnx in an existing folder"
        )
    bundle = load_bundle(find_model(options.model))
    data = export_onnx(bundle, options.precision, options.encoding, options.batch)
    label_set = bundle.spec.label_set
    samples: Iterator[Sample]
    if options.data:
        samples = _recorded(options.data, label_set, options.frames)
        pictures = [folder.resolve().name for folder in options.data]
    else:
        samples = _street(label_set, options.frames)
        pictures = ["built-in street"]
    parity = compare(bundle, data, samples, options.precision, options.encoding, options.batch)
    facts = export_metadata(bundle, options.precision, options.encoding)
    report = {
        "file": options.out.name,
        "bytes": len(data),
        "input": ["uint8", [options.batch, *bundle.spec.input_size, len(options.encoding) - 1]],
        "output": ["uint8", [options.batch, *bundle.spec.input_size]],
        **{key: facts[key] for key in ("precision", "encoding", "label_set", "fingerprint")},
        "pictures": pictures,
        "parity": parity.as_dict(),
    }
    beside = options.out.with_suffix(".parity.json")
    _write(options.out, data)
    _write(beside, (json.dumps(report, indent=2) + "\n").encode())
    _print(options.out, len(data), parity, pictures)
    return 0


def _recorded(folders: Sequence[Path], label_set: LabelSet, frames: int) -> Iterator[Sample]:
    from unet_perception.dataset import MaskReader
    from unet_perception.dataset.splits import evaluation_pairs
    from unet_perception.evaluation.parity import Sample

    for folder in folders:
        pairs, _ = evaluation_pairs(folder)
        reader = MaskReader(folder, label_set)
        count = min(frames, len(pairs))
        # Evenly over the drive: neighbours show the same.
        for index in range(count):
            image, truth = reader.read_pair(pairs[index * len(pairs) // count])
            yield Sample(image, truth)


def _street(label_set: LabelSet, frames: int) -> Iterator[Sample]:
    from unet_perception.errors import LabelSetError
    from unet_perception.evaluation.parity import Sample
    from unet_perception.labels import LabelMap, label_map, load_label_set
    from unet_perception.playback.street import LABEL_SET, Street

    mapping: LabelMap | None
    try:
        mapping = label_map(load_label_set(LABEL_SET), label_set)
    except LabelSetError:
        # A network with classes of its own is compared with PyTorch alone.
        mapping = None
    street = Street(seed=0)
    for index in range(frames):
        frame = street.frame(index * STREET_STEP)
        yield Sample(frame.rgb, None if mapping is None else mapping.apply(frame.ids))


def _write(path: Path, content: bytes) -> None:
    from unet_perception.errors import ConfigError
    from unet_perception.files.atomic import replace_bytes

    try:
        replace_bytes(path, content)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error


def _print(out: Path, size: int, parity: Parity, pictures: Sequence[str]) -> None:
    print(f"{out}: {size / 1e6:.1f} MB")
    print(f"{parity.frames} pictures of {', '.join(pictures)}, at the network's size,")
    print(f"against {parity.reference}:")
    _row(f"by {parity.runtime}", parity.equal_pixels, parity.miou_before, parity.miou_after)
    print(f"  worst picture      {parity.worst_frame:8.4%} of pixels equal")
    if parity.half_equal_pixels is not None:
        _row("features half too", parity.half_equal_pixels, parity.miou_before, parity.half_miou)
        print(f"  largest feature    {parity.largest_feature:.0f} of 65504")


def _row(name: str, equal: float, before: float | None, after: float | None) -> None:
    scores = "" if before is None or after is None else f", mIoU {before:.4f} -> {after:.4f}"
    print(f"  {name:<18} {equal:8.4%} of pixels equal{scores}")
