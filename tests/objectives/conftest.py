# SPDX-License-Identifier: GPL-3.0-or-later
"""The quasi-static trainer for figures of merit."""

from __future__ import annotations

import pytest

import pdk
from circuits.quasistatic import QuasistaticTrainer
from circuits.simulators import find


@pytest.fixture(scope="session")
def trainer() -> QuasistaticTrainer:
    return QuasistaticTrainer(find("ngspice"), pdk.locate())
