# SPDX-License-Identifier: GPL-3.0-or-later
"""One ranking says which trial is best, and why; whatever shows or takes a best trial asks it."""

from __future__ import annotations

import io
import itertools
import json
import math
import re
from html import unescape
from pathlib import Path

import pytest
from rich.console import Console

from sweep import Study
from sweep._errors import SweepError
from sweep.app.export import ExportError, export
from sweep.app.report import find_out
from sweep.app.sensitivity import SensitivityError, sensitivity
from sweep.app.status import status
from sweep.cli._console import finite
from sweep.cli._views import status_view
from sweep.driver.driver import Settings, run_study
from sweep.driver.events import StudyStarted, Summary, TrialFinished
from sweep.observers._board import Board
from sweep.observers.progress import RichObserver, line, picture
from sweep.report import page
from sweep.report._sections import header
from sweep.report.figures import front, history, hypervolume, learning_curves
from sweep.results.overview import COMPLETE, Overview, TrialView, overview
from sweep.results.ranking import Candidate, Objective, Ranking
from sweep.results.study_results import Results
from sweep.search.opening import open_results
from tests.in_this_process import InThisProcess
from tests.stand_in import install
from tests.sweep.running import tiny

NMSE = Objective("nmse", "held-out NMSE", "", maximise=False)
ENERGY = Objective("energy", "energy per training point", "J", maximise=False)
YIELD = Objective("yield", "yield", "", maximise=True)
LIMIT = {"energy <= 1e-07": "energy <= 100 nJ"}


def beyond(share: float) -> dict[str, float]:
    return dict.fromkeys(LIMIT, share)


def trial(number: int, *values: float, nmse: float = 0.5, by: float = 0.0) -> TrialView:
    return TrialView(
        number, COMPLETE, values=values or (nmse,), parameters={"x": float(number)}, before=1.0,
        curve=(nmse,), energy=1e-7 * (1.0 + by), violated=beyond(by) if by else {},
    )  # fmt: skip


def study(*trials: TrialView, objectives: tuple[Objective, ...] = (NMSE,)) -> Overview:
    limits = LIMIT if any(each.violated for each in trials) else {}
    return Overview("s", objectives, trials, 1, len(trials), 0.8, limits=limits)


def text_of(view: object) -> str:
    stream = io.StringIO()
    Console(file=stream, width=80).print(view)
    return stream.getvalue()


