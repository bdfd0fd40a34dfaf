# SPDX-License-Identifier: Apache-2.0
"""What is installed here, what would run, why the rest would not, and what to do about it."""
