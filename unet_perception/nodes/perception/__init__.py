# SPDX-License-Identifier: Apache-2.0
"""The perception node: camera frames in, class masks out."""