def words(page: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", page))


def test_a_trial_beyond_a_constraint_is_never_the_best_and_comes_last() -> None:
    seen = study(
        trial(0, nmse=0.1, by=0.5),
        trial(1, nmse=0.4),
        trial(2, nmse=0.2),
        trial(3, nmse=0.05, by=0.1),
    )
    assert seen.best is not None
    assert seen.best.number == 2
    assert [each.number for each in seen.ordered] == [2, 1, 3, 0], (
        "the nearest first of those beyond"
    )
    assert seen.ranked.reason == "lowest held-out NMSE of 2 complete trials within the constraints"
    assert list(seen.best_so_far()) == [(1, 0.4), (2, 0.2)]


@pytest.mark.parametrize("objective", [NMSE, YIELD], ids=["less", "more"])
def test_the_objective_and_its_direction_decide(objective: Objective) -> None:
    seen = study(trial(0, 0.3, nmse=0.9), trial(1, 0.7, nmse=0.1), objectives=(objective,))
    assert seen.best is not None
    assert seen.best.number == int(objective.maximise)
    assert seen.ranked.reason.startswith("highest" if objective.maximise else "lowest")


def test_of_several_objectives_the_best_fit_on_the_front_is_named() -> None:
    seen = study(
        trial(0, 0.2, 3e-8, nmse=0.2), trial(1, 0.5, 1e-8, nmse=0.5), trial(2, 0.5, 2e-8, nmse=0.5),
        trial(3, 0.1, 1e-9, nmse=0.1, by=0.2), objectives=(NMSE, ENERGY),
    )  # fmt: skip
    assert [each.number for each in seen.front] == [0, 1]
    assert seen.best is not None
    assert seen.best.number == 0
    assert "Pareto front" in seen.ranked.reason
    drawn = {trace.name: list(trace.customdata) for trace in front(seen).data if trace.name}
    assert drawn["violates a constraint"] == [3]
    assert drawn["Pareto front"] == [0, 1]
    assert list(hypervolume(seen).data[0].x) == [0, 1, 2]


def test_the_order_in_which_trials_end_does_not_matter() -> None:
    candidates = [
        Candidate(number=0, values=(1.0, 2.0), nmse=0.3), Candidate(number=1, values=(2.0, 1.0), nmse=0.2),
        Candidate(number=2, values=(1.0, 2.0), nmse=0.3), Candidate(number=3, values=(3.0, 3.0), nmse=0.1),
        Candidate(number=4, values=(0.0, 0.0), nmse=0.0, violated=beyond(0.1)),
        Candidate(number=5, values=(math.nan, 0.0), nmse=0.0),
    ]  # fmt: skip
    found = [
        Ranking((NMSE, ENERGY), LIMIT, order).ranked()
        for order in itertools.permutations(candidates)
    ]
    assert all(each == found[0] for each in found)
    assert [each.number for each in found[0].front] == [0, 1, 2]
    assert found[0].best is not None
    assert found[0].best.number == 1


def test_without_an_allowed_trial_there_is_no_best_one_and_the_nearest_is_told() -> None:
    seen = study(
        trial(0, nmse=0.1, by=2.0), trial(1, nmse=0.4, by=0.25), trial(2, nmse=0.2, by=math.nan)
    )
    assert seen.best is None
    assert seen.ranked.none_allowed
    assert seen.ranked.reason == (
        "none of the 3 complete trials is within the constraints (energy <= 100 nJ); nearest is "
        "trial 1: energy <= 100 nJ missed by 25 %"
    )
    assert seen.leader is not None
    assert seen.leader.number == 1
    assert not list(seen.best_so_far())
    assert not any(
        "best" in str(trace.name) for trace in learning_curves(seen).data if trace.customdata
    )
    names = {trace.name: list(trace.x) for trace in history(seen).data if trace.x is not None}
    assert names["violates a constraint"] == [0, 1, 2]
    assert "complete" not in names


def started(*objectives: str, **changes: object) -> StudyStarted:
    given: dict[str, object] = {
        "out": Path("out"), "name": "s", "simulator": "ngspice", "version": "39", "workers": 1, "trials": 9,
        "epochs": 1, "done": 0, "resumed": False, "linear_fit": 0.3, "objectives": objectives,
        "best_value": None,
    }  # fmt: skip
    return StudyStarted(**{**given, **changes})  # type: ignore[arg-type]


def test_the_board_shows_what_the_driver_says_is_best() -> None:
    board = Board()
    board.note(started("energy", complete=2, done=2))
    assert "none of 2 within the constraints" in text_of(picture(board))
    told = TrialFinished(
        trial=3, values=(2e-8,), nmse=0.9, best=False, violates="energy <= 10 nJ missed by 100 %",
        improved=False,
    )  # fmt: skip
    board.note(told)
    assert "none of 3 within the constraints" in text_of(picture(board))
    assert line(told, board) == (
        "trial 3 finished: NMSE 0.9, energy 20 nJ, not allowed (energy <= 10 nJ missed by 100 %), "
        "no better than before training [3 of 9]"
    )
    board.note(
        TrialFinished(trial=4, values=(3e-9,), nmse=0.9, best=True, best_trial=4, best_value=3e-9)
    )
    board.note(
        TrialFinished(trial=5, values=(5e-9,), nmse=0.1, best=False, best_trial=4, best_value=3e-9)
    )
    assert "best energy 3 nJ (trial 4)" in text_of(picture(board))
    board = Board()
    board.note(started("nmse", "energy"))
    board.note(
        TrialFinished(
            trial=0, values=(0.1, 9e-9), nmse=0.1, best=False, violates="x", best_trial=None
        )
    )
    board.note(
        TrialFinished(
            trial=1, values=(0.4, 3e-9), nmse=0.4, best=True, best_trial=1, best_value=0.4
        )
    )
    assert "best 0.4 (trial 1), linear fit 0.3" in text_of(picture(board))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No Ray, and a simulator that answers within milliseconds."""
    monkeypatch.setattr("sweep.driver.driver.RayExecutor", InThisProcess)
    monkeypatch.setenv("ANALOG_SWEEP_NGSPICE", str(install(tmp_path / "bin")))


def run(out: Path, search: str, **changes: object) -> tuple[Results, Summary, str]:
    """A study of three trials of the stand-in simulator: results, summary, what was printed."""
    stream = io.StringIO()
    described = tiny(epochs=1, search=f'pruner = "none"\n{search}', **changes)
    with RichObserver(Console(file=stream, width=200)) as observer:
        summary = run_study(described, Settings(out=out), observer=observer)
    return open_results(out), summary, stream.getvalue()


def test_a_study_without_an_allowed_trial_says_so_everywhere(
    tmp_path: Path,
) -> None:
    limit = 'constraints = { area = { max = "1 um2" } }'
    results, summary, printed = run(tmp_path / "out", limit)
    reason = "none of the 3 complete trials is within the constraints (area <= 1 um2)"
    assert (summary.complete, summary.allowed, summary.best) == (3, 0, ())
    assert summary.best_trial is None
    assert f"no best trial: {reason}" in printed
    assert "not allowed (area <= 1 um2 missed by" in printed

    shown = status(results)
    assert reason in " ".join(text_of(status_view(shown)).split())
    told = json.loads(json.dumps(finite(shown.to_json())))
    assert told["best"] is None
    assert told["none_allowed"] is True
    assert told["allowed"] == 0
    assert told["best_reason"].startswith(reason)
    assert told["leader"]["allowed"] is False
    assert list(told["leader"]["violates"]) == ["area <= 1"]

    with pytest.raises(ExportError, match="none of the 3 complete trials is within") as caught:
        export(results)
    assert "not allowed" in str(caught.value)
    with pytest.raises(SensitivityError, match="none of the 3 complete trials"):
        sensitivity(results)
    with pytest.raises(SweepError, match="none of the 3 complete trials"):
        _ = Study.open(results.out).best

    found = find_out(results)
    top = words(header(found))
    assert f"There is no best trial: {reason}" in top
    assert "not allowed" in top
    assert "best NMSE" not in top
    assert "Fit of the trial nearest to the constraints" in page(found)
    exported = export(results, trial=1, to=tmp_path / "one", verify=False)
    assert any("is not within the constraints" in note for note in exported.notes)


def test_all_agree_on_the_best_of_a_study_whose_objective_is_not_the_fit(
    tmp_path: Path,
) -> None:
    search = 'objectives = { area = "maximize" }\nconstraints = { area = { max = "1100 um2" } }'
    results, summary, printed = run(tmp_path / "out", search, trials=6)
    seen = overview(results)
    areas = {each.number: each.values[0] for each in seen.of(COMPLETE)}
    assert 0 < summary.allowed < len(areas)
    best = min(n for n in areas if areas[n] == max(a for a in areas.values() if a <= 1100.0))
    assert summary.best == (best,)
    assert summary.best_trial == best
    assert seen.best is not None
    assert seen.best.number == best == Study.open(results.out).best.number
    shown = status(results)
    assert shown.to_json()["best"]["trial"] == best
    first = re.search(r"^ +(\d+) +", text_of(status_view(shown)), re.MULTILINE)
    assert first is not None
    assert int(first[1]) == best
    assert f"Best: trial {best}, highest area" in text_of(status_view(shown))
    top = words(header(find_out(results)))
    assert "best area" in top
    assert "best NMSE" not in top
    assert export(results, to=tmp_path / "best", verify=False).trial == best
    assert f"trial {best}, area" in printed
