# SPDX-License-Identifier: GPL-3.0-or-later
"""What is added up as trials end is what a look at all of them gives, whatever ends when."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.pruners import MedianPruner, WilcoxonPruner
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from sweep.results.rung_results import (
    RungRecord,
    RungResult,
    rung_results_of,
)
from sweep.results.stored_study import is_allowed
from sweep.results.trial_record import TrialRecord, has_failed
from sweep.search._pruners import WithinRung
from sweep.search.progress import ProgressCounter, Rivals, StudyProgress
from sweep.search.promotion import Costs, domination_ranks
from sweep.search.stopping_rules import StoppingRules
from sweep.study._schema import StopTable

SPACE = {"x": FloatDistribution(0.0, 1.0)}
ENDS = ["complete", "forbidden", "pruned", "infeasible", "failed", "replaced"]


@dataclass
class Course:
    """A study whose trials begin, climb two rungs and end at random, a few at a time."""

    directions: list[str]
    moments: random.Random
    study: Study = field(init=False)
    under_way: list[optuna.Trial] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.study = optuna.create_study(directions=self.directions)

    @property
    def trials(self) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False)

    def values(self) -> tuple[float, ...]:
        """Of few different values, so that some are equal."""
        return tuple(float(self.moments.randrange(4)) for _ in self.directions)

    def go_on(self) -> None:
        """One step of one trial."""
        if len(self.under_way) < 3:
            self.under_way.append(self.study.ask(SPACE))
        trial = self.moments.choice(self.under_way)
        passed = rung_results_of(trial.user_attrs)
        if len(passed) < 2 and self.moments.random() < 0.7:
            rung = RungResult(values=self.values(), seconds=1.0, simulated=self.moments.random())
            for name, value in RungRecord((*passed, rung)).to_attributes().items():
                trial.set_user_attr(name, value)
            if len(self.directions) == 1:
                trial.report(rung.values[0], len(passed) + 1)
            return
        self.under_way.remove(trial)
        self.end(trial, self.moments.choice(ENDS))

    def end(self, trial: optuna.Trial, how: str) -> None:
        if how in {"infeasible", "replaced"}:
            trial.set_user_attr("status" if how == "infeasible" else "replaced", how)
        if how == "forbidden":
            trial.set_constraint("limit", 1.0)
        if how in {"complete", "forbidden"}:
            self.study.tell(trial, list(self.values()))
        elif how in {"pruned", "infeasible"}:
            self.study.tell(trial, state=TrialState.PRUNED)
        else:
            self.study.tell(trial, state=TrialState.FAIL)

    def costs(self, values: Costs, rung: int) -> Costs:
        """On the upper rung all is maximised that the study maximises."""
        signs = [1.0 if way == "minimize" or rung == 0 else -1.0 for way in self.directions]
        return tuple(sign * value for sign, value in zip(signs, values, strict=True))

    def standing(self) -> dict[str, object]:
        """By a look at all trials."""
        counted = [trial for trial in self.trials if "replaced" not in trial.user_attrs]
        complete = [trial for trial in counted if trial.state is TrialState.COMPLETE]
        allowed = [trial for trial in complete if is_allowed(trial)]
        best: list[FrozenTrial] = []
        if allowed:
            costs = np.array([self.costs(trial.values, 1) for trial in allowed])
            ranks = domination_ranks(costs)
            best = [trial for trial, rank in zip(allowed, ranks, strict=True) if rank == 0]
            best = best[:1] if len(self.directions) == 1 else best
        return {
            "complete": len(complete),
            "pruned": sum(
                trial.state is TrialState.PRUNED and not has_failed(trial) for trial in counted
            ),
            "failed": sum(map(has_failed, counted)),
            "running": sum(trial.state is TrialState.RUNNING for trial in counted),
            "best": tuple(trial.number for trial in best),
            "best_values": tuple(tuple(trial.values) for trial in best),
            "allowed": len(allowed),
        }

    def rivals(self, number: int, rung: int) -> list[Costs]:
        """By a look at all trials."""
        return [
            self.costs(passed[rung].values, rung)
            for trial in self.trials
            if trial.number != number and not has_failed(trial)
            if len(passed := rung_results_of(trial.user_attrs)) > rung
        ]

    def simulated(self) -> float:
        """By a look at all trials."""
        each = [[rung.simulated for rung in TrialRecord.of(trial).begun] for trial in self.trials]
        return math.fsum(seconds for trial in each for seconds in trial)

    def since_best(self) -> int:
        """By a look at all trials."""
        best = self.standing()["best"]
        assert isinstance(best, tuple)
        ended = [trial.number for trial in self.trials if trial.state.is_finished()]
        return sum(number > best[0] for number in ended) if best else 0


def told(standing: StudyProgress) -> dict[str, object]:
    """What a look at all trials gives, too."""
    names = ("complete", "pruned", "failed", "running", "best", "best_values")
    ended = {"failed": 0, "pruned": 0}
    for outcome in standing.outcomes:
        ended[outcome.state] += outcome.trials
    assert ended == {"failed": standing.failed, "pruned": standing.pruned}
    counts = {name: getattr(standing, name) for name in names}
    return {**counts, "allowed": standing.ranks.allowed}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    "directions", [["minimize"], ["maximize"], ["minimize", "maximize"]], ids="-".join
)
def test_the_progress_is_a_count_of_all_trials(directions: list[str], seed: int) -> None:
    course = Course(directions, random.Random(seed))
    counter, rivals = ProgressCounter(course.study), Rivals(course.study, course.costs)
    for _ in range(60):
        course.go_on()
        if course.moments.random() < 0.5:
            assert told(counter.progress()) == course.standing()
            for trial in course.under_way:
                for rung in (0, 1):
                    expected = course.rivals(trial.number, rung)
                    assert rivals.of(trial.number, rung) == expected
    assert ProgressCounter(course.study).progress() == counter.progress()
    assert told(counter.progress()) == course.standing()


@pytest.mark.parametrize("seed", range(8))
def test_a_study_is_stopped_by_what_all_its_trials_come_to(seed: int) -> None:
    course = Course(["minimize"], random.Random(seed))
    stagnation = StoppingRules(StopTable(stagnation=4), course.study, {}, 0.0)
    simulated = StoppingRules(StopTable.model_validate({"simulated": "8 s"}), course.study, {}, 0.0)
    for _ in range(60):
        course.go_on()
        if course.moments.random() < 0.5:
            assert (stagnation.reason() is not None) is (course.since_best() >= 4)
            assert (simulated.reason() is not None) is (course.simulated() >= 8.0)


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.filterwarnings("ignore:WilcoxonPruner finds steps")
@pytest.mark.parametrize("seed", range(8))
def test_a_rung_that_was_watched_prunes_as_a_new_look_does(seed: int) -> None:
    course = Course(["minimize"], random.Random(seed))
    pruners = [MedianPruner(2, 0, 1), WilcoxonPruner(p_threshold=0.4, n_startup_steps=0)]
    watching = [WithinRung(course.study, 0, 0, 2) for _ in pruners]
    for _ in range(60):
        course.go_on()
        for trial in course.under_way:
            for pruner, view in zip(pruners, watching, strict=True):
                number = trial.number
                if not course.trials[number].intermediate_values:
                    continue
                new = WithinRung(course.study, 0, 0, 2)
                assert view.prunes(pruner, number) == new.prunes(pruner, number)
