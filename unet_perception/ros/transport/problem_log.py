# SPDX-License-Identifier: Apache-2.0
"""Problems that come and go, each told once when it comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LASTING = 4
"""Looks for which a problem must last: discovery finds an endpoint before the name of its node,
and a publisher that is being followed does not fit for a moment."""


class ProblemLog:
    """Warns of a problem once it has lasted, and again if it was gone in between."""

    def __init__(self, node: Any) -> None:
        """Begin without a problem; the node's logger is used."""
        self._node = node
        self._looks: dict[str, int] = {}

    def tell(self, problems: Mapping[str, str]) -> None:
        """Take what is wrong at this look.

        Args:
            problems: Words, by what the problem is about, which does not change while it lasts.
        """
        self._looks = {about: self._looks.get(about, 0) + 1 for about in problems}
        for about, words in problems.items():
            if self._looks[about] == LASTING:
                self._node.get_logger().warning(words)
