# SPDX-License-Identifier: Apache-2.0
"""CARLA's own client, made safe to use: sessions that put everything back, and camera rigs.

``carla`` is imported only in this room, ``rclpy`` never is. ``config``, ``cameras``, ``pairing``
and ``journal`` work without ``carla``.
"""
