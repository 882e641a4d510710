# SPDX-License-Identifier: GPL-3.0-or-later
"""Studies that were begun by earlier versions are read, or gone on with.

`tests/reference/study_schema_1`: two complete trials of three epochs, and one that was stopped after
two of them, simulated with ngspice 39, before there were ladders. `study_schema_2`: a ladder, halted in its fourth
trial, before there was a run cache.
"""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from sweep.app.export import export
from sweep.app.report import find_out
from sweep.app.status import status
from sweep.driver.driver import Settings, StoreError, run_study
from sweep.driver.events import EpochFinished, EpochStarted, Event
from sweep.report import page
from sweep.results.manifest import SCHEMA
from sweep.search.opening import open_results
from sweep.study import parse
from tests.sweep.running import Record, digest, snapshot, tiny

OLD_LADDER = Path(__file__).parents[1] / "reference" / "study_schema_2"
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


def test_it_is_not_gone_on_with_where_its_file_means_something_else_now(out: Path) -> None:
    """Since then, the update circuits have noise unless a study file says otherwise."""
    before = snapshot(out)
    described = open_results(out).study_file
    with pytest.raises(StoreError, match=r"earlier analog-sweep .* has other values now"):
        run_study(described, Settings(out=out, resume=True), observer=Record())
    assert snapshot(out) == before


def _as_schema_1(out: Path) -> None:
    """Write the files of a study without a ladder anew, as they were before there were ladders."""
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest.pop("rungs") == []
    (out / "manifest.json").write_text(json.dumps(manifest | {"schema": 1}))
    for path in out.rglob("*.npz"):
        with np.load(path) as archive:
            content = dict(archive)
        told = json.loads(str(content["record"]))
        (score,) = told.pop("scores")
        for name in ("first_key", "rung", "wall_seconds", "simulated_seconds", "cached"):
            del told[name]
        content["record"] = np.array(json.dumps(told | {"schema": 1, "score": score}))
        np.savez(path, **content)


def test_a_study_with_a_ladder_is_read_as_it_was(tmp_path: Path) -> None:
    """Schema 2, before there was a run cache: three trials at the top, one stopped on its way."""
    out = Path(shutil.copytree(OLD_LADDER, tmp_path / "out"))
    before = snapshot(out)
    results = open_results(out)
    assert results.manifest.schema == 2
    document = status(results).to_json()
    assert document["ladder"][0]["reached"] == 4
    assert document["cached"] == 0
    for trial in results.study.trials:
        for record in results.epochs(trial.number):
            assert record.cached == 0
            assert math.isfinite(record.wall_seconds)
    assert "<h2>Ladder</h2>" in page(find_out(results))
    assert snapshot(out) == before


def _as_schema_2(out: Path) -> None:
    """Write the files of a study anew, as they were before there was a run cache."""
    manifest = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps(manifest | {"schema": 2}))
    for path in out.rglob("*.npz"):
        with np.load(path) as archive:
            content = dict(archive)
        told = json.loads(str(content["record"]))
        del told["cached"]
        content["record"] = np.array(json.dumps(told | {"schema": 2}))
        np.savez(path, **content)


@pytest.mark.usefixtures("ray_session")
@pytest.mark.parametrize("schema", [1, 2])
def test_a_study_in_the_old_layout_is_gone_on_with(schema: int, tmp_path: Path) -> None:
    class Halt(BaseException):
        pass

    def halt(event: Event) -> None:
        if isinstance(event, EpochFinished) and (event.trial, event.epoch) == (1, 0):
            raise Halt

    bare = tiny().text.replace("[design]\n", '[design]\njunctions = "none"\n')
    study, out = parse(bare, source="tiny.toml"), tmp_path / "out"
    with pytest.raises(Halt):
        run_study(study, Settings(out=out), observer=Record(halt))
    old_file = (
        OLD / "trials" / "00000" / "epoch_000.npz"
        if schema == 1
        else OLD_LADDER / "trials" / "00000" / "transient_seed0" / "epoch_000.npz"
    )
    with np.load(old_file) as archive:
        keys = json.loads(str(archive["record"])).keys()
    (_as_schema_1 if schema == 1 else _as_schema_2)(out)
    for path in out.rglob("*.npz"):
        with np.load(path) as archive:
            assert json.loads(str(archive["record"])).keys() == keys
    before = snapshot(out / "trials")

    observer = Record()
    summary = run_study(study, Settings(out=out, resume=True), observer=observer)
    assert (summary.complete, summary.failed) == (3, 0)
    first = observer.of(EpochStarted)[0]
    assert (first.trial, first.epoch) == (1, 1)
    assert before.items() <= snapshot(out / "trials").items()
    run_study(study, Settings(out=tmp_path / "whole"), observer=Record())
    old, new = digest(out), digest(tmp_path / "whole")
    for trial in old + new:
        del trial["simulated"]  # was not kept
    assert old == new
    assert json.loads((out / "manifest.json").read_text())["schema"] == SCHEMA
