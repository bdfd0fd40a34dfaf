# SPDX-License-Identifier: Apache-2.0
"""Telling subscribers what the ids in a mask mean."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import Any

from std_msgs.msg import String

from unet_perception.labels import UNLABELED, LabelSet
from unet_perception.ros.transport.outputs import Output, reliable


class LabelsOutput:
    """Latches a label set, as JSON and, where vision_msgs is installed, as LabelInfo."""

    def __init__(self, node: Any, prefix: str) -> None:
        """Offer ``<prefix>/labels`` and perhaps ``<prefix>/label_info``."""
        self._labels = Output(node, String, f"{prefix}/labels", reliable(1, latched=True))
        self._info: Output | None = None
        if find_spec("vision_msgs"):
            from vision_msgs.msg import LabelInfo

            self._info = Output(node, LabelInfo, f"{prefix}/label_info", reliable(1, latched=True))

    def publish(self, label_set: LabelSet) -> None:
        """Say what the ids mean from now on."""
        self._labels.publish(String(data=json.dumps(label_set.as_dict())))
        if self._info is not None:
            self._info.publish(_label_info(label_set))

    def destroy(self) -> None:
        """Take the topics away."""
        self._labels.destroy()
        if self._info is not None:
            self._info.destroy()


def _label_info(label_set: LabelSet) -> Any:
    from vision_msgs.msg import LabelInfo, VisionClass

    classes = [(label.id, label.name) for label in label_set.classes]
    return LabelInfo(
        class_map=[
            VisionClass(class_id=class_id, class_name=name)
            for class_id, name in [*classes, (UNLABELED, "UNLABELED")]
        ]
    )
