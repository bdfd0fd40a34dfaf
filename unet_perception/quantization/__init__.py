# SPDX-License-Identifier: Apache-2.0
"""The network in int8: made from a bundle and recorded frames, scored, and put beside it."""
