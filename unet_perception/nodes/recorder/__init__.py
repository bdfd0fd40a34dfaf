# SPDX-License-Identifier: Apache-2.0
"""Recording pairs from topics."""
