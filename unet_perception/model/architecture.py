# SPDX-License-Identifier: Apache-2.0
"""What the package needs of a network: the one object that a further architecture is added by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from unet_perception.errors import BundleError
from unet_perception.plugs.built_in import ARCHITECTURES as GROUP
from unet_perception.plugs.plug_point import PlugPoint

if TYPE_CHECKING:
    from torch import nn

    from unet_perception.model.graph import Graph
    from unet_perception.model.layer_table import LayerTable

Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Link:
    """Features between a convolution and those that read them.

    Attributes:
        source: The convolution they come from.
        readers: The convolutions that read them, each with the first of its input channels.
    """

    source: str
    readers: tuple[tuple[str, int], ...]


class Architecture(ABC):
    """A family of networks: what an entry point of ``unet_perception.architectures`` names.

    Every network takes RGB in ``[0, 1]`` and gives a logit for each class and pixel, at the size
    of its input. The first weight in its ``state_dict`` is that of the one convolution that reads
    the picture. Whoever only runs a bundle has neither torch nor onnx, so they are imported
    within the methods.

    Attributes:
        title: Its name for people.
        classifier: The layer whose outputs are the classes.
        int8_kept: Convolutions that stay out of int8, from the fastest choice to the most exact;
            they are tried in turn until the masks agree.
    """

    title: str
    classifier: str
    int8_kept: Sequence[tuple[str, ...]]

    @abstractmethod
    def build(self, n_classes: int, n_filters: int, in_channels: int = 3) -> nn.Module:
        """Return the network with fresh weights; it has ``n_classes`` and ``n_filters``.

        Args:
            n_classes: Output channels.
            n_filters: Filters of the first block; the others follow from it.
            in_channels: Channels of the picture: 4 where the camera's have an alpha channel.

        Raises:
            ConfigError: A count is below 1.
        """

    @abstractmethod
    def add_layers(self, graph: Graph, x: str, input_size: tuple[int, int]) -> str:
        """Add the network's layers to an ONNX graph, which has all weights by their names.

        Args:
            graph: Takes the nodes. Names of constants have no point in them: weights have.
            x: Name of the picture, ``(N, C, H, W)`` in ``[0, 1]``.
            input_size: H and W.

        Returns:
            Name of the logits.
        """

    @abstractmethod
    def add_rows(self, table: LayerTable, model: nn.Module, input_size: tuple[int, int]) -> None:
        """List the network's layers, for ``unet-perception summary``.

        Args:
            table: Takes them, in the order in which they run.
            model: What ``build`` returned; its weights may be on the meta device.
            input_size: Rows and columns of the picture.
        """

    def links(self, weights: Weights) -> list[Link]:
        """Return where channels may be evened out for int8; see ``quantization.equalise``.

        Between source and readers there is only what commutes with a positive factor of a
        channel: ReLU, pooling, joining. Names of transposed convolutions, which no ReLU follows,
        end in ``.up``. None by default: int8 then does without.
        """
        return []


ARCHITECTURES = PlugPoint(GROUP, Architecture, BundleError)  # type: ignore[type-abstract]
"""All architectures there are."""
