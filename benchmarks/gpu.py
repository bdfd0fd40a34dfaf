# SPDX-License-Identifier: Apache-2.0
"""Time of one frame on a GPU, from pixels in host memory to ids in host memory.

    python benchmarks/gpu.py [--model carla_unet] [--rounds 300] [--json FILE]

Engine ``cuda`` (PyTorch half, pinned buffers, CUDA graph) beside eager float32, eager half and
``torch.compile``, at three sizes, interleaved in one run. The network has no size of its own,
so each size takes the same weights.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from torch import nn

from unet_perception.engines.cuda import CudaEngine
from unet_perception.engines.cuda_device import cuda_device
from unet_perception.model.activations import reference_network
from unet_perception.model.bundle import bundle_weights, load_bundle
from unet_perception.model.encoding import encode_pixels
from unet_perception.model.probe import probe_pictures
from unet_perception.segmenter import find_model

SIZES = ((96, 128), (288, 384), (608, 800))
ENCODING = "bgra8"
WARM_UP = 30

Infer = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


def eager(
    model: Callable[[torch.Tensor], torch.Tensor], dtype: torch.dtype, channels_last: bool
) -> Infer:
    """Return the plain way: pageable memory, the default stream, a call for each kernel."""

    def infer(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        with torch.inference_mode():
            pixels = torch.from_numpy(rgb).cuda().permute(2, 0, 1).unsqueeze(0).to(dtype) / 255.0
            if not channels_last:
                pixels = pixels.contiguous()
            ids: NDArray[np.uint8] = model(pixels)[0].argmax(0).to(torch.uint8).cpu().numpy()
        return ids

    return infer


def half(model: nn.Module) -> nn.Module:
    """Return the network in half precision, channels last."""
    halved: nn.Module = model.half().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return halved


def main() -> None:
    """Run the benchmark and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="carla_unet")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    device = cuda_device()
    bundle = load_bundle(find_model(options.model))
    weights = bundle_weights(bundle)
    table = Table(title=f"one frame on {device.name}", title_justify="left")
    for column in ("size", "engine", "p50 ms", "p99 ms", "frames/s", "same pixels"):
        table.add_column(column, justify="right")
    figures = []
    for size in SIZES:
        rgb = probe_pictures(size)[0]
        engine = CudaEngine(
            replace(bundle, spec=replace(bundle.spec, input_size=size)), "fp16", ENCODING, "timed"
        )
        print(f"{size}: {engine.info.detail}")
        camera = encode_pixels(rgb, ENCODING)
        compiled = torch.compile(
            half(reference_network(bundle.spec, weights)), mode="reduce-overhead"
        )
        variants: dict[str, Infer] = {
            "eager fp32": eager(reference_network(bundle.spec, weights), torch.float32, False),
            "eager fp16": eager(half(reference_network(bundle.spec, weights)), torch.float16, True),
            "torch.compile fp16": eager(compiled, torch.float16, True),
            "cuda fp16": lambda _, engine=engine, camera=camera: engine.infer(camera),  # type: ignore[misc]
        }
        for row in _measure(variants, rgb, options.rounds):
            figures.append({"device": device.name, "size": list(size), **row})
            table.add_row(f"{size[1]}x{size[0]}", *(str(value) for value in row.values()))
        engine.close()
    Console().print(table)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _measure(
    variants: dict[str, Infer], rgb: NDArray[np.uint8], rounds: int
) -> list[dict[str, str | float]]:
    # The same for all: the best kernel for each layer, and fp32 that is not TF32.
    with torch.backends.cudnn.flags(enabled=True, benchmark=True, allow_tf32=False):
        expected = variants["eager fp32"](rgb).copy()
        for infer in variants.values():
            for _ in range(WARM_UP):
                infer(rgb)
        times: dict[str, list[float]] = {name: [] for name in variants}
        same = {}
        for _ in range(rounds):
            for name, infer in variants.items():
                before = time.perf_counter()
                ids = infer(rgb)
                times[name].append(time.perf_counter() - before)
                same[name] = float((ids == expected).mean())
    return [
        {
            "engine": name,
            "p50_ms": round(float(np.percentile(values, 50)) * 1e3, 3),
            "p99_ms": round(float(np.percentile(values, 99)) * 1e3, 3),
            "fps": round(1.0 / float(np.mean(values))),
            "same": round(same[name], 5),
        }
        for name, values in times.items()
    ]


if __name__ == "__main__":
    main()
