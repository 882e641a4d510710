# SPDX-License-Identifier: GPL-3.0-or-later
"""Markers of the whole suite: `xyce` tests skip with their reason where Xyce is not installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import hypothesis
import pytest

from circuits.simulators import available

# Nothing here is a measurement of speed: on a busy machine any example may take long.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

pytest_plugins = ["tests.sweep.postgresql"]

# Modules run side by side, and Ray gives its workers a low priority: they would wait for the other modules.
os.environ.setdefault("RAY_worker_niceness", "0")

TESTS = Path(__file__).parent
BEGUN_FIRST = (
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


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Compile the kernels before modules begin side by side: each process would do it for itself, for minutes.

    Where that fails, tests will say why.
    """
    command = [sys.executable, "-m", "tests.quasistatic.kernels"]
    for process in [subprocess.Popen([*command, which]) for which in ("training", "probe")]:
        process.wait()


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
