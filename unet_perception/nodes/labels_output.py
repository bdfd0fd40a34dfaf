# SPDX-License-Identifier: Apache-2.0
"""Telling subscribers what the ids in a mask mean."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import Any

from std_msgs.msg import String

from unet_perception.labels import UNLABELED, LabelSet
from unet_perception.nodes.outputs import reliable


def publish_labels(node: Any, label_set: LabelSet) -> None:
    """Latch ``~/labels``, and ``~/label_info`` where vision_msgs is installed."""
    publisher = node.create_publisher(String, "~/labels", reliable(1, latched=True))
    publisher.publish(String(data=json.dumps(label_set.as_dict())))
    if find_spec("vision_msgs"):
        _publish_label_info(node, label_set)


def _publish_label_info(node: Any, label_set: LabelSet) -> None:
    from vision_msgs.msg import LabelInfo, VisionClass

    classes = [(label.id, label.name) for label in label_set.classes]
    info = LabelInfo(
        class_map=[
            VisionClass(class_id=class_id, class_name=name)
            for class_id, name in [*classes, (UNLABELED, "UNLABELED")]
        ]
    )
    publisher = node.create_publisher(LabelInfo, "~/label_info", reliable(1, latched=True))
    publisher.publish(info)
