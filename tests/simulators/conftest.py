# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulators that the conformance suite is run through."""

from __future__ import annotations

import pytest

from circuits.simulators import SpiceSimulator, find


@pytest.fixture(scope="session", params=["ngspice", pytest.param("xyce", marks=pytest.mark.xyce)])
def simulator(request: pytest.FixtureRequest) -> SpiceSimulator:
    """Every simulator in turn."""
    return find(request.param)
