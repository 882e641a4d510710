# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever stands in a study file: it is accepted and usable, or refused with file and key."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circuits import Design
from sweep._errors import InfeasibleDesign
from sweep.search.distributions import distributions
from sweep.study.ladder import TrainingRung
from sweep.study.study_file import StudyFile, StudyFileError, parse, parse_design
from tests.sweep.mutations import PARTS, QUANTITIES, RUNGS, ends, entry, mutated
from tests.sweep.study_texts import DESIGN, LADDER, ROBUST, STUDY, tables, toml

# HYPOTHESIS_PROFILE=thorough tries five times as many files.
_THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
_FUZZ = settings(
    max_examples=1000 if _THOROUGH else 200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
pytestmark = pytest.mark.timeout(3600 if _THOROUGH else 300)


def _accepted_or_refused(text: str) -> None:
    try:
        study = parse(text, source="x/study.toml")
    except StudyFileError as error:
        _check_refusal(error)
        return
    assert study.text == text
    assert len(bytes.fromhex(study.fingerprint)) == 32
    assert study.trainer_limits().wall_seconds > 0
    _check_ladder(study)
    for fraction in (0.0, 0.37, 1.0):
        values = {p.name: p.at(fraction) for p in study.space.parameters}
        for name, distribution in distributions(study.space).items():
            assert distribution._contains(distribution.to_internal_repr(values[name]))
        try:
            design = study.space.design(values)
        except InfeasibleDesign as error:
            assert str(error).startswith(error.field)  # noqa: PT017
        else:
            design.check_layers(len(study.layers) - 1)


def _check_ladder(study: StudyFile) -> None:
    """Whatever ladder is accepted can be climbed."""
    rungs = study.ladder.rungs
    assert isinstance(rungs[-1], TrainingRung)
    steps = [study.ladder.first_step(index) for index in range(len(rungs))]
    assert steps == sorted(set(steps))
    for index, rung in enumerate(rungs):
        assert rung.label
        assert study.ladder.last_step(index) == steps[index] + rung.span
        if isinstance(rung, TrainingRung):
            plans = [rung.plan(study.plan, scenario) for scenario in rung.scenarios]
            assert {plan.epochs for plan in plans} == {rung.epochs}
            assert len(set(study.ladder.trainings(index))) == len(plans)
            if rung.robustness is not None:
                assert all(scenario.told(study.plan) for scenario in rung.scenarios)


def _check_refusal(error: StudyFileError) -> None:
    assert error.exit_code == 2
    assert error.problems
    assert len(str(error).splitlines()) == len(error.problems)
    whole = [problem for problem in error.problems if not problem.key]
    assert len(whole) <= 1
    for problem in error.problems:
        assert str(problem).startswith("x/study.toml: ")
        assert problem.allowed


@_FUZZ
@given(mutated(STUDY))
def test_a_study_with_values_changed_is_accepted_or_refused(content: dict[str, Any]) -> None:
    _accepted_or_refused(toml(content))


@_FUZZ
@given(mutated(LADDER))
def test_a_ladder_with_values_changed_is_accepted_or_refused(content: dict[str, Any]) -> None:
    _accepted_or_refused(toml({**tables(), **content}))


@_FUZZ
@given(mutated(ROBUST), st.booleans())
def test_scenarios_and_constraints_with_values_changed_are_accepted_or_refused(
    content: dict[str, Any], on_a_ladder: bool
) -> None:
    rung = {"kind": "training", "simulator": "quasistatic", "scenarios": True}
    ladder = {"ladder": {"rungs": [rung]}} if on_a_ladder else {}
    _accepted_or_refused(toml({**tables(), **ladder, **content}))


@_FUZZ
@given(st.lists(RUNGS, max_size=4))
def test_any_ladder_is_accepted_or_refused(rungs: list[dict[str, Any]]) -> None:
    _accepted_or_refused(toml({**tables(), "ladder": {"rungs": rungs}}))


@_FUZZ
@given(st.data())
def test_a_study_with_characters_changed_is_accepted_or_refused(data: st.DataObject) -> None:
    text = STUDY + LADDER
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        length = data.draw(st.sampled_from([0, 0, 1, 1, 4, 40]))
        text = text[:at] + data.draw(st.text(max_size=3)) + text[at + length :]
    _accepted_or_refused(text)


@_FUZZ
@given(st.lists(entry(), min_size=1, max_size=4).map(dict))
def test_any_space_is_accepted_or_refused(space: dict[str, Any]) -> None:
    design = {} if "write_switch.kind" in space else PARTS
    _accepted_or_refused(toml({**tables(), "design": design, "space": space}))


@st.composite
def _legal_range(draw: st.DrawFn) -> tuple[str, Any, Any]:
    """A range within the legal one of any numeric field, written as people do."""
    name = draw(st.sampled_from([n for n, spec in QUANTITIES.items() if not spec.choices]))
    low, high = draw(ends(name, QUANTITIES[name]))
    return name, low, high


@settings(_FUZZ, max_examples=100)
@given(_legal_range())
def test_the_ends_of_a_legal_range_are_those_written(written: tuple[str, Any, Any]) -> None:
    name, low, high = written
    space = {name: {"low": low, "high": high, "log": False}}
    text = toml({**tables(), "design": PARTS, "space": space})
    try:
        (parameter,) = parse(text, source="x/study.toml").space.parameters
    except StudyFileError as error:
        _check_refusal(error)
        assert "is legal" in str(error)  # noqa: PT017 - it contradicts another field's default
        return
    spec = QUANTITIES[name]
    assert spec.parse(low, field=name) == parameter.low
    assert spec.parse(high, field=name) == parameter.high


@settings(_FUZZ, max_examples=150)
@given(mutated(DESIGN))
def test_a_design_file_with_values_changed_is_accepted_or_refused(content: dict[str, Any]) -> None:
    try:
        design = parse_design(toml(content), source="x/study.toml").design
    except StudyFileError as error:
        _check_refusal(error)
    else:
        assert isinstance(design, Design)


@pytest.mark.parametrize("depth", [10, 5000, 100_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    _accepted_or_refused(STUDY.replace("trials = 20", f"trials = {'[' * depth}{']' * depth}"))


def test_the_valid_files_that_all_this_starts_from_are_valid() -> None:
    assert parse(STUDY, source="x/study.toml").space.parameters
    assert len(parse(STUDY + LADDER, source="x/study.toml").ladder.rungs) == 5
    robust = parse(toml({**tables(), **tables(ROBUST)}), source="x/study.toml")
    assert len(robust.ladder.top.scenarios) == 32
    assert parse_design(DESIGN, source="x/study.toml").design.value("synapse.flavour") == "01v8_lvt"
