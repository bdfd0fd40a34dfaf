# SPDX-License-Identifier: Apache-2.0
"""Engines side by side: how long a frame takes, whether they agree, and how fast it could be."""
