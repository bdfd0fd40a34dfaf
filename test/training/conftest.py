# SPDX-License-Identifier: Apache-2.0
"""One thread: on networks this small, threads that wait for each other cost ten times more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    try:
        import torch
    except ImportError:
        # Splits, recipe and scores are tested without it.
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
