# SPDX-License-Identifier: Apache-2.0
"""The node that shows pictures and masks in a browser."""
