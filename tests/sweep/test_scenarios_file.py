# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables [scenarios] and [search.constraints]: what they mean, and what is refused."""

from __future__ import annotations

import itertools
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.study.ladder import TrainingRung
from sweep.study.scenarios import Scenario, combined, cvar
from sweep.study.study_file import StudyFile, StudyFileError, parse
from tests.sweep.study_texts import STUDY, tables, toml

SCENARIOS: dict[str, Any] = {
    "corners": ["ss", "tt"],
    "temperatures": ["85 C", "27 C"],
    "mismatch_seeds": [1, 2],
    "weight_seeds": [3, 7],
}
TRAINING = {"kind": "training", "simulator": "quasistatic"}


def study_with(**changes: Any) -> StudyFile:
    return parse(toml({**tables(), **changes}), source="study.toml")


def robust_rung(study: StudyFile) -> TrainingRung:
    top = study.ladder.top
    assert top.robustness is not None
    return top


def test_scenarios_alone_make_two_rungs_the_nominal_training_first() -> None:
    study = study_with(scenarios={**SCENARIOS, "reduction_factor": 2, "require": 0.5})
    nominal, robust = study.ladder.rungs
    assert isinstance(nominal, TrainingRung)
    assert nominal.scenarios == (Scenario(weight_seed=7),)
    assert (nominal.reduction_factor, nominal.require) == (2, 0.5)
    assert robust is robust_rung(study)
    assert nominal.simulator == robust.simulator == "transient"
    assert study.transient == "ngspice"


def test_all_combinations_are_scenarios_and_each_is_a_training_of_its_own() -> None:
    study = study_with(scenarios=SCENARIOS)
    rung = robust_rung(study)
    assert len(rung.scenarios) == 16
    plans = [rung.plan(study.plan, scenario) for scenario in rung.scenarios]
    met = {
        (p.corner.process, p.corner.temperature, p.corner.mismatch_seed, p.weight_seed)
        for p in plans
    }
    assert met == set(itertools.product(("ss", "tt"), (85.0, 27.0), (1, 2), (3, 7)))
    names = study.ladder.trainings(1)
    assert len(set(names)) == 16
    assert "transient_seed3_ss_85C_mismatch2" in names


def test_the_nominal_scenario_comes_first_and_is_the_training_of_the_rung_below() -> None:
    study = study_with(scenarios={"corners": ["ss", "tt"], "temperatures": ["-40 C", "27 C"]})
    first, *others = robust_rung(study).scenarios
    assert first == Scenario(weight_seed=7)
    assert first not in others
    assert study.ladder.trainings(1)[0] == study.ladder.training(0, 7) == "transient_seed7"
    assert "transient_seed7_ss_m40C" in study.ladder.trainings(1)


def test_noise_and_data_have_seeds_of_their_own() -> None:
    study = study_with(scenarios={"noise_seeds": [0, 4], "data_seeds": [0, 5]})
    rung = robust_rung(study)
    plans = [rung.plan(study.plan, scenario) for scenario in rung.scenarios]
    assert {(p.noise_seed, p.task.seed) for p in plans} == {(0, 0), (0, 5), (4, 0), (4, 5)}
    told = rung.scenarios[-1].told(study.plan)
    assert told == {
        "corner": "tt", "temperature": 27.0, "mismatch_seed": None, "weight_seed": 7,
        "noise_seed": 4, "data_seed": 5,
    }  # fmt: skip


def test_a_rung_of_a_ladder_asks_for_the_scenarios() -> None:
    ladder = {"rungs": [TRAINING, {**TRAINING, "scenarios": True, "epochs": 5}]}
    study = study_with(ladder=ladder, scenarios={**SCENARIOS, "aggregate": "cvar", "alpha": 0.5})
    below, rung = study.ladder.rungs
    assert isinstance(below, TrainingRung)
    assert below.robustness is None
    assert rung is robust_rung(study)
    assert isinstance(rung, TrainingRung)
    assert (rung.epochs, rung.aggregate, rung.alpha) == (5, "cvar", 0.5)
    assert rung.span == 17
    assert rung.label == "quasistatic, 5 epochs, 16 scenarios"


