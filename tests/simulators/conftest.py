# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulators that the conformance suite is run through."""

from __future__ import annotations

import pytest

from circuits.simulators import SIMULATORS, SpiceSimulator, find

MARKS = {"xyce": pytest.mark.xyce}


@pytest.fixture(
    scope="session",
    params=[pytest.param(name, marks=MARKS.get(name, ())) for name in reversed([*SIMULATORS])],
)
def simulator(request: pytest.FixtureRequest) -> SpiceSimulator:
    """Every simulator in turn."""
    return find(request.param)
