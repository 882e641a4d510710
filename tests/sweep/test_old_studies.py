# SPDX-License-Identifier: GPL-3.0-or-later
"""Studies that were begun before there were ladders, by that version, are read and gone on with.

`tests/reference/study_schema_1`: two complete trials of three epochs, and one that was stopped after
two of them, simulated with ngspice 39.
"""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from circuits.simulators import find
from sweep.commands.export import export
from sweep.commands.status import status
from sweep.engine.driver import Settings, run_study
from sweep.engine.events import EpochStarted, StudyStarted, TrialFailed
from sweep.report import find_out, page
from sweep.results._manifest import SCHEMA
from sweep.results.store import open_results
from tests.sweep.running import Record, snapshot

OLD = Path(__file__).parents[1] / "reference" / "study_schema_1"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A copy of the old study."""
    return Path(shutil.copytree(OLD, tmp_path / "out"))


def test_it_is_read_as_it_was(out: Path) -> None:
    before = snapshot(out)
    results = open_results(out)
    assert not results.study_file.ladder.declared
    document = status(results).to_json()
    assert (document["complete"], document["running"], document["ladder"]) == (2, 1, [])
    assert document["now"] == {"2": 2}
    for trial in results.study.trials:
        epochs = results.epochs(trial.number)
        assert len(epochs) == len(trial.intermediate_values)
        for record in epochs:
            assert trial.intermediate_values[record.epoch + 1] == record.score.nmse
            assert record.first_key == record.run_key
            assert record.wall_seconds == record.score.seconds
            assert math.isnan(record.simulated_seconds)
    text = page(find_out(results))
    assert "Learning curves" in text
    assert "<h2>Ladder</h2>" not in text
    assert snapshot(out) == before


def test_its_trials_can_be_exported(out: Path, tmp_path: Path) -> None:
    results = open_results(out)
    exported = export(results, to=tmp_path / "best")
    assert exported.trial == results.study.best_trial.number
    assert exported.nmse == results.study.best_value


@pytest.mark.usefixtures("ray_session")
def test_it_is_gone_on_with(out: Path) -> None:
    before = snapshot(out / "trials")
    old = open_results(out)
    observer = Record()
    summary = run_study(old.study_file, Settings(out=out, resume=True), observer=observer)
    assert (summary.complete, summary.failed, summary.running) == (3, 0, 0)
    assert observer.of(StudyStarted)[0].done == 2
    assert before.items() <= snapshot(out / "trials").items()
    results = open_results(out)
    if find("ngspice").version == old.manifest.simulator_version and not observer.of(TrialFailed):
        (started,) = observer.of(EpochStarted)
        assert (started.trial, started.epoch) == (2, 2)
        *_, before_it, last = results.epochs(2)
        assert last.previous_key == before_it.run_key
        assert np.isfinite(last.arrays["final_weights"]).all()
    else:  # files of another simulator or models: the trial is run again
        assert len(results.study.trials) == 4
    assert json.loads((out / "manifest.json").read_text())["schema"] == SCHEMA
