# SPDX-License-Identifier: Apache-2.0
"""Pairs of picture and mask on disk."""
