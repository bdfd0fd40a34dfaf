# SPDX-License-Identifier: Apache-2.0
"""A bag with masks beside its pictures, without ROS.

``python bag_with_masks.py OUT [BAG]``; without a bag, one of the built-in street is recorded.
``unet-perception bag`` does the same.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rosbags.rosbag2 import Writer
from rosbags.typesys import Stores, get_typestore

from unet_perception.bags.segment import segment_bag
from unet_perception.bags.source import BagSource
from unet_perception.bags.topics import choose_topics
from unet_perception.playback.street import Street
from unet_perception.segmenter import open_segmenter

IMAGE = "sensor_msgs/msg/Image"


def record_street(bag: Path, count: int = 3) -> None:
    """Record a bag to begin with."""
    store = get_typestore(Stores.ROS2_KILTED)
    types = store.types
    street = Street(seed=0)
    with Writer(bag, version=9) as writer:
        topic = writer.add_connection("/camera/image", IMAGE, typestore=store)
        for number in range(count):
            rgb = street.frame(number).rgb
            height, width, _ = rgb.shape
            stamp = types["builtin_interfaces/msg/Time"](number, 0)
            header = types["std_msgs/msg/Header"](stamp, "camera")
            pixels = rgb.reshape(-1)
            image = types[IMAGE](header, height, width, "rgb8", 0, 3 * width, pixels)
            writer.write(topic, number * 10**9, store.serialize_cdr(image, IMAGE))


def main(out: Path, bag: Path | None) -> None:
    """Write a new bag: all messages of the first, and the masks."""
    if bag is None:
        bag = out.with_name(f"{out.name}_pictures")
        record_street(bag)
    segmenter = open_segmenter("carla_unet")
    with BagSource(bag) as source:
        done = segment_bag(segmenter, source, choose_topics(source, []), out, overlays=True)
    segmenter.close()
    for result in done.topics:
        print(f"{result.topic.mask}: {result.masks} masks")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
