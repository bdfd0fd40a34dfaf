# SPDX-License-Identifier: Apache-2.0
"""Label sets: what a class id means, per CARLA version, and the maps between them."""

from unet_perception.labels.builtin import (
    BUILTIN_LABEL_SETS,
    PARTIAL_LABEL_SETS,
    load_label_set,
    read_label_set,
)
from unet_perception.labels.carla_version import carla_label_set
from unet_perception.labels.label_groups import LabelGroups, label_groups
from unet_perception.labels.label_map import LabelMap, label_map
from unet_perception.labels.label_set import UNLABELED, LabelClass, LabelSet

__all__ = [
    "BUILTIN_LABEL_SETS",
    "PARTIAL_LABEL_SETS",
    "UNLABELED",
    "LabelClass",
    "LabelGroups",
    "LabelMap",
    "LabelSet",
    "carla_label_set",
    "label_groups",
    "label_map",
    "load_label_set",
    "read_label_set",
]
