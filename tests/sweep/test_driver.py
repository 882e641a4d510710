# SPDX-License-Identifier: GPL-3.0-or-later
"""A study from its file to its results, in real simulations of a tiny net."""

from __future__ import annotations

import math
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from circuits import CircuitError, weight_shapes
from circuits.simulators import find
from sweep.driver.driver import MachineError, Settings, StoreError, run_study
from sweep.driver.events import (
    EpochFinished,
    EpochStarted,
    Event,
    Stopped,
    StudyFinished,
    StudyStarted,
    TrialFailed,
    TrialFinished,
    TrialPruned,
    TrialStarted,
)
from sweep.results.trial_record import TRIAL_ATTRIBUTES
from sweep.search.opening import open_results
from tests.sweep.running import FLAVOURS, Record, digest, snapshot, tiny

pytestmark = pytest.mark.usefixtures("ray_session")


def test_a_study_runs_all_trials_through_all_epochs(tmp_path: Path) -> None:
    observer = Record()
    summary = run_study(tiny(), Settings(out=tmp_path / "out"), observer=observer)

    assert (summary.complete, summary.failed, summary.running) == (3, 0, 0)
    assert summary.exit_code == 0
    kinds = [type(event) for event in observer.events]
    one_trial = [TrialStarted, EpochStarted, EpochFinished, EpochStarted, EpochFinished]
    assert kinds == [StudyStarted, *([*one_trial, TrialFinished] * 3), StudyFinished]

    results = open_results(tmp_path / "out")
    values = [trial.values[0] for trial in results.study.trials]
    assert summary.best == (int(np.argmin(values)),)
    assert summary.best_values == ((min(values),),)
    for trial in results.study.trials:
        epochs = results.epochs(trial.number)
        assert [record.epoch for record in epochs] == [0, 1]
        assert trial.value == epochs[-1].score.nmse
        assert trial.intermediate_values == {1: epochs[0].score.nmse, 2: epochs[1].score.nmse}
        assert trial.user_attrs["nmse_before"] == epochs[0].score.nmse_before
        assert trial.user_attrs["run_key"] == epochs[-1].run_key
        assert trial.user_attrs.keys() <= TRIAL_ATTRIBUTES.keys()
        assert results.scores(trial.number)[1] == epochs[1].score or math.isnan(
            epochs[1].score.nmse_before
        )


def test_weights_go_from_epoch_to_epoch(tmp_path: Path) -> None:
    run_study(tiny(trials=1), Settings(out=tmp_path / "out"), observer=Record())
    first, second = open_results(tmp_path / "out").epochs(0)
    assert second.previous_key == first.run_key
    assert first.previous_key == ""
    assert first.arrays["held_out"].shape == (3, 1)
    assert first.arrays["held_out_before"].shape == (3, 1)
    assert "held_out_before" not in second.arrays
    count = sum(rows * columns for rows, columns in weight_shapes((3, 2, 1)))
    assert first.arrays["final_weights"].shape == (count,)
    assert first.arrays["weights"].shape == (4, count)
    # What the second epoch starts from are the weights that the first one left.
    moved = second.arrays["weights"][0] - first.arrays["final_weights"]
    whole = second.arrays["weights"][-1] - first.arrays["weights"][0]
    assert np.abs(moved).max() < max(0.1, 2 * np.abs(whole).max())


def test_the_manifest_says_where_results_come_from(tmp_path: Path) -> None:
    run_study(tiny(trials=1), Settings(out=tmp_path / "out"), observer=Record())
    results = open_results(tmp_path / "out")
    simulator = find("ngspice")
    assert results.manifest.simulator == "ngspice"
    assert results.manifest.simulator_version == simulator.version
    assert results.manifest.fingerprint == results.study_file.fingerprint == tiny().fingerprint
    assert results.manifest.pdk["sha256"] == results.epochs(0)[0].models
    assert results.manifest.storage == "journal.log"
    assert results.study.user_attrs["linear_fit"] == tiny().plan.linear_fit()


@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "qmc"])
def test_with_one_worker_a_study_gives_the_same_trials(tmp_path: Path, sampler: str) -> None:
    study = tiny(sampler=sampler, trials=4, epochs=1, space=FLAVOURS)
    for name in ("one", "two"):
        run_study(study, Settings(out=tmp_path / name), observer=Record())
    assert digest(tmp_path / "one") == digest(tmp_path / "two")


