# SPDX-License-Identifier: GPL-3.0-or-later
"""Markers of the whole suite: `xyce` tests skip with their reason where Xyce is not installed."""

from __future__ import annotations

import pytest

from circuits.simulators import available

pytest_plugins = ["tests.sweep.postgresql"]


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers."""
    config.addinivalue_line("markers", "xyce: needs Xyce 7; skipped where it is not installed")
    config.addinivalue_line("markers", "slow: takes more than ten seconds")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a simulator that is not there."""
    (xyce,) = (found for found in available() if found.name == "xyce")
    if xyce.problem is None:
        return
    skip = pytest.mark.skip(reason=xyce.problem)
    for item in items:
        if item.get_closest_marker("xyce"):
            item.add_marker(skip)
