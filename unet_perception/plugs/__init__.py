# SPDX-License-Identifier: Apache-2.0
"""Where other packages add to this one: entry points, by group and name."""
