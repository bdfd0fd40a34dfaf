# SPDX-License-Identifier: Apache-2.0
"""A server that speaks CARLA 0.9.16's wire protocol, so that CARLA's own client runs without it."""
