# SPDX-License-Identifier: GPL-3.0-or-later
"""The report, of studies in every state."""

from __future__ import annotations

import math
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from sweep.app.report import find_out, write_report
from sweep.report import page
from sweep.report._data import _columns
from sweep.report.figures import front, history, learning_curves
from sweep.report.space_figures import importances, slice_of
from sweep.results.overview import (
    COMPLETE,
    FAILED,
    PRUNED,
    Failure,
    Overview,
    TrialView,
    overview,
)
from sweep.results.ranking import Objective
from sweep.results.study_results import Results
from tests.sweep.running import tiny

pytest_plugins = ["tests.sweep.finished"]

STATES = ("finished", "mixed", "failing", "several", "stopped", "empty", "climbed")
NMSE = Objective("nmse", "held-out NMSE", "", maximise=False)


class Outline(HTMLParser):
    """Headings, rows and whatever a page would have to load."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.loaded: list[str] = []
        self.rows = 0
        self._in: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in = tag if tag in {"h1", "h2", "h3"} else None
        self.rows += tag == "tr"
        self.loaded += [
            str(value)
            for name, value in attrs
            if name in {"src", "href"} and not str(value).startswith("#")
        ]

    def handle_data(self, data: str) -> None:
        if self._in is not None:
            self.headings.append(data)
            self._in = None


def outline(text: str) -> Outline:
    seen = Outline()
    seen.feed(text)
    return seen


def trial(number: int, state: str = COMPLETE, **changes: object) -> TrialView:
    given: dict[str, object] = {
        "values": (1.0 / (number + 1),) if state == COMPLETE else (),
        "parameters": {"beta": 1e-3 * (number + 1), "kind": "a"},
        "before": 5.0,
        "curve": (2.0, 1.0 / (number + 1)),
    }
    return TrialView(number, state, **{**given, **changes})  # type: ignore[arg-type]


def study(*trials: TrialView, objectives: tuple[Objective, ...] = (NMSE,)) -> Overview:
    return Overview("study", objectives, trials, epochs=2, planned=10, linear_fit=0.8)


def units_and_titles(drawn: go.Figure) -> list[str]:
    return [str(drawn.layout.xaxis.title.text), str(drawn.layout.yaxis.title.text)]


@pytest.mark.parametrize("state", STATES)
def test_every_state_of_a_study_has_a_report(
    state: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    results: Results = request.getfixturevalue(state)
    text = write_report(results, tmp_path / "report.html").read_text("utf-8")
    seen = outline(text)
    assert seen.headings[0] == "tiny"
    assert {"Trials", "Provenance"} <= set(seen.headings)
    assert seen.loaded == [], "the page loads nothing"
    assert results.manifest.pdk["sha256"] in text
    assert "No trial has finished an epoch" in text or "held-out NMSE of" in text


def test_a_finished_study_shows_everything(finished: Results) -> None:
    text = page(find_out(finished))
    headings = outline(text).headings
    for wanted in ("Learning curves", "History", "Importances", "Slices", "Trials", "Provenance"):
        assert wanted in headings
    assert any(heading.startswith("Fit of the best trial") for heading in headings)
    assert len(re.findall('id="figure-slice', text)) == len(finished.study_file.space.parameters)
    assert text.count("* plotly.js v") == 1, "plotly.js is there once"
    assert 'id="page-' in text, "trials have pages of their own"
    assert "prefers-color-scheme: dark" in text
    assert 'name="viewport"' in text


def test_failures_are_counted_by_cause(failing: Results) -> None:
    text = page(find_out(failing))
    assert "Failures by cause" in text
    assert "time_limit" in text
    assert "Stopped after the limit of 0.001 s." in text
    assert "see the failures below" in text


def test_infeasible_trials_say_what_is_infeasible(mixed: Results) -> None:
    causes = [cause for cause, _ in overview(mixed).failures()]
    assert causes == ["infeasible synapse.length_p"]


def test_quantities_that_only_another_kind_has_are_described(finished: Results) -> None:
    study = tiny(
        design='write_switch.kind = "nfet"',
        space='"write_switch.width" = { low = "1 um", high = "2 um" }',
    )
    space = study.space
    found = replace(
        find_out(finished, pages=1), parameters=space.parameters, quantities=space.quantities
    )
    columns = {column["key"]: column for column in _columns(found)}
    spec = space.quantities["write_switch.width"]
    assert columns["write_switch.width"]["meaning"] == spec.meaning
    assert columns["write_switch.width"]["legal"] == "420 nm to 100 um"


def test_only_as_many_trials_as_asked_for_have_pages(finished: Results) -> None:
    found = find_out(finished, pages=2)
    done = sorted(found.overview.of(COMPLETE), key=lambda each: each.nmse)
    assert list(found.pages) == [each.number for each in done[:2]]
    assert page(found).count("<template id=") == 2


def test_several_objectives_show_their_front(several: Results) -> None:
    found = find_out(several)
    assert 'id="figure-front"' in page(found)
    best = {trial.number for trial in several.study.best_trials}
    assert {trial.number for trial in found.overview.front} == best
    assert all(len(trial.curve) == 2 for trial in found.overview.trials)


def test_the_fit_is_what_the_best_trial_left_on_disk(finished: Results) -> None:
    found = find_out(finished)
    assert found.led is not None
    fit, leader = found.led.fit, found.led.view
    assert fit is not None
    assert leader.number == finished.study.best_trial.number
    records = finished.epochs(leader.number)
    assert np.array_equal(fit.after, records[-1].arrays["held_out"])
    assert fit.before is not None
    assert np.array_equal(fit.before, records[0].arrays["held_out_before"])
    assert fit.target.shape == fit.after.shape
    assert records[-1].score.nmse == leader.nmse


def test_before_a_trial_is_complete_the_one_that_fits_best_so_far_leads() -> None:
    seen = study(trial(3, "running"), trial(4, "running"), trial(5, "running", curve=()))
    assert seen.best is None
    assert seen.leader is not None
    assert seen.leader.number == 4
    assert study().leader is None


def test_a_trial_whose_files_are_gone_is_still_reported(finished: Results, tmp_path: Path) -> None:
    shutil.copytree(finished.out, tmp_path / "out")
    shutil.rmtree(tmp_path / "out" / "trials")
    lost = Results(tmp_path / "out", finished.study_file, finished.manifest, finished.study)
    found = find_out(lost)
    assert found.led is not None
    assert found.led.fit is None
    assert found.led.history is None
    assert "Learning curves" in page(found)
    assert "The files of its epochs are gone" in page(found)


def test_words_of_people_and_simulators_are_no_markup() -> None:
    nasty = "</script><b>&amp;"
    broken = trial(0, FAILED, curve=(), failure=Failure("crashed", nasty, nasty, 0))
    drawn = history(study(broken, trial(1, parameters={nasty: 1.0})))
    assert "<b>&amp;" not in str(drawn.to_json()).replace("<b>trial", "")
    assert "</script>" not in drawn.to_html(full_html=False, include_plotlyjs=False)[:-20]


def test_history_marks_the_best_so_far_and_the_failures() -> None:
    failed = trial(2, FAILED, curve=(), failure=Failure("timeout", "time_limit", "words", 1))
    drawn = history(study(trial(0), trial(1), failed, trial(3, PRUNED)))
    traces = {trace.name: trace for trace in drawn.data}
    assert list(traces["best so far"].y) == [1.0, 0.5]
    assert list(traces["failed"].x) == [2]
    assert "time_limit in epoch 1" in traces["failed"].text[0]
    assert list(traces["pruned (last epoch)"].y) == [0.25]
    assert units_and_titles(drawn) == ["trial", "held-out NMSE"]


def test_learning_curves_begin_before_training_and_never_join_two_trials() -> None:
    drawn = learning_curves(study(trial(0), trial(1, PRUNED), trial(2, PRUNED)))
    traces = {trace.name: trace for trace in drawn.data}
    assert list(traces["pruned"].x) == [0, 1, 2, None, 0, 1, 2, None]
    assert list(traces["best (trial 0)"].y) == [5.0, 2.0, 1.0, None]
    unknown = learning_curves(study(trial(0, before=math.nan)))
    assert list(unknown.data[0].x) == [1, 2, None]


def test_slices_name_parameter_and_unit() -> None:
    drawn = slice_of(study(trial(0), trial(1)), "beta", unit="S", log=True)
    assert units_and_titles(drawn) == ["beta (S)", "held-out NMSE"]
    assert drawn.layout.xaxis.type == "log"
    assert slice_of(study(trial(0)), "kind").layout.xaxis.type == "category"


def test_importances_are_ordered_with_the_largest_on_top() -> None:
    shares = {"a": 0.2, "b": 0.7, "c": 0.1}
    drawn = importances({"one": shares, "another": {"a": 1.0, "b": 0.0}})
    assert [trace.name for trace in drawn.data] == ["another", "one"]
    assert all(list(trace.y) == ["c", "a", "b"] for trace in drawn.data)


def test_the_front_keeps_what_nothing_beats_in_all_objectives() -> None:
    energy = Objective("energy", "energy", "J", maximise=False)
    seen = study(
        trial(0, values=(1.0, 1.0)),
        trial(1, values=(0.5, 2.0)),
        trial(2, values=(1.0, 3.0)),
        objectives=(NMSE, energy),
    )
    assert [t.number for t in seen.front] == [0, 1]
    drawn = front(seen)
    assert units_and_titles(drawn) == ["held-out NMSE", "energy (J)"]
    groups = {trace.name: list(trace.customdata) for trace in drawn.data if trace.name}
    assert groups["Pareto front"] == [0, 1]
    assert groups["dominated"] == [2]
    without = front(seen, violating=frozenset({1}))
    groups = {trace.name: list(trace.customdata) for trace in without.data if trace.name}
    assert groups["violates a constraint"] == [1]
    assert groups["Pareto front"] == [0]


def test_a_maximised_objective_is_best_where_it_is_largest() -> None:
    most = Objective("seconds", "simulation time", "s", maximise=True)
    seen = study(trial(0), trial(1), objectives=(most,))
    assert seen.best is not None
    assert seen.best.number == 0
    assert [value for _, value in seen.best_so_far()] == [1.0, 1.0]