def test_two_workers_run_two_trials_at_a_time(tmp_path: Path) -> None:
    observer = Record()
    summary = run_study(
        tiny(workers=2, trials=4, points=40), Settings(out=tmp_path / "out"), observer=observer
    )
    assert summary.complete == 4
    under_way, most = 0, 0
    for event in observer.events:
        under_way += isinstance(event, TrialStarted) - isinstance(event, TrialFinished)
        most = max(most, under_way)
    assert most == 2


def test_hopeless_trials_are_pruned_between_epochs(tmp_path: Path) -> None:
    study = tiny(trials=5, epochs=4, search='pruner = { kind = "median", startup_trials = 1 }')
    observer = Record()
    summary = run_study(study, Settings(out=tmp_path / "out"), observer=observer)
    assert summary.pruned == len(observer.of(TrialPruned)) > 0
    assert summary.complete + summary.pruned == 5
    results = open_results(tmp_path / "out")
    for event in observer.of(TrialPruned):
        assert len(results.epochs(event.trial)) == event.epochs < 4
        assert results.study.trials[event.trial].state.name == "PRUNED"
        assert results.study.trials[event.trial].user_attrs["epochs"] == event.epochs


def test_an_infeasible_design_fails_its_trial_only(tmp_path: Path) -> None:
    # The low-threshold pfet has no channel of 0.15 um.
    lengths = '"synapse.length_p" = { low = "0.15 um", high = "0.8 um", log = true }'
    study = tiny(trials=6, epochs=1, length_p="", space=f"{FLAVOURS}\n{lengths}")
    observer = Record()
    summary = run_study(study, Settings(out=tmp_path / "out"), observer=observer)
    assert summary.failed > 0
    assert summary.complete > 0
    assert summary.failed + summary.complete == 6
    trials = open_results(tmp_path / "out").study.trials
    for event in observer.of(TrialFailed):
        attributes = trials[event.trial].user_attrs
        assert attributes["status"] == event.status == "infeasible"
        assert attributes["cause"] == "synapse.length_p"
        assert "0.35" in attributes["words"] or "350" in attributes["words"]


def test_a_run_over_its_time_limit_fails_its_trial_at_once(tmp_path: Path) -> None:
    observer = Record()
    study = tiny(trials=2, execution='epoch_time_limit = "5 ms"')
    summary = run_study(study, Settings(out=tmp_path / "out"), observer=observer)
    assert summary.failed == 2
    assert [event.attempt for event in observer.of(EpochStarted)] == [1, 1]
    assert {event.status for event in observer.of(TrialFailed)} == {"timeout"}
    attributes = open_results(tmp_path / "out").study.trials[0].user_attrs
    assert attributes["cause"] == "time_limit"
    assert attributes["failed_epoch"] == 0


def test_of_several_objectives_the_front_is_kept(tmp_path: Path) -> None:
    search = 'objectives = { nmse = "minimize", energy = "minimize" }\npruner = "none"'
    study = tiny(trials=5, epochs=1, sampler="nsga2", search=search)
    summary = run_study(study, Settings(out=tmp_path / "out"), observer=Record())
    assert summary.objectives == ("nmse", "energy")
    best = {trial.number for trial in open_results(tmp_path / "out").study.best_trials}
    assert set(summary.best) == best
    for record_of in summary.best:
        (epoch,) = open_results(tmp_path / "out").epochs(record_of)
        values = summary.best_values[summary.best.index(record_of)]
        assert values == (epoch.score.nmse, epoch.score.energy_per_point)


def test_more_trials_can_be_asked_for_later(tmp_path: Path) -> None:
    run_study(tiny(trials=2), Settings(out=tmp_path / "out"), observer=Record())
    before = digest(tmp_path / "out")
    settings = Settings(out=tmp_path / "out", resume=True, trials=4)
    summary = run_study(tiny(trials=2), settings, observer=Record())
    assert summary.complete == 4
    assert digest(tmp_path / "out")[:2] == before
    run_study(tiny(trials=4), Settings(out=tmp_path / "whole"), observer=Record())
    assert digest(tmp_path / "whole") == digest(tmp_path / "out")


