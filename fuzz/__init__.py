# SPDX-License-Identifier: Apache-2.0
"""Everything in the package that parses what others give, as functions that take any bytes."""
