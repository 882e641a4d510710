# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever stands in a study file: it is run to its end, or refused with a message."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

import circuits
from circuits import CircuitError, Design
from objectives import ObjectiveError, TrainingPlan
from pdk import PdkError
from sweep._errors import SweepError
from sweep.driver.driver import Settings, run_study
from sweep.driver.events import EpochFinished, Event, TrialFailed, TrialFinished
from sweep.results.overview import overview
from sweep.search.opening import open_results
from sweep.study.study_file import StudyFile, StudyFileError, parse
from sweep.worker._checks import CHECKS, CheckResult
from tests.in_this_process import InThisProcess
from tests.stand_in import install
from tests.sweep.mutations import entry, mutated, varied
from tests.sweep.study_texts import LADDER, ROBUST, STUDY, tables, toml

# HYPOTHESIS_PROFILE=thorough tries many more files.
_THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
_FUZZ = settings(
    max_examples=500 if _THOROUGH else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
pytestmark = pytest.mark.timeout(3600 if _THOROUGH else 300)

_LARGEST = 500  # synapses times points: larger ones are run alike, for longer
_ENOUGH = 12  # epochs
_ROBUST = ROBUST.replace('"original", "points.csv"', '"original"')
_OURS = (SweepError, CircuitError, ObjectiveError, PdkError)


class Enough(Exception):  # noqa: N818 - nothing is wrong
    """The study has run for as long as the test wants."""


@pytest.fixture(scope="module", autouse=True)
def _stood_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Every simulator is the one that takes milliseconds, and tasks run in this process."""
    program = install(tmp_path_factory.mktemp("stand_in"))

    def make_trainer(_: str, *arguments: Any, **options: Any) -> circuits.Trainer:
        options.pop("executable", None)
        return circuits.make_trainer("ngspice", *arguments, executable=str(program), **options)

    def gradient(
        trainer: circuits.Trainer, plan: TrainingPlan, design: Design, points: int
    ) -> CheckResult:
        """Of the first epoch instead: there is no equilibrium to differentiate."""
        del points
        run = plan.epoch_run(design, 0, None)
        return CheckResult(run, trainer.run(run).outcome, (0.5,))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sweep.worker.task.CHECKS", {**CHECKS, "gradient": gradient})
        patch.setattr("sweep.driver._rung_simulators.make_trainer", make_trainer)
        patch.setattr("sweep.driver.driver.RayExecutor", InThisProcess)
        yield


def _run_or_refused(text: str) -> None:
    try:
        study = parse(text, source="x/study.toml")
    except StudyFileError:
        event("refused when read")
        return
    assume(_size(study) <= _LARGEST)
    epochs = 0

    def watch(told: Event) -> None:
        nonlocal epochs
        epochs += isinstance(told, EpochFinished | TrialFinished | TrialFailed)
        if epochs >= _ENOUGH:
            raise Enough

    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "out"
        trials = min(3, study.search.trials)
        try:
            summary = run_study(
                study, Settings(out=out, trials=trials, cache=False), observer=watch
            )
        except Enough:
            event("run for long enough")
        except _OURS as error:
            event(f"refused when begun: {type(error).__name__}")
            assert str(error).strip()  # noqa: PT017
            return
        else:
            event("run to its end")
            assert summary.complete + summary.pruned + summary.failed == trials or study.search.stop
            assert summary.running == 0
        if epochs:
            assert overview(open_results(out)).trials


def _size(study: StudyFile) -> int:
    layers = study.layers
    synapses = sum(ins * outs for ins, outs in itertools.pairwise(layers))
    task = study.plan.task
    return synapses * (task.points + task.held_out)


@_FUZZ
@given(mutated(STUDY) | varied(STUDY) | varied(STUDY))
def test_a_study_with_values_changed_runs_or_is_refused(content: dict[str, Any]) -> None:
    _run_or_refused(toml(content))


@_FUZZ
@given(mutated(LADDER) | varied(LADDER) | varied(LADDER))
def test_a_ladder_with_values_changed_runs_or_is_refused(content: dict[str, Any]) -> None:
    _run_or_refused(toml({**tables(), **content}))


@_FUZZ
@given(mutated(ROBUST) | varied(_ROBUST) | varied(_ROBUST), st.booleans())
def test_scenarios_with_values_changed_run_or_are_refused(
    content: dict[str, Any], on_a_ladder: bool
) -> None:
    rung = {"kind": "training", "simulator": "transient", "scenarios": True}
    ladder = {"ladder": {"rungs": [rung]}} if on_a_ladder else {}
    _run_or_refused(toml({**tables(), **ladder, **content}))


@_FUZZ
@given(st.lists(entry(), min_size=1, max_size=3).map(dict))
def test_any_space_runs_or_is_refused(space: dict[str, Any]) -> None:
    _run_or_refused(toml({**tables(), "design": {}, "space": space}))


_RUNGS = st.fixed_dictionaries(
    {"kind": st.sampled_from(["device", "training", "training", "gradient"])},
    optional={
        "simulator": st.sampled_from(["quasistatic", "transient"]),
        "epochs": st.integers(1, 3),
        "weight_seeds": st.lists(st.integers(0, 5), min_size=1, max_size=2, unique=True),
        "stride": st.integers(1, 3),
        "aggregate": st.sampled_from(["mean", "median", "worst", "yield"]),
        "reduction_factor": st.integers(2, 4),
        "require": st.floats(0.5, 100.0),
    },
)
_TOP = st.sampled_from([{"kind": "training", "simulator": "transient"}, {"kind": "training"}])


@_FUZZ
@given(st.lists(_RUNGS, max_size=3), _TOP)
def test_any_ladder_runs_or_is_refused(rungs: list[dict[str, Any]], top: dict[str, Any]) -> None:
    _run_or_refused(toml({**tables(), "ladder": {"rungs": [*rungs, top]}}))
