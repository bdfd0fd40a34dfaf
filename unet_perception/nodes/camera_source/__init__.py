# SPDX-License-Identifier: Apache-2.0
"""The node that stands in for a camera."""
