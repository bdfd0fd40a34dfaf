# SPDX-License-Identifier: Apache-2.0
"""Reading and writing what others must find whole."""
