# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever stands in a study file: it is accepted and usable, or refused with file and key."""

from __future__ import annotations

import copy
import datetime as dt
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circuits import Design, Quantity
from sweep._errors import InfeasibleDesign
from sweep.study.ladder import TrainingRung
from sweep.study.study_file import StudyFile, StudyFileError, parse, parse_design
from tests.sweep.study_texts import DESIGN, LADDER, ROBUST, STUDY, tables, toml

# HYPOTHESIS_PROFILE=thorough tries five times as many files.
_THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
_FUZZ = settings(
    max_examples=1000 if _THOROUGH else 200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
pytestmark = pytest.mark.timeout(3600 if _THOROUGH else 300)

_TEXTS = st.sampled_from(
    ["", "cmos", "01v8_lvt", "tpe", "device", "training", "quasistatic", "transient", "worst", "0.15 um", "1 um", "50 uS", "20 1/V", "20/V", "inf V", "-inf V",
     "nan V", "1e400 S", "27 C", "2 GB", "0 s", "-1 V", "edge", "width_n", "width_n[0]",
     "gain_forward[9]", "nmse", "~nobody/x", "a\nb", "\x7f", "µ", "x" * 200]
)  # fmt: skip
_SCALARS = st.one_of(
    _TEXTS,
    st.text(max_size=8),
    st.booleans(),
    st.integers(-3, 70),
    st.sampled_from([2**31, 2**32, 2**63, 10**400, -(10**400)]),
    st.floats(),
    st.sampled_from([dt.date(2026, 1, 1), dt.time(1, 2)]),
)
_KEYS = st.sampled_from(
    ["low", "high", "step", "log", "per_layer", "choices", "ratio_of", "value", "tie", "kind",
     "version", "name", "layers", "outputs", "epochs", "space", "pdk", "path", "ladder", "rungs",
     "scenarios", "corners", "temperatures", "mismatch_seeds", "alpha", "threshold", "constraints",
     "max", "min", "start", "stop", "stagnation", "expected_improvement", "wall_time", "amplifier", "area", "error_rate",
     "simulator", "seeds", "weight_seeds", "reduction_factor", "require", "aggregate", ""]
) | st.text(max_size=6)  # fmt: skip
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=6,
)
_FIELDS = st.sampled_from([*Design.quantities(), "clamp_low[0]", "width_p[1]", "width_n[2]"])


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
        for name, distribution in study.space.distributions().items():
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
            plans = [rung.plan(study.plan, condition) for condition in rung.conditions]
            assert {plan.epochs for plan in plans} == {rung.epochs}
            assert len(set(study.ladder.trainings(index))) == len(plans)
            if rung.robustness is not None:
                assert all(condition.told(study.plan) for condition in rung.conditions)


def _check_refusal(error: StudyFileError) -> None:
    assert error.exit_code == 2
    assert error.problems
    assert len(str(error).splitlines()) == len(error.problems)
    whole = [problem for problem in error.problems if not problem.key]
    assert len(whole) <= 1
    for problem in error.problems:
        assert str(problem).startswith("x/study.toml: ")
        assert problem.allowed


@st.composite
def _mutated(draw: st.DrawFn, text: str) -> dict[str, Any]:
    """A valid file with one to three values replaced, removed or added."""
    content = copy.deepcopy(tables(text))
    for _ in range(draw(st.integers(1, 3))):
        table: Any = content
        while True:
            keys = list(table) if isinstance(table, dict) else list(range(len(table)))
            key = draw(st.sampled_from(keys)) if keys else None
            if key is not None and isinstance(table[key], dict | list) and draw(st.integers(0, 3)):
                table = table[key]
                continue
            break
        action = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        if isinstance(table, dict) and (action == "add" or key is None):
            table[draw(_KEYS | _FIELDS)] = draw(_VALUES)
        elif key is None:
            table.append(draw(_VALUES))
        elif action == "remove":
            del table[key]
        else:
            table[key] = draw(_VALUES)
    return content


@_FUZZ
@given(_mutated(STUDY))
def test_a_study_with_values_changed_is_accepted_or_refused(content: dict[str, Any]) -> None:
    _accepted_or_refused(toml(content))


@_FUZZ
@given(_mutated(LADDER))
def test_a_ladder_with_values_changed_is_accepted_or_refused(content: dict[str, Any]) -> None:
    _accepted_or_refused(toml({**tables(), **content}))


@_FUZZ
@given(_mutated(ROBUST), st.booleans())
def test_scenarios_and_constraints_with_values_changed_are_accepted_or_refused(
    content: dict[str, Any], on_a_ladder: bool
) -> None:
    rung = {"kind": "training", "simulator": "quasistatic", "scenarios": True}
    ladder = {"ladder": {"rungs": [rung]}} if on_a_ladder else {}
    _accepted_or_refused(toml({**tables(), **ladder, **content}))


