# SPDX-License-Identifier: Apache-2.0
"""The range of features: what float16 is trusted with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unet_perception.errors import WeightsError
from unet_perception.model.bundle import bundle_weights, load_bundle
from unet_perception.model.encoding import encode_pixels, fold_encoding
from unet_perception.model.probe import probe_pictures

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from unet_perception.labels import load_label_set  # noqa: E402
from unet_perception.model.activations import (  # noqa: E402
    HALF_LIMIT,
    activation_peaks,
    check_half_range,
    half_range,
    reference_network,
)
from unet_perception.model.spec import ModelSpec  # noqa: E402
from unet_perception.model.unet import UNet  # noqa: E402

CONVOLUTIONS = 5 * 2 + 4 * 3 + 2
SPEC = ModelSpec(2, (32, 48), load_label_set("carla-0.8"))


def weights_of(model: UNet) -> dict[str, np.ndarray]:
    return {name: tensor.numpy().copy() for name, tensor in model.state_dict().items()}


def test_every_convolution_is_measured() -> None:
    torch.manual_seed(1)
    model = UNet(5, 2).eval()
    peaks = activation_peaks(model, probe_pictures((32, 48)))
    assert len(peaks) == CONVOLUTIONS
    assert list(peaks)[:2] == ["encoder.0.conv1", "encoder.0.conv2"]
    assert list(peaks)[-1] == "head.classifier"
    with torch.inference_mode():
        white = model.encoder[0].conv1(torch.ones(1, 3, 32, 48)).abs().max()
    assert peaks["encoder.0.conv1"] >= float(white) > 0


def test_the_shipped_network_is_far_from_the_limit(repo: Path) -> None:
    bundle = load_bundle(repo / "models" / "carla_unet")
    peaks = half_range(bundle.spec, bundle_weights(bundle))
    assert 0 < check_half_range(peaks, "carla_unet") < HALF_LIMIT / 10


@pytest.mark.parametrize("factor", [1e9, float("inf"), float("nan")])
def test_large_features_are_refused_with_the_layers_name(factor: float) -> None:
    torch.manual_seed(1)
    weights = weights_of(UNet(13, 2))
    weights["head.classifier.bias"][...] = factor
    with pytest.raises(WeightsError, match=r"mine: layer head.classifier reaches .*fp32"):
        check_half_range(half_range(SPEC, weights), "mine")


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(WeightsError, match="do not fit"):
        reference_network(SPEC, {"encoder.0.conv1.weight": np.zeros((2, 3, 3, 3), np.float32)})


def test_probe_pictures_are_the_same_always_and_cover_the_range() -> None:
    first, second = probe_pictures((50, 71)), probe_pictures((50, 71))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert {p.shape for p in first} == {(50, 71, 3)}
    assert min(p.min() for p in first) == 0
    assert max(p.max() for p in first) == 255


@pytest.mark.parametrize("encoding", ["bgra8", "bgr8", "rgb8", "rgba8"])
def test_folded_weights_see_encoded_pixels_as_the_original_sees_rgb(encoding: str) -> None:
    rng = np.random.default_rng(0)
    weights = {"encoder.0.conv1.weight": rng.normal(size=(4, 3, 3, 3)).astype(np.float32)}
    folded = fold_encoding(weights, encoding)["encoder.0.conv1.weight"]
    rgb = rng.integers(0, 256, (3, 3, 3), dtype=np.uint8)
    pixels = encode_pixels(rgb, encoding)
    original = np.einsum("ochw,hwc->o", weights["encoder.0.conv1.weight"], rgb.astype(np.float32))
    assert np.allclose(np.einsum("ochw,hwc->o", folded, pixels.astype(np.float32)), original)
    assert pixels.shape[-1] == folded.shape[1] == len(encoding) - 1
