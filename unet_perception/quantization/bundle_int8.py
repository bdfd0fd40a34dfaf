# SPDX-License-Identifier: Apache-2.0
"""A bundle gets its int8 network: calibrated, scored, and written if it is good enough."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from unet_perception.dataset import Pair, read_image
from unet_perception.engines.cpu_precision import MAX_MIOU_LOSS, MIN_AGREEMENT
from unet_perception.engines.processor import int8_flags, processor_flags
from unet_perception.errors import EngineError
from unet_perception.imaging import Frame, network_input
from unet_perception.model.activations import reference_network
from unet_perception.model.architecture import ARCHITECTURES
from unet_perception.model.bundle import ModelBundle, bundle_weights, store_files
from unet_perception.model.onnx_file import build_onnx
from unet_perception.quantization.equalise import SHARES, channel_peaks, equalise
from unet_perception.quantization.int8 import describe_kept, quantize_int8
from unet_perception.quantization.scores import Answers, answers, cost

Sets = Sequence[tuple[Path, Sequence[Pair]]]


def add_int8(
    bundle: ModelBundle,
    calibration: Sets,
    scored: Sets,
    force: bool,
    report: Callable[[str], None],
) -> dict[str, dict[str, Any]]:
    """Quantize a bundle's network, measure int8 and bf16, and write both into the bundle.

    Fewer layers are left in int8 until the masks agree with those of fp32.

    Args:
        bundle: The network; its folder is written.
        calibration: Frames to read the features' ranges off.
        scored: Frames to score on, none of which is in ``calibration``.
        force: Write int8 whatever it costs; ``precision: auto`` still leaves it alone.
        report: Takes lines on the progress.

    Returns:
        What the bundle now records, by precision.

    Raises:
        EngineError: int8 costs too much, or NNCF or the processor cannot do it.
        DatasetError: A picture or mask is unreadable.
        BundleError: The bundle cannot be written.
    """
    if not int8_flags(processor_flags()):
        raise EngineError(
            "this processor has no exact 8-bit multiply-add (VNNI, AMX, dot product), so what "
            "int8 costs elsewhere cannot be measured here"
        )
    pictures, sums = _read_pictures(calibration, bundle.spec.input_size)
    report(f"calibrating on {len(pictures)} frames")
    graphs = _even_graphs(bundle, pictures)
    reference = answers(bundle, "fp32", scored)
    report(f"fp32: mIoU {reference.scores.miou:.4f} on {len(reference.ids)} frames")
    files, facts = _climb(bundle, graphs, pictures, scored, reference, report)
    if not facts["miou_loss"] < MAX_MIOU_LOSS and not force:
        raise EngineError(
            f"int8 costs {facts['miou_loss']:.4f} mIoU, {MAX_MIOU_LOSS} or more; nothing was "
            "written (calibrate on more frames, or --force)"
        )
    facts |= {
        "scored_on": _listed(scored),
        "calibrated_on": _listed(calibration),
        "calibration_sha256": sums,
        "tool": f"nncf {version('nncf')}",
    }
    precisions = {**bundle.spec.precisions, "int8": facts}
    try:
        precisions["bf16"] = cost(reference, answers(bundle, "bf16", scored)) | {
            "scored_on": _listed(scored)
        }
    except EngineError as error:
        report(f"bf16 is not measured: {error}")
    store_files(bundle, files, replace(bundle.spec, precisions=precisions))
    return {name: dict(entry) for name, entry in precisions.items()}


def _climb(
    bundle: ModelBundle,
    graphs: Mapping[float, bytes],
    pictures: Sequence[NDArray[np.uint8]],
    scored: Sets,
    reference: Answers,
    report: Callable[[str], None],
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Return the fastest int8 network whose masks agree, or else the one that agrees most."""
    best: tuple[dict[str, bytes], dict[str, Any]] | None = None
    ladder = ARCHITECTURES.load(bundle.spec.architecture).int8_kept
    for kept, share in product(ladder, graphs):
        files = quantize_int8(graphs[share], pictures, kept)
        result = answers(replace(bundle, files=files), "int8", scored)
        facts = cost(reference, result) | {"kept": list(kept), "equalisation": share}
        report(describe_kept(kept, facts))
        if best is None or facts["pixel_agreement"] > best[1]["pixel_agreement"]:
            best = files, facts
        if facts["pixel_agreement"] >= MIN_AGREEMENT and facts["miou_loss"] < MAX_MIOU_LOSS:
            return files, facts
    assert best is not None  # the ladder has rungs
    return best


def _even_graphs(bundle: ModelBundle, pictures: Sequence[NDArray[np.uint8]]) -> dict[float, bytes]:
    weights = bundle_weights(bundle)
    # On the processor: int8 is for one, and its pictures are there.
    model = reference_network(bundle.spec, weights).cpu()
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    peaks = channel_peaks(model, pictures)
    name, size = bundle.spec.architecture, bundle.spec.input_size
    links = ARCHITECTURES.load(name).links(weights)
    return {
        share: build_onnx(name, equalise(links, weights, peaks, share), size, {})
        for share in SHARES
    }


def _read_pictures(
    sets: Sets, size: tuple[int, int]
) -> tuple[list[NDArray[np.uint8]], dict[str, str]]:
    """Return the pictures at the network's size, and the sha256 of each by its name."""
    pictures, sums = [], {}
    for root, pairs in sets:
        for pair in pairs:
            pictures.append(network_input(Frame(read_image(pair.image), "rgb8"), size).copy())
            digest = hashlib.sha256(pair.image.read_bytes()).hexdigest()
            sums[f"{root.resolve().name}/{pair.image.name}"] = digest
    return pictures, sums


def _listed(sets: Sets) -> list[Mapping[str, object]]:
    return [{"name": root.resolve().name, "pairs": len(pairs)} for root, pairs in sets]
