# SPDX-License-Identifier: Apache-2.0
"""Scores of a model on datasets: counting, tables, reports."""