_RUNGS = st.fixed_dictionaries(
    {"kind": st.sampled_from(["device", "training", "training", "gradient"])},
    optional={
        "simulator": st.sampled_from(["quasistatic", "transient", "ngspice", "xyce", "auto"]),
        "epochs": st.integers(0, 50) | _VALUES,
        "seeds": st.integers(1, 5) | _VALUES,
        "weight_seeds": st.lists(st.integers(0, 5), max_size=4) | _VALUES,
        "points": st.integers(0, 20) | _VALUES,
        "aggregate": st.sampled_from(["mean", "median", "worst", "cvar", "yield", "best"]),
        "alpha": st.floats(0.0, 2.0) | _VALUES,
        "scenarios": st.booleans() | _VALUES,
        "reduction_factor": st.integers(1, 9) | _VALUES,
        "require": st.floats(0.0, 2.0) | _VALUES,
    },
)


@_FUZZ
@given(st.lists(_RUNGS, max_size=4))
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


def _written(spec: Quantity) -> st.SearchStrategy[Any]:
    """Values of a field as files hold them: mostly legal, within decades that circuits have."""
    if spec.choices:
        return st.sampled_from(spec.choices)
    low, high = max(spec.low, -3.0), min(spec.high, 1e9)
    if spec.integer:
        return st.integers(int(low), int(high))
    floor = low or 1e-3 * high
    sweep = st.floats(0.0, 1.0).map(
        lambda part: floor * (high / floor) ** part if floor > 0 else low + (high - low) * part
    )
    numbers = sweep.map(lambda number: min(max(float(f"{number:.3g}"), low), high))
    return numbers.map(spec.show) if spec.unit else numbers


def _ends(name: str, spec: Quantity) -> st.SearchStrategy[list[Any]]:
    """The two ends of a range within the legal one."""
    return st.lists(_written(spec), min_size=2, max_size=2, unique=True).map(
        lambda ends: sorted(ends, key=lambda end: float(spec.parse(end, field=name)))
    )


@st.composite
def _entry(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """An entry of [space] of any kind, mostly a meaningful one."""
    name = draw(_FIELDS)
    spec = Design.quantities()[name.partition("[")[0]]
    alike = [
        other for other, its in Design.quantities().items()
        if (its.unit, its.choices) == (spec.unit, spec.choices)
    ]  # fmt: skip
    others = draw(st.sampled_from([st.sampled_from(alike)] * 3 + [_FIELDS]))
    value = draw(st.sampled_from([_written(spec)] * 8 + [_SCALARS]))
    ratio = st.sampled_from([0.1, 0.5, 1, 3.1])
    kinds = [
        st.fixed_dictionaries({"ratio_of": others, "value": ratio}),
        st.fixed_dictionaries({"tie": others}),
        st.fixed_dictionaries({"ratio_of": others, "low": ratio, "high": ratio}),
        st.fixed_dictionaries({"choices": st.lists(value, min_size=1, max_size=3)}),
    ]
    if not spec.choices:
        kinds += [st.fixed_dictionaries({"low": value, "high": value})]
        kinds += [_ends(name, spec).map(lambda ends: {"low": ends[0], "high": ends[1]})] * 6
    entry = draw(st.sampled_from(kinds).flatmap(lambda kind: kind))
    extra: list[dict[str, Any]] = [{}] * 6 + [
        {"log": True},
        {"log": False},
        {"per_layer": True},
        {"step": draw(value)},
    ]
    return name, entry | draw(st.sampled_from(extra))


@_FUZZ
@given(st.lists(_entry(), min_size=1, max_size=4).map(dict))
def test_any_space_is_accepted_or_refused(space: dict[str, Any]) -> None:
    _accepted_or_refused(toml({**tables(), "design": {}, "space": space}))


@st.composite
def _legal_range(draw: st.DrawFn) -> tuple[str, Any, Any]:
    """A range within the legal one of any numeric field, written as people do."""
    name = draw(st.sampled_from([n for n, spec in Design.quantities().items() if not spec.choices]))
    low, high = draw(_ends(name, Design.quantities()[name]))
    return name, low, high


@settings(_FUZZ, max_examples=100)
@given(_legal_range())
def test_the_ends_of_a_legal_range_are_those_written(written: tuple[str, Any, Any]) -> None:
    name, low, high = written
    space = {name: {"low": low, "high": high, "log": False}}
    text = toml({**tables(), "design": {}, "space": space})
    try:
        (parameter,) = parse(text, source="x/study.toml").space.parameters
    except StudyFileError as error:
        _check_refusal(error)
        assert "is legal" in str(error)  # noqa: PT017 - it contradicts another field's default
        return
    spec = Design.quantities()[name]
    assert spec.parse(low, field=name) == parameter.low
    assert spec.parse(high, field=name) == parameter.high


@settings(_FUZZ, max_examples=150)
@given(_mutated(DESIGN))
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
    assert len(robust.ladder.top.conditions) == 32
    assert parse_design(DESIGN, source="x/study.toml").design.flavour == "01v8_lvt"
