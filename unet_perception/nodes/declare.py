# SPDX-License-Identifier: Apache-2.0
"""Options as ROS parameters, which ``ros2 param`` lists and describes."""

from __future__ import annotations

from typing import Any

from rcl_interfaces.msg import ParameterDescriptor

from unet_perception.nodes.parameters import Option, Value, read_options


def declare(node: Any, options: tuple[Option, ...]) -> dict[str, Value]:
    """Declare the options, read-only since they act at the start; return their values.

    Raises:
        ConfigError: A value is not allowed or a name is not known.
    """
    # rclpy shows overrides only one by one, once declared; a mistyped name would never
    # be seen.
    given = {name: override.value for name, override in node._parameter_overrides.items()}
    values = read_options(options, given)
    for option in options:
        descriptor = ParameterDescriptor(
            description=option.description,
            additional_constraints=option.allowed,
            read_only=True,
        )
        # The value was checked above; ROS would refuse a whole number for a float.
        node.declare_parameter(option.name, values[option.name], descriptor, ignore_override=True)
    return values