def test_a_database_serves_as_storage(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/trials.db"
    settings = Settings(out=tmp_path / "out", storage=url)
    run_study(tiny(trials=1), settings, observer=Record())
    results = open_results(tmp_path / "out")
    assert results.manifest.storage == url
    assert [trial.state.name for trial in results.study.trials] == ["COMPLETE"]
    again = Settings(out=tmp_path / "out", resume=True)
    assert run_study(tiny(trials=2), again, observer=Record()).complete == 2

    before = snapshot(tmp_path)
    for study, word in ((tiny(), "this study"), (tiny(epochs=1), "another study")):
        with pytest.raises(StoreError, match=word):
            run_study(study, Settings(out=tmp_path / "new", storage=url), observer=Record())
    assert snapshot(tmp_path) == before
    assert not (tmp_path / "new").exists()


def test_a_foreign_database_is_left_alone_when_it_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("create table notes (text text)")
    other.close()
    before = snapshot(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").touch()
    settings = Settings(out=tmp_path / "out", storage=f"sqlite:///{tmp_path}/other.db")
    with pytest.raises(StoreError, match=r"thesis\.tex"):
        run_study(tiny(), settings, observer=Record())
    assert {"out/thesis.tex": snapshot(tmp_path)["out/thesis.tex"], **before} == snapshot(tmp_path)


@pytest.mark.parametrize(
    "url", ["trials.db", "sqlite://", "nosuch://host/x", "sqlite:////no/such/directory/x.db"]
)
def test_a_storage_that_cannot_be_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError) as refusal:
        run_study(tiny(), Settings(out=tmp_path / "out", storage=url), observer=Record())
    assert refusal.value.exit_code == 2
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "out").exists()


def test_a_directory_that_holds_a_study_is_not_begun_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_study(tiny(trials=1), Settings(out=out), observer=Record())
    before = snapshot(out)
    observer = Record()
    with pytest.raises(StoreError, match="--resume"):
        run_study(tiny(trials=1), Settings(out=out), observer=observer)
    for resume in (False, True):
        with pytest.raises(StoreError, match="another study"):
            run_study(tiny(epochs=1), Settings(out=out, resume=resume), observer=observer)
    settings = Settings(out=out, resume=True, storage=f"sqlite:///{tmp_path}/x.db")
    with pytest.raises(StoreError, match="leave --storage out"):
        run_study(tiny(trials=1), settings, observer=observer)
    settings = Settings(out=out, resume=True, simulator="xyce")
    with pytest.raises(StoreError, match="begun with ngspice"):
        run_study(tiny(trials=1), settings, observer=observer)
    assert snapshot(out) == before
    assert not (tmp_path / "x.db").exists()


def test_several_processes_of_a_simulator_that_has_but_one_are_refused(tmp_path: Path) -> None:
    study = tiny(execution="processes = 2")
    with pytest.raises(CircuitError, match="runs as one process"):
        run_study(study, Settings(out=tmp_path / "out"), observer=Record())
    assert not (tmp_path / "out").exists()


def test_a_directory_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for out in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(StoreError, match="--out") as refusal:
            run_study(tiny(), Settings(out=out), observer=Record())
        assert refusal.value.exit_code == 2
    assert (tmp_path / "file").read_text() == "x"


def test_two_drivers_never_share_a_directory(tmp_path: Path) -> None:
    out = tmp_path / "out"
    refused: list[StoreError] = []

    def second(event: Event) -> None:
        if isinstance(event, EpochStarted) and not refused:
            with pytest.raises(StoreError, match="Another driver") as caught:
                run_study(tiny(), Settings(out=out, resume=True), observer=Record())
            refused.append(caught.value)

    summary = run_study(tiny(), Settings(out=out), observer=Record(second))
    assert summary.complete == 3
    assert refused[0].exit_code == 2


def test_a_simulator_that_vanishes_stops_the_study_and_spoils_no_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ngspice"
    program.symlink_to(shutil.which("ngspice") or "")
    monkeypatch.setenv("ANALOG_SWEEP_NGSPICE", str(program))

    def remove(event: Event) -> None:
        if isinstance(event, EpochFinished) and event.trial == 1:
            program.unlink(missing_ok=True)

    observer = Record(remove)
    with pytest.raises(MachineError, match="--resume"):
        run_study(tiny(), Settings(out=tmp_path / "out"), observer=observer)
    assert isinstance(observer.events[-1], Stopped)
    states = [trial.state.name for trial in open_results(tmp_path / "out").study.trials]
    assert states == ["COMPLETE", "RUNNING"]

    program.symlink_to(shutil.which("ngspice") or "")
    summary = run_study(tiny(), Settings(out=tmp_path / "out", resume=True), observer=Record())
    assert (summary.complete, summary.failed) == (3, 0)
    run_study(tiny(), Settings(out=tmp_path / "whole"), observer=Record())
    assert digest(tmp_path / "out") == digest(tmp_path / "whole")
