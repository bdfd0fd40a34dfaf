# SPDX-License-Identifier: Apache-2.0
"""The U-Net: five encoder blocks, four decoder blocks, one class score per pixel.

Ronneberger, Fischer and Brox, *U-Net: Convolutional Networks for Biomedical Image
Segmentation*, 2015, with "same" padding, half of the paper's filters by default and
one more 3x3 convolution before the classifier.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from unet_perception.errors import ConfigError
from unet_perception.model.padding import pad_amounts

DROPOUT = 0.3


class ConvBlock(nn.Module):
    """Two 3x3 convolutions, each followed by a ReLU."""

    def __init__(self, in_channels: int, out_channels: int, dropout: float = 0.0) -> None:
        """Create the block; ``dropout`` acts on its output while training."""
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, in, H, W)`` to ``(N, out, H, W)``."""
        x = functional.relu(self.conv1(x))
        x = functional.relu(self.conv2(x))
        dropped: Tensor = self.dropout(x)
        return dropped


class UpBlock(nn.Module):
    """Double the size, join the encoder's features, and convolve twice."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        """Create the block; the skip connection brings ``out_channels`` as well."""
        super().__init__()
        self.up = nn.ConvTranspose2d(in_channels, out_channels, 3, stride=2)
        self.conv1 = nn.Conv2d(2 * out_channels, out_channels, 3, padding=1)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Map ``(N, in, H, W)`` and a skip at twice the size to ``(N, out, 2H, 2W)``."""
        # Keras' "same" padding at stride 2 drops the last row and column of the full
        # result; PyTorch's own padding would drop the first and shift the features.
        x = self.up(x)[..., :-1, :-1]
        x = torch.cat([x, skip], dim=1)
        x = functional.relu(self.conv1(x))
        return functional.relu(self.conv2(x))


class Head(nn.Module):
    """One more 3x3 convolution with ReLU, then a 1x1 convolution to the classes."""

    def __init__(self, channels: int, n_classes: int) -> None:
        """Create the head for ``n_classes`` scores per pixel."""
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.classifier = nn.Conv2d(channels, n_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, channels, H, W)`` to logits ``(N, n_classes, H, W)``."""
        logits: Tensor = self.classifier(functional.relu(self.conv(x)))
        return logits


class UNet(nn.Module):
    """The network: RGB in ``[0, 1]`` in, logits out, at the size of its input."""

    def __init__(self, n_classes: int, n_filters: int = 32, in_channels: int = 3) -> None:
        """Create a network with He-normal weights and zero biases.

        Args:
            n_classes: Number of classes, one output channel each.
            n_filters: Filters of the first block; each deeper block doubles them. 64 is
                the original paper's width.
            in_channels: Channels of the input picture.

        Raises:
            ConfigError: A count is below 1.
        """
        super().__init__()
        for key, value in (
            ("n_classes", n_classes),
            ("n_filters", n_filters),
            ("in_channels", in_channels),
        ):
            if value < 1:
                raise ConfigError(f"{key} is {value}; it must be 1 or more")
        self.n_classes = n_classes
        self.n_filters = n_filters
        widths = [n_filters * 2**depth for depth in range(5)]
        self.encoder = nn.ModuleList(
            ConvBlock(inside, outside, DROPOUT if depth >= 3 else 0.0)
            for depth, (inside, outside) in enumerate(
                zip([in_channels, *widths[:-1]], widths, strict=True)
            )
        )
        self.decoder = nn.ModuleList(
            UpBlock(inside, outside)
            for inside, outside in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.head = Head(n_filters, n_classes)
        self.apply(_initialise)

    def forward(self, x: Tensor) -> Tensor:
        """Score every pixel.

        Args:
            x: ``(N, in_channels, H, W)`` float, any H and W of 1 or more.

        Returns:
            Logits ``(N, n_classes, H, W)``.
        """
        height, width = x.shape[-2:]
        bottom, right = pad_amounts(height, width)
        if bottom or right:
            x = functional.pad(x, (0, right, 0, bottom))
        skips = []
        for depth, block in enumerate(self.encoder):
            if depth:
                x = functional.max_pool2d(x, 2)
            x = block(x)
            skips.append(x)
        skips.pop()
        for up in self.decoder:
            x = up(x, skips.pop())
        logits: Tensor = self.head(x)
        return logits[..., :height, :width]


def _initialise(module: nn.Module) -> None:
    # He et al. 2015, as Keras draws it: a normal distribution cut off at two standard
    # deviations, rescaled so that the variance is 2 / fan_in.
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        # A transposed convolution stores (in, out, kH, kW): its fan-in is axis 0.
        channels = module.in_channels
        fan_in = channels * module.kernel_size[0] * module.kernel_size[1]
        deviation = (2.0 / fan_in) ** 0.5 / 0.87962566103423978
        nn.init.trunc_normal_(module.weight, std=deviation, a=-2.0 * deviation, b=2.0 * deviation)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def parameter_count(model: nn.Module) -> int:
    """Return the number of trainable parameters."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
