# SPDX-License-Identifier: GPL-3.0-or-later
"""Markers of the whole suite: `xyce` tests skip with their reason where Xyce is not installed."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

from circuits.simulators import available

# Nothing here is a measurement of speed: on a busy machine any example may take long.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

pytest_plugins = ["tests.sweep.postgresql"]

TESTS = Path(__file__).parent
BEGUN_FIRST = (
    "quasistatic/test_trainer.py",  # compiles the kernels that the others find in the cache
    "sweep/test_resume.py",
    "sweep/test_ladder_kill.py",
    "sweep/test_many_kills.py",
    "sweep/test_kill.py",
    "sweep/test_report_browser.py",
    "sweep/test_verify.py",
    "sweep/test_samplers.py",
    "sweep/test_fuzz_runs.py",
    "sweep/test_ladder.py",
    "sweep/test_scenarios.py",
    "sweep/test_trial_pages.py",
    "sweep/test_export.py",
    "sweep/test_cli.py",
    "sweep/test_report.py",
    "sweep/test_cluster.py",
    "sweep/test_replay.py",
    "quasistatic/test_tables.py",
    "quasistatic/test_against_transient.py",
    "objectives/test_trainability.py",
    "objectives/test_stability.py",
)
"""Long modules. Where modules are run side by side, a long one must not be the last alone."""


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers."""
    config.addinivalue_line("markers", "xyce: needs Xyce 7; skipped where it is not installed")
    config.addinivalue_line("markers", "slow: takes more than ten seconds")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what needs a simulator that is not there, and put long modules first."""
    if hasattr(config, "workerinput"):  # a process of pytest-xdist
        items.sort(key=_turn)
    (xyce,) = (found for found in available() if found.name == "xyce")
    if xyce.problem is None:
        return
    skip = pytest.mark.skip(reason=xyce.problem)
    for item in items:
        if item.get_closest_marker("xyce"):
            item.add_marker(skip)


def _turn(item: pytest.Item) -> int:
    """When a module is to be begun, as a place in a list; the order is otherwise kept."""
    module = str(item.path.relative_to(TESTS))
    return BEGUN_FIRST.index(module) if module in BEGUN_FIRST else len(BEGUN_FIRST)
