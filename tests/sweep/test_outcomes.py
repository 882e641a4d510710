# SPDX-License-Identifier: GPL-3.0-or-later
"""How a study ends that found nothing, and what is said of trainings that taught nothing."""

from __future__ import annotations

import json
import math
from pathlib import Path

import optuna
import pytest
from click.testing import Result
from optuna.trial import TrialState
from typer.testing import CliRunner

from objectives import improved
from sweep.app.export import export
from sweep.app.report import find_out
from sweep.app.status import status
from sweep.cli import app
from sweep.cli._views import status_view
from sweep.report import page
from sweep.results.outcomes import OutcomeCount, Outcomes
from sweep.results.overview import COMPLETE, overview
from sweep.search.opening import open_results
from tests.in_this_process import InThisProcess
from tests.stand_in import install
from tests.sweep.running import tiny
from tests.sweep.test_ranking import text_of


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No Ray, and a simulator that answers within milliseconds."""
    monkeypatch.setattr("sweep.driver.driver.RayExecutor", InThisProcess)
    monkeypatch.setenv("ANALOG_SWEEP_NGSPICE", str(install(tmp_path / "bin")))


def sweep(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def written(path: Path, **changes: object) -> Path:
    path.write_text(tiny(**{"epochs": 1, **changes}).text)
    return path


def summary_of(result: Result) -> dict[str, object]:
    summary: dict[str, object] = json.loads(result.stdout.splitlines()[-1])["summary"]
    return summary


def test_a_study_without_a_complete_trial_ends_with_1_and_says_what_became_of_them(
    tmp_path: Path,
) -> None:
    study = written(tmp_path / "s.toml", execution='epoch_time_limit = "1 ms"')
    out = tmp_path / "out"
    ran = sweep("run", study, "--out", out)
    assert ran.exit_code == 1
    assert "no best trial: no trial is complete" in ran.stdout
    assert "3 failed (time_limit): Stopped after the limit of 0.001 s." in ran.stdout
    assert "next:" not in ran.stdout
    again = sweep("run", study, "--out", out, "--resume")
    assert again.exit_code == 1
    assert "3 failed (time_limit)" in again.stdout
    told = sweep("run", study, "--out", out, "--resume", "--json")
    assert told.exit_code == 1
    summary = summary_of(told)
    assert summary["outcomes"] == [
        {"state": "failed", "cause": "time_limit", "trials": 3,
         "message": "Stopped after the limit of 0.001 s."}
    ]  # fmt: skip
    assert summary["best_trial"] is None
    shown = sweep("status", out)
    assert shown.exit_code == 0
    assert "time_limit" in shown.stdout
    more = sweep("run", written(tmp_path / "t.toml"), "--out", tmp_path / "fine")
    assert more.exit_code == 0


def test_a_study_of_which_all_trials_are_stopped_on_the_ladder_ends_with_1(tmp_path: Path) -> None:
    training = '[[ladder.rungs]]\nkind = "training"\nsimulator = "transient"\n'
    ladder = f"{training}epochs = 1\nrequire = 1e-9\n{training}"
    study = written(tmp_path / "s.toml", epochs=2, execution=ladder)
    ran = sweep("run", study, "--out", tmp_path / "out")
    assert ran.exit_code == 1
    assert "3 pruned (rung 1)" in ran.stdout


def test_outcomes_are_counted_by_cause_with_the_most_frequent_message() -> None:
    study = optuna.create_study()
    endings = ["a\nmore", "b", "b", None, None, None, None]
    for number, words in enumerate(endings):
        trial = study.ask()
        if words is not None:
            trial.set_user_attr("status", "infeasible" if number == 0 else "crashed")
            trial.set_user_attr("cause", "synapse.width_p" if number == 0 else "")
            trial.set_user_attr("words", words)
        trial.set_user_attr("rung", number % 2)
        study.tell(trial, state=TrialState.PRUNED)
    counted = Outcomes()
    for each in study.trials:
        counted.add(each)
    assert counted.counts() == (
        OutcomeCount(state="failed", cause="crashed", trials=2, message="b"),
        OutcomeCount(state="pruned", cause="rung 1", trials=2),
        OutcomeCount(state="pruned", cause="rung 2", trials=2),
        OutcomeCount(state="failed", cause="infeasible synapse.width_p", trials=1, message="a"),
    )


@pytest.mark.parametrize(
    ("before", "after", "better"),
    [
        (1.71919, 1.71923, False), (1.71919, 1.71919, False), (1.71919, 1.7191, False),
        (1.7, 1.69, True), (math.inf, 1.0, True), (math.nan, 1.0, None), (1.0, math.nan, None),
    ],
)  # fmt: skip
def test_a_thousandth_less_error_is_what_counts_as_learning(
    before: float, after: float, better: bool | None
) -> None:
    assert improved(before, after) is better


def test_trainings_that_taught_nothing_are_told_as_such(tmp_path: Path) -> None:
    """Without nudge and update the weights stay, whatever the simulator."""
    out = tmp_path / "out"
    study = written(tmp_path / "s.toml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("objectives.fit.LEAST_IMPROVEMENT", 1e9)
        ran = sweep("run", study, "--out", out)
    assert ran.exit_code == 0
    assert ran.stdout.count("no better than before training") == 3
    assert "none of the complete trials fits better than before its training" in ran.stdout
    results = open_results(out)
    trials = results.study.get_trials(deepcopy=False)
    assert [trial.state.name.lower() for trial in trials] == [COMPLETE] * 3
    assert [trial.user_attrs["improved"] for trial in trials] == [False] * 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("objectives.fit.LEAST_IMPROVEMENT", 1e9)
        shown = status(results)
        assert "fits better than before its training" in " ".join(
            text_of(status_view(shown)).split()
        )
        assert shown.to_json()["not_improved"] == [0, 1, 2]
        text = page(find_out(results))
        assert "No complete trial fits better than before its training" in text
        assert "The training did not improve the fit" in text
        assert "complete: not improved" in text
        exported = export(results, verify=False, to=tmp_path / "best")
        assert any("did not improve the fit" in note for note in exported.notes)


def test_the_dram_cell_learns_nothing_and_simulate_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANALOG_SWEEP_NGSPICE")
    design = tmp_path / "design.toml"
    design.write_text(
        'version = 2\nname = "dram"\n[network]\nlayers = [3, 3, 1]\n[task]\nname = "sine"\npoints = 2\n'
        'held_out = 2\n[training]\nepochs = 1\n[design.synapse]\nkind = "dram"\nlength_n = "0.35 um"\n'
    )
    ran = sweep("simulate", design, "--simulator", "ngspice")
    assert ran.exit_code == 0
    assert "it fits no better than before its training" in " ".join(ran.stdout.split())
    told = json.loads(sweep("simulate", design, "--simulator", "ngspice", "--json").stdout)
    assert told["improved"] is False


def test_status_says_how_many_trials_the_run_was_asked_for(tmp_path: Path) -> None:
    study, out = written(tmp_path / "s.toml", trials=2), tmp_path / "out"
    assert sweep("run", study, "--out", out, "--trials", 4).exit_code == 0
    shown = sweep("status", out)
    assert "4 complete; 4 asked for" in shown.stdout
    assert json.loads(sweep("status", out, "--json").stdout)["trials"] == 4
    assert overview(open_results(out)).planned == 4
    assert "4 of 4" in page(find_out(open_results(out)))
