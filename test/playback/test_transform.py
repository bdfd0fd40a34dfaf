# SPDX-License-Identifier: Apache-2.0
"""Transforms compose as CARLA's own do."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet_perception.playback.transform import Transform

metres = st.floats(-500.0, 500.0)
degrees = st.floats(-180.0, 180.0)
# At +-90 degrees of pitch yaw and roll are not told apart.
transforms = st.builds(Transform, metres, metres, metres, st.floats(-85.0, 85.0), degrees, degrees)


def corner(place: Transform, point: tuple[float, float, float]) -> Any:
    return np.array(place.after(Transform(*point))[:3])


@given(transforms, transforms)
def test_what_is_seen_from_somewhere_is_put_back_there(a: Transform, b: Transform) -> None:
    back = b.after(a.seen_from(b))
    for point in ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)):
        assert corner(back, point) == pytest.approx(corner(a, point), abs=1e-6)


@given(transforms, st.tuples(metres, metres, metres))
def test_points_go_where_carla_puts_them(place: Transform, point: Any) -> None:
    carla = pytest.importorskip("carla", reason="the carla client is not installed")
    real = carla.Transform(
        carla.Location(*place[:3]),
        carla.Rotation(pitch=place.pitch, yaw=place.yaw, roll=place.roll),
    ).transform(carla.Location(*point))
    ours = place.after(Transform(*point))
    assert ours[:3] == pytest.approx((real.x, real.y, real.z), abs=0.01)


@pytest.mark.parametrize(
    "value",
    [
        [[0, 0], [0, 0, 0]],
        [[0, 0, 0]],
        [[0, 0, math.inf], [0, 0, 0]],
        [[0, 0, 0], [0, "left", 0]],
        None,
    ],
)
def test_what_is_no_transform_is_refused(value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        Transform.from_rpc(value)


def test_it_survives_the_wire() -> None:
    place = Transform(1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    assert place.to_rpc() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert Transform.from_rpc(place.to_rpc()) == place
