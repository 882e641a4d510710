# SPDX-License-Identifier: GPL-3.0-or-later
"""Expected improvement of one more trial: large while there is something to find, then small."""

from __future__ import annotations

import math

import numpy as np
import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.study import Study
from optuna.trial import TrialState, create_trial

from sweep.search._improvement import LEAST_TRIALS, expected_improvement
from sweep.search.stopping_rules import StoppingRules
from sweep.study._schema import StopTable

optuna.logging.set_verbosity(optuna.logging.WARNING)

SPACE: dict[str, BaseDistribution] = {
    "beta": FloatDistribution(1e-4, 1e-2, log=True),
    "level": FloatDistribution(-1.0, 1.0),
    "rule": CategoricalDistribution(["difference", "product"]),
}


def cost(values: dict[str, float]) -> float:
    """0.02 at best, where beta = 1 mS and level = 0.3."""
    distance = (math.log10(values["beta"]) + 3.0) ** 2 + (values["level"] - 0.3) ** 2
    return 0.02 + 0.3 * distance + 0.05 * (values["rule"] == "difference")


def searched(
    count: int, *, inverse: bool = False, lost: float = math.inf, near_from: int = 30
) -> Study:
    """A study of so many trials, from number `near_from` on near the optimum.

    Those with a level above `lost` have no result.
    """
    study = optuna.create_study(direction="maximize" if inverse else "minimize")
    generator = np.random.default_rng(0)
    for number in range(count):
        near = number >= near_from
        values = {
            "beta": 10 ** (generator.normal(-3, 0.1) if near else generator.uniform(-4, -2)),
            "level": generator.normal(0.3, 0.1) if near else generator.uniform(-1, 1),
            "rule": str(generator.choice(["difference", "product"])),
        }
        value = cost(values)
        state = TrialState.PRUNED if values["level"] > lost else TrialState.COMPLETE
        study.add_trial(
            create_trial(
                params=values, distributions=SPACE, state=state,
                value=(1 / value if inverse else value) if state is TrialState.COMPLETE else None,
            )
        )  # fmt: skip
    return study


def expected(study: Study) -> float:
    maximise = study.direction is optuna.study.StudyDirection.MAXIMIZE
    return expected_improvement(study.get_trials(), SPACE, maximise=maximise)


def test_nothing_is_said_before_there_are_enough_trials() -> None:
    assert expected(searched(LEAST_TRIALS - 1)) == math.inf


def test_less_is_expected_the_more_is_known() -> None:
    few, many = expected(searched(LEAST_TRIALS)), expected(searched(120))
    assert few > 0.05
    assert many < 0.01 < few
    assert many == expected(searched(120)), "the same trials, the same number"


def test_what_is_to_be_maximised_counts_alike() -> None:
    assert expected(searched(60, inverse=True)) == pytest.approx(expected(searched(60)), rel=1e-3)


def test_nothing_is_expected_where_trials_come_to_no_result() -> None:
    """The best design would lie at a level of 0.3, and there nothing can be simulated."""
    study = searched(90, lost=0.0, near_from=90)
    through = [trial for trial in study.get_trials() if trial.state is TrialState.COMPLETE]
    unaware = expected_improvement(through, SPACE, maximise=False)
    assert expected(study) < 0.5 * unaware


def test_a_trial_beyond_a_constraint_counts_as_one_without_a_result() -> None:
    lost = searched(90, lost=0.0, near_from=90)
    trials = lost.get_trials()
    for trial in trials:
        if trial.state is TrialState.PRUNED:
            trial.state, trial.value = TrialState.COMPLETE, cost(trial.params)
            trial.set_constraint("energy", 0.1)
    assert expected_improvement(trials, SPACE, maximise=False) == expected(lost)


def test_noise_is_no_improvement() -> None:
    """Designs that differ by chance alone: the best one was lucky."""
    study = optuna.create_study()
    generator = np.random.default_rng(1)
    for _ in range(100):
        values = {"beta": 10 ** generator.uniform(-4, -2), "level": generator.uniform(-1, 1)}
        luck = float(0.1 * math.exp(0.1 * generator.normal()))
        study.add_trial(
            create_trial(
                params={**values, "rule": "difference"}, distributions=SPACE, value=luck
            )
        )  # fmt: skip
    assert expected(study) < 0.1


def test_the_rule_looks_at_every_tenth_complete_trial_and_says_what_it_saw() -> None:
    study = searched(LEAST_TRIALS - 1)
    rules = StoppingRules(StopTable(expected_improvement=1.0), study, SPACE)
    assert rules.reason() is None
    study.add_trial(searched(LEAST_TRIALS).get_trials()[-1])
    reason = rules.reason()
    assert reason is not None
    assert reason.startswith("search.stop.expected_improvement: 0.")
    patient = StoppingRules(StopTable(expected_improvement=1e-9), study, SPACE)
    assert patient.reason() is None
