# SPDX-License-Identifier: Apache-2.0
"""How messages travel, and what is said when they do not."""
