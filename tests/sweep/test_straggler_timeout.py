# SPDX-License-Identifier: GPL-3.0-or-later
"""Time limits that are learned from finished tasks, and what is done with a straggler."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.driver._straggler_timeout import ENOUGH, StragglerTimeout
from sweep.driver.driver import Settings, run_study
from sweep.driver.events import EpochLost, TrialFailed
from sweep.search.opening import open_results
from tests.stand_in import install, runs
from tests.sweep.running import Record, tiny

times = st.floats(0.001, 1e4)


@given(st.lists(times, min_size=ENOUGH, max_size=200), st.lists(times, max_size=20))
def test_no_task_among_nine_in_ten_is_cut_and_a_few_slow_ones_change_little(
    usual: list[float], slow: list[float]
) -> None:
    straggler_timeout = StragglerTimeout(factor=3.0, least=0.0)
    for seconds in usual:
        straggler_timeout.note("rung", seconds)
    limit = straggler_timeout.limit("rung")
    ordered = sorted(usual)
    assert 3.0 * ordered[math.ceil(0.9 * len(usual)) - 1] == limit
    assert sum(seconds >= limit for seconds in usual) <= len(usual) / 10
    for seconds in slow[: len(usual) // 20]:
        straggler_timeout.note("rung", 1e6 * seconds)
    assert straggler_timeout.limit("rung") <= 3.0 * ordered[-1]


@given(st.lists(times, max_size=ENOUGH - 1))
def test_nothing_is_cut_before_enough_are_known_or_of_another_kind(known: list[float]) -> None:
    straggler_timeout = StragglerTimeout(factor=3.0, least=0.0)
    for seconds in known:
        straggler_timeout.note("rung", seconds)
    assert straggler_timeout.limit("rung") == math.inf
    assert straggler_timeout.limit("other") == math.inf


def test_only_the_last_thousand_count() -> None:
    straggler_timeout = StragglerTimeout(factor=2.0, least=0.0)
    for seconds in [100.0] * 1000 + [1.0] * 1000:
        straggler_timeout.note("rung", seconds)
    assert straggler_timeout.limit("rung") == 2.0


def test_no_limit_is_shorter_than_the_least() -> None:
    straggler_timeout = StragglerTimeout(factor=2.0, least=60.0)
    for _ in range(ENOUGH):
        straggler_timeout.note("rung", 0.01)
    assert straggler_timeout.limit("rung") == 60.0


@pytest.mark.usefixtures("ray_session")
def test_a_straggler_is_cut_and_its_trial_fails_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = install(tmp_path / "bin", slow_share=0.1, slow_seconds=600.0)
    monkeypatch.setenv("ANALOG_SWEEP_NGSPICE", str(slow))
    study = tiny(
        points=2, epochs=1, trials=60, workers=2,
        execution='straggler_factor = 5\nstraggler_least = "2 s"\nepoch_time_limit = "8 s"',
    )  # fmt: skip
    observer = Record()
    summary = run_study(study, Settings(out=tmp_path / "out"), observer=observer)
    failures = observer.of(TrialFailed)
    cut = [failure for failure in failures if failure.status == "straggler"]
    assert cut
    assert {failure.cause for failure in cut} == {"learned_time_limit"}
    # Those that came before anything was known ran into the study's own limit.
    assert {failure.status for failure in failures} <= {"straggler", "timeout"}
    assert summary.complete + summary.failed == 60
    assert not observer.of(EpochLost)
    assert len(runs(slow)) == 60, "what would fail again is not tried again"
    told = open_results(tmp_path / "out").study.trials[cut[0].trial].user_attrs
    assert told["status"] == "straggler"
