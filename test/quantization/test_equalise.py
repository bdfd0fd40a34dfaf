# SPDX-License-Identifier: Apache-2.0
"""Evened-out channels: the same function, features of one size."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("onnx", reason="onnx is not installed")

SIZE = (32, 48)


def network(seed: int) -> torch.nn.Module:
    from unet_perception.model.unet import UNet

    torch.manual_seed(seed)
    model = UNet(13, 4).eval()
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=0.1)
        elif "conv" in name:
            # Channels that differ by two orders of magnitude, as trained ones do.
            parameter.data *= torch.logspace(-1, 1, len(parameter))[:, None, None, None]
    return model


def pictures(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8) for _ in range(count)]


@pytest.mark.parametrize("share", [0.0, 0.7, 1.0])
def test_the_function_stays_and_the_channels_get_even(share: float) -> None:
    from unet_perception.model.unet import UNet
    from unet_perception.model.unet_architecture import UNET
    from unet_perception.quantization.equalise import channel_peaks, equalise

    model = network(2)
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    before = {name: array.copy() for name, array in weights.items()}
    peaks = channel_peaks(model, pictures(4))
    even = UNet(13, 4).eval()
    even.load_state_dict(
        {
            k: torch.from_numpy(v)
            for k, v in equalise(UNET.links(weights), weights, peaks, share).items()
        }
    )
    assert all(np.array_equal(weights[name], before[name]) for name in weights)
    with torch.inference_mode():
        x = torch.from_numpy(pictures(1)[0]).permute(2, 0, 1)[None].float() / 255.0
        expected, logits = model(x), even(x)
    assert torch.allclose(logits, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))
    after = channel_peaks(even, pictures(4))
    assert peaks.keys() == after.keys()
    if share == 1.0:

        def spread(values: np.ndarray) -> float:
            heard = values[values > 1e-6]
            return float(heard.max() / heard.min())

        for name in peaks.keys() - {"head.classifier"}:
            assert spread(after[name]) < max(1.01, spread(peaks[name])), name
        assert spread(after["encoder.0.conv1"]) < 1.1


def test_peaks_are_read_behind_the_relu() -> None:
    from unet_perception.quantization.equalise import channel_peaks

    model = network(3)
    model.encoder[0].conv1.bias.data[0] = -1e6
    assert channel_peaks(model, pictures(2))["encoder.0.conv1"][0] == 0.0
    assert not model.encoder[0].conv1._forward_hooks
