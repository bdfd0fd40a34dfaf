# SPDX-License-Identifier: Apache-2.0
"""The demo: source and node as processes, a live table, and pictures at the end."""
