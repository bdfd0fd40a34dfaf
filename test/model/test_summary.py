# SPDX-License-Identifier: Apache-2.0
"""The summary table: Keras' numbers, and the shapes that the network really has."""

from __future__ import annotations

import re

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from torch import Tensor, nn  # noqa: E402

from unet_perception.model.summary import summarize  # noqa: E402
from unet_perception.model.unet import UNet, parameter_count  # noqa: E402

LINE = re.compile(r"(\S+) \((.+?)\) +\(N, (\d+), (\d+), (\d+)\) +([\d,]+)(?:  (.+))?")

# (rows, columns, channels) and parameters that Keras prints for its layers in order.
KERAS_CONVS = [
    (96, 128, 32, 896),
    (96, 128, 32, 9_248),
    (48, 64, 64, 18_496),
    (48, 64, 64, 36_928),
    (24, 32, 128, 73_856),
    (24, 32, 128, 147_584),
    (12, 16, 256, 295_168),
    (12, 16, 256, 590_080),
    (6, 8, 512, 1_180_160),
    (6, 8, 512, 2_359_808),
    (12, 16, 256, 1_179_904),
    (12, 16, 256, 1_179_904),
    (12, 16, 256, 590_080),
    (24, 32, 128, 295_040),
    (24, 32, 128, 295_040),
    (24, 32, 128, 147_584),
    (48, 64, 64, 73_792),
    (48, 64, 64, 73_792),
    (48, 64, 64, 36_928),
    (96, 128, 32, 18_464),
    (96, 128, 32, 18_464),
    (96, 128, 32, 9_248),
    (96, 128, 32, 9_248),
    (96, 128, 23, 759),
]


def table(text: str) -> list[tuple[str, str, tuple[int, int, int], int, list[str]]]:
    """Read the layers back: name, type, shape, parameters, inputs."""
    rows = []
    for match in filter(None, map(LINE.fullmatch, text.splitlines())):
        name, kind, height, width, channels, count, inputs = match.groups()
        shape = (int(height), int(width), int(channels))
        rows.append((name, kind, shape, int(count.replace(",", "")), (inputs or "").split(", ")))
    return rows


def test_table_has_the_numbers_of_keras() -> None:
    text = summarize("unet", UNet(23, 32))
    rows = table(text)
    assert [(*shape, count) for _, _, shape, count, _ in rows if count] == KERAS_CONVS
    assert text.splitlines()[0] == "U-Net, 32 filters, 23 classes"
    assert text.splitlines()[-1] == "Parameters: 8,640,471 (8,640,471 trainable)"
    assert max(map(len, text.splitlines())) <= 120


def test_connections_are_named() -> None:
    inputs = {name: sources for name, _, _, _, sources in table(summarize("unet", UNet(23, 2)))}
    assert inputs["encoder.0.conv1"] == ["input"]
    assert inputs["pool.4"] == ["encoder.3.dropout"]
    assert inputs["decoder.0.concat"] == ["decoder.0.up", "encoder.3.dropout"]
    assert inputs["decoder.3.concat"] == ["decoder.3.up", "encoder.0.conv2"]
    assert inputs["head.classifier"] == ["head.conv"]
    names = list(inputs)
    for name, sources in inputs.items():
        assert name == "input" or all(names.index(s) < names.index(name) for s in sources)


@pytest.mark.parametrize("size", [(96, 128), (33, 50), (1, 1)])
def test_shapes_are_those_of_a_run(size: tuple[int, int]) -> None:
    model = UNet(5, 2).eval()
    seen: dict[str, tuple[int, ...]] = {}
    for name, module in model.named_modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):

            def keep(_: nn.Module, __: object, output: Tensor, name: str = name) -> None:
                channels, height, width = output.shape[1:]
                cut = 1 if name.endswith(".up") else 0
                seen[name] = (height - cut, width - cut, channels)

            module.register_forward_hook(keep)
    with torch.inference_mode():
        logits = model(torch.zeros(1, 3, *size))
    rows = {
        name: (shape, count) for name, _, shape, count, _ in table(summarize("unet", model, size))
    }
    assert {name: rows[name][0] for name in seen} == seen
    assert sum(count for _, count in rows.values()) == parameter_count(model)
    last = list(rows.values())[-1][0]
    assert (last[2], last[0], last[1]) == tuple(logits.shape[1:])


def test_frozen_weights_are_not_counted_as_trainable() -> None:
    model = UNet(23, 2)
    model.get_parameter("encoder.0.conv1.weight").requires_grad_(False)
    total = parameter_count(UNet(23, 2))
    last = summarize("unet", model).splitlines()[-1]
    assert last == f"Parameters: {total:,} ({total - 54:,} trainable)"
