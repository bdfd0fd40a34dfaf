# SPDX-License-Identifier: Apache-2.0
"""Options as ROS parameters, which ``ros2 param`` lists, describes and sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)

from unet_perception.errors import ConfigError
from unet_perception.options.option import Option, Range, Value, read_options


def declare(node: Any, options: tuple[Option, ...], read_only: bool = True) -> dict[str, Any]:
    """Declare the options and return their values.

    Args:
        node: The ``rclpy`` node.
        options: What can be set.
        read_only: They act at the start alone.

    Raises:
        ConfigError: A value is not allowed or a name is not known.
    """
    # rclpy shows overrides only one by one, once declared; a mistyped name would never
    # be seen.
    given = {name: override.value for name, override in node._parameter_overrides.items()}
    values = read_options(options, given)
    for option in options:
        # The value was checked above; ROS would refuse a whole number for a float.
        node.declare_parameter(
            option.name, values[option.name], _descriptor(option, read_only), ignore_override=True
        )
    return values


class LiveParameters:
    """Parameters of a running node: checked before they are set, then handed over.

    Lives on the executor's thread.
    """

    def __init__(
        self,
        node: Any,
        options: tuple[Option, ...],
        refusal: Callable[[], str],
        check: Callable[[Mapping[str, Value]], object],
        changed: Callable[[], None],
    ) -> None:
        """Declare the options and watch them.

        Args:
            node: The ``rclpy`` node.
            options: What can be set.
            refusal: Returns why options that are not live cannot be set now; empty if they can.
            check: Raises a ``ConfigError`` where values do not go together.
            changed: Called after each change, with ``values`` as they are then.

        Raises:
            ConfigError: A value is not allowed or a name is not known.
        """
        self.values = declare(node, options, read_only=False)
        check(self.values)
        self._options = {option.name: option for option in options}
        self._refusal = refusal
        self._check = check
        self._changed = changed
        node.add_on_set_parameters_callback(self._may_set)
        node.add_post_set_parameters_callback(self._set)

    def _may_set(self, parameters: list[Any]) -> Any:
        try:
            self._check({**self.values, **self._checked(parameters)})
        except ConfigError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _checked(self, parameters: list[Any]) -> dict[str, Value]:
        values = {}
        for parameter in parameters:
            option = self._options.get(parameter.name)
            # ROS has parameters of its own, which it looks after itself.
            if option is None:
                continue
            value = option.check(parameter.value)
            why = "" if option.live or value == self.values[option.name] else self._refusal()
            if why:
                raise ConfigError(f"parameter {option.name} cannot be set now: {why}")
            values[option.name] = value
        return values

    def _set(self, parameters: list[Any]) -> None:
        values = self._checked(parameters)
        if values:
            self.values = {**self.values, **values}
            self._changed()


def _descriptor(option: Option, read_only: bool) -> Any:
    descriptor = ParameterDescriptor(
        description=option.description,
        additional_constraints=option.allowed,
        read_only=read_only,
    )
    if isinstance(option.accepts, Range):
        low, high = option.accepts.low, option.accepts.high
        if type(option.default) is int:
            descriptor.integer_range = [IntegerRange(from_value=int(low), to_value=int(high))]
        else:
            descriptor.floating_point_range = [
                FloatingPointRange(from_value=float(low), to_value=float(high))
            ]
    return descriptor
