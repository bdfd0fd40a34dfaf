# SPDX-License-Identifier: Apache-2.0
"""The order of the test files takes whatever pytest's plugins have collected."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")


class Plain(pytest.Item):
    """As launch_testing's: it has no fixtures."""

    def runtest(self) -> None:
        """Do nothing."""


def test_items_without_fixtures_are_ordered_as_well(request: pytest.FixtureRequest) -> None:
    plugins = request.config.pluginmanager.get_plugins()
    (order,) = [x for x in plugins if getattr(x, "__file__", None) == str(CONFTEST)]
    repeated = Plain.from_parent(request.node.parent, name="repeated")
    repeated.add_marker("exhaustive")
    repeated.path = CONFTEST
    items = [request.node, repeated]
    order.pytest_collection_modifyitems(items)
    assert items == [repeated, request.node]
