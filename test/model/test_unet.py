# SPDX-License-Identifier: Apache-2.0
"""The U-Net: its size, its connections as its behaviour shows them, and its start values."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unet_perception.errors import ConfigError

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from torch import Tensor, nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from unet_perception.model.unet import UNet, parameter_count  # noqa: E402

SMALL = UNet(4, 2).eval()


def watch(model: UNet, x: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Run the network; return what went into and came out of each named module."""
    inside: dict[str, Tensor] = {}
    outside: dict[str, Tensor] = {}
    handles = []
    for name, module in model.named_modules():

        def keep(
            _: nn.Module, inputs: tuple[Tensor, ...], output: Tensor, name: str = name
        ) -> None:
            inside[name], outside[name] = inputs[0].clone(), output.clone()

        handles.append(module.register_forward_hook(keep))
    with torch.no_grad():
        model(x)
    for handle in handles:
        handle.remove()
    return inside, outside


def picture(height: int = 32, width: int = 48) -> Tensor:
    x: Tensor = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(5))
    return x


# What Keras counts for the same network of 23 classes.
KERAS_COUNTS = {32: 8_640_471, 8: 540_999}


def counted(n_filters: int) -> int:
    with torch.device("meta"):
        return parameter_count(UNet(23, n_filters))


@pytest.mark.parametrize("n_filters", KERAS_COUNTS)
def test_parameter_count_is_that_of_keras(n_filters: int) -> None:
    assert counted(n_filters) == KERAS_COUNTS[n_filters]


def test_parameter_count_of_the_papers_width() -> None:
    # Square * n^2 + linear * n + 23 biases of the classes, from Keras' two counts.
    square = (KERAS_COUNTS[32] - 23 - 4 * (KERAS_COUNTS[8] - 23)) // (32**2 - 4 * 8**2)
    linear = (KERAS_COUNTS[8] - 23 - 8**2 * square) // 8
    assert counted(64) == 64**2 * square + 64 * linear + 23 == 34_551_703


def test_dropout_acts_on_the_last_two_encoder_blocks_only() -> None:
    model = UNet(4, 8).train()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                # Every feature above zero: a zero is then the dropout's.
                parameter.fill_(3.0)
    torch.manual_seed(0)
    _, outside = watch(model, picture(64, 64))
    for depth in range(5):
        before = functional.relu(outside[f"encoder.{depth}.conv2"])
        after = outside[f"encoder.{depth}"]
        if depth < 3:
            assert torch.equal(after, before)
            continue
        alive = before > 0
        dropped = (after[alive] == 0).float().mean()
        assert 0.25 < float(dropped) < 0.35
        kept = after != 0
        assert torch.allclose(after[kept], before[kept] / 0.7)


def test_skip_is_taken_after_dropout_and_before_pooling() -> None:
    torch.manual_seed(0)
    inside, outside = watch(UNet(4, 2).train(), picture())
    for depth in range(4):
        block = outside[f"encoder.{depth}"]
        assert torch.equal(inside[f"encoder.{depth + 1}.conv1"], functional.max_pool2d(block, 2))
        joined = inside[f"decoder.{3 - depth}.conv1"]
        channels = block.shape[1]
        assert joined.shape[1] == 2 * channels
        # The upsampled features first, without their last row and column, then the skip.
        up = outside[f"decoder.{3 - depth}.up"]
        assert torch.equal(joined[:, :channels], up[..., :-1, :-1])
        assert torch.equal(joined[:, channels:], block)


def test_logits_are_not_limited_by_an_activation() -> None:
    model = UNet(4, 2).eval()
    with torch.no_grad():
        model.get_parameter("head.classifier.bias").fill_(-1000.0)
        assert float(model(picture()).max()) < 0.0


@settings(max_examples=40, deadline=None)
@given(height=st.integers(1, 70), width=st.integers(1, 70), batch=st.integers(1, 2))
def test_any_size_gives_logits_of_the_same_size(height: int, width: int, batch: int) -> None:
    with torch.inference_mode():
        logits = SMALL(torch.rand(batch, 3, height, width))
    assert logits.shape == (batch, 4, height, width)
    assert bool(logits.isfinite().all())


def test_padding_is_black_at_the_bottom_and_right() -> None:
    x = picture(20, 40)
    padded = functional.pad(x, (0, 8, 0, 12))
    with torch.inference_mode():
        assert torch.equal(SMALL(x), SMALL(padded)[..., :20, :40])


def test_pictures_of_a_batch_do_not_touch_each_other() -> None:
    first, second = picture(), picture().flip(3)
    with torch.inference_mode():
        both = SMALL(torch.cat([first, second]))
        # Another size of batch may be summed in another order.
        assert torch.allclose(both[:1], SMALL(first), atol=1e-4)
        assert torch.allclose(both[1:], SMALL(second), atol=1e-4)


def test_weights_start_he_normal_and_biases_zero() -> None:
    torch.manual_seed(1)
    model = UNet(23, 16)
    for name, module in model.named_modules():
        if not isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            continue
        assert module.bias is not None
        assert not module.bias.any()
        if module.weight.numel() < 5000:
            continue
        fan_in = module.in_channels * 9
        expected = (2.0 / fan_in) ** 0.5
        assert float(module.weight.detach().std()) == pytest.approx(expected, rel=0.05), name
        assert abs(float(module.weight.detach().mean())) < 0.05 * expected, name
        # Cut off at two standard deviations of the normal distribution before the cut.
        assert float(module.weight.detach().abs().max()) <= 2.0 * expected / 0.8796 + 1e-6, name


@pytest.mark.parametrize("key", ["n_classes", "n_filters", "in_channels"])
@pytest.mark.parametrize("value", [0, -3])
def test_counts_below_one_are_refused_by_name(key: str, value: int) -> None:
    counts = {"n_classes": 2, "n_filters": 2, "in_channels": 3, key: value}
    with pytest.raises(ConfigError, match=f"{key} is {value}; it must be 1 or more"):
        UNet(**counts)
