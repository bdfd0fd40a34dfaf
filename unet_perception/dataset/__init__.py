# SPDX-License-Identifier: Apache-2.0
"""Pairs of picture and mask on disk."""

from unet_perception.dataset.info import DatasetInfo, read_info, write_info
from unet_perception.dataset.labels import MaskReader
from unet_perception.dataset.pairs import Pair, list_pairs, list_splits
from unet_perception.dataset.pictures import read_image, read_mask, write_pair

__all__ = [
    "DatasetInfo",
    "MaskReader",
    "Pair",
    "list_pairs",
    "list_splits",
    "read_image",
    "read_info",
    "read_mask",
    "write_info",
    "write_pair",
]