def test_a_study_without_scenarios_has_the_fingerprint_that_it_had() -> None:
    plain = study_with()
    assert study_with(search={**tables()["search"], "stop": {"wall_time": "5 s"}}).fingerprint == (
        plain.fingerprint
    )
    assert study_with(scenarios=SCENARIOS).fingerprint != plain.fingerprint
    bounded = {**tables()["search"], "constraints": {"area": {"max": "1000 um2"}}}
    assert study_with(search=bounded).fingerprint != plain.fingerprint
    described = study_with(ladder={"rungs": [TRAINING]}).ladder.described()
    assert described[0].keys() == {
        "kind", "simulator", "epochs", "weight_seeds", "aggregate", "trained", "reduction_factor",
        "require",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"scenarios": 3}, "scenarios", "a table"),
        ({"scenarios": {"corners": ["tt", "xx"]}}, "scenarios.corners[1]", "'tt', 'ss', 'ff'"),
        ({"scenarios": {"corners": ["tt", "tt"]}}, "scenarios.corners[1]", "each value once"),
        ({"scenarios": {"corners": []}}, "scenarios.corners", "at least 1"),
        ({"scenarios": {"temperatures": [27]}}, "scenarios.temperatures[0]", "with its unit"),
        ({"scenarios": {"temperatures": ["300 C"]}}, "scenarios.temperatures[0]", "175 degC"),
        ({"scenarios": {"temperature": ["27 C"]}}, "scenarios.temperature", "did you mean"),
        ({"scenarios": {"aggregate": "best"}}, "scenarios.aggregate", "'cvar' or 'yield'"),
        ({"scenarios": {"alpha": 0}}, "scenarios.alpha", "from 1e-06 to 1"),
        (
            {"scenarios": {f"{k}_seeds": list(range(200)) for k in ("weight", "mismatch")}},
            "scenarios",
            "at most 10000",
        ),
        (
            {"scenarios": SCENARIOS, "ladder": {"rungs": [TRAINING]}},
            "ladder.rungs[0].scenarios",
            "true on a rung",
        ),
        (
            {"ladder": {"rungs": [{**TRAINING, "scenarios": True}]}},
            "ladder.rungs[0].scenarios",
            "with a table [scenarios] only",
        ),
        (
            {
                "scenarios": SCENARIOS,
                "ladder": {"rungs": [{**TRAINING, "scenarios": True, "seeds": 3}]},
            },
            "ladder.rungs[0].seeds",
            "[scenarios] says it",
        ),
        (
            {"scenarios": SCENARIOS | {"pruner": "wilcoxon"}, "search": {"objectives": {"energy": "minimize"}}},
            "scenarios.pruner",
            "'none' with other objectives",
        ),
        ({"search": {"constraints": 3}}, "search.constraints", "a table such as"),
        ({"search": {"constraints": {"arae": {"max": 1}}}}, "search.constraints.arae", "'area'?"),
        ({"search": {"constraints": {"area": 3}}}, "search.constraints.area", "max, min, or both"),
        (
            {"search": {"constraints": {"area": {"max": "3 um"}}}},
            "search.constraints.area.max",
            "a number in um2",
        ),
        (
            {"search": {"constraints": {"nmse": {"mx": 1}}}},
            "search.constraints.nmse.mx",
            "did you mean 'max'?",
        ),
        (
            {"search": {"stop": {"stagnation": 3}, "objectives": {"nmse": "minimize", "area": "minimize"}}},
            "search.stop.stagnation",
            "several objectives",
        ),
        (
            {"search": {"stop": {"expected_improvement": 0.01},
                        "objectives": {"nmse": "minimize", "area": "minimize"}}},
            "search.stop.expected_improvement",
            "several objectives",
        ),
        (
            {"search": {"stop": {"expected_improvement": 0}}},
            "search.stop.expected_improvement",
            "a number from 1e-09 to 1",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_file_key_and_what_is_allowed(
    changes: dict[str, Any], key: str, words: str
) -> None:
    with pytest.raises(StudyFileError) as error:
        parse(toml({**tables(), **changes}), source="studies/mine.toml")
    assert [problem.key for problem in error.value.problems] == [key]
    assert str(error.value).startswith(f"studies/mine.toml: {key}")
    assert words in str(error.value)


def test_scenarios_of_noise_need_noise() -> None:
    training = {**tables()["training"], "noise": False}
    with pytest.raises(StudyFileError, match=r"scenarios\.noise_seeds"):
        study_with(training=training, scenarios={"noise_seeds": [1, 2]})


_VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


@given(_VALUES, st.floats(1e-6, 1.0))
def test_cvar_lies_between_the_mean_and_the_worst_value(values: list[float], alpha: float) -> None:
    found = cvar(values, alpha)
    slack = 1e-6 * max(map(abs, values)) + 1e-12
    assert statistics.fmean(values) - slack <= found <= max(values) + slack
    assert cvar([-value for value in values], alpha, maximise=True) == pytest.approx(-found)


@given(_VALUES)
def test_cvar_of_all_is_the_mean_and_of_the_least_share_the_worst(values: list[float]) -> None:
    assert cvar(values, 1.0) == pytest.approx(statistics.fmean(values), abs=1e-6)
    assert cvar(values, 1.0 / len(values) / 2) == max(values)


def test_a_share_that_is_no_whole_number_counts_in_part() -> None:
    assert cvar([1.0, 2.0, 3.0, 4.0], 0.5) == 3.5
    assert cvar([1.0, 2.0, 3.0, 4.0], 0.375) == pytest.approx((4.0 + 0.5 * 3.0) / 1.5)


def test_what_is_maximised_is_worst_where_it_is_least() -> None:
    assert combined([1.0, 5.0], "worst", maximise=True) == 1.0
    assert combined([1.0, 5.0], "cvar", maximise=True, alpha=0.5) == 1.0


def test_bounds_are_violated_by_what_is_beyond_them() -> None:
    constraints = {"energy": {"max": "10 pJ"}, "yield": {"min": 0.8}}
    study = study_with(search={**tables()["search"], "constraints": constraints})
    most, least = study.search.constraints
    assert (most.name, least.name) == ("energy <= 1e-11", "yield >= 0.8")
    assert most.violation(2e-11) == pytest.approx(1.0)
    assert most.violation(1e-11) == 0.0
    assert least.violation(0.4) == pytest.approx(0.5)
    assert least.violation(1.0) < 0.0


def test_the_text_that_these_tests_start_from_is_valid() -> None:
    assert not parse(STUDY, source="study.toml").search.constraints
