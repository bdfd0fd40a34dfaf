# SPDX-License-Identifier: Apache-2.0
"""The class ids of label set carla-0.9.14 that the street draws."""

from __future__ import annotations

LABEL_SET = "carla-0.9.14"

ROADS = 1
SIDEWALKS = 2
BUILDINGS = 3
WALLS = 4
FENCES = 5
POLES = 6
TRAFFIC_LIGHT = 7
TRAFFIC_SIGNS = 8
VEGETATION = 9
TERRAIN = 10
SKY = 11
PEDESTRIANS = 12
RIDER = 13
CAR = 14
TRUCK = 15
BUS = 16
BICYCLE = 19
STATIC = 20
DYNAMIC = 21
ROAD_LINES = 24
GROUND = 25
GUARD_RAIL = 28
