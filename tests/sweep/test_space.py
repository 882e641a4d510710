# SPDX-License-Identifier: GPL-3.0-or-later
"""A space makes one design of each choice of values: tied, scaled, layer by layer, and legal."""

from __future__ import annotations

import math
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from circuits import Design, check_sizes
from sweep._errors import InfeasibleDesign, SweepError
from sweep.search.distributions import distribution, distributions
from sweep.study.space import Space
from sweep.study.study_file import parse
from tests.sweep.study_texts import STUDY, tables, toml


def _space(
    entries: dict[str, Any],
    *,
    layers: tuple[int, ...] = (3, 8, 1),
    **design: dict[str, object],
) -> Space:
    """A space of some entries; `design`: tables of parts."""
    content = tables() | {"network": {"layers": list(layers)}, "design": design, "space": entries}
    return parse(toml(content), source="study.toml").space


def _middle(space: Space) -> dict[str, object]:
    return {parameter.name: parameter.at(0.5) for parameter in space.parameters}


fractions = st.floats(0.0, 1.0)

_RATIO = "amplifier.gain_backward/amplifier.gain_forward"

SPACE = parse(STUDY, source="study.toml").space


def test_the_distributions_are_what_the_file_says() -> None:
    assert distributions(SPACE) == {
        "synapse.flavour": CategoricalDistribution(("01v8", "01v8_hvt")),
        "synapse.multiplicity": IntDistribution(1, 8, log=True),
        "amplifier.gain_forward[1]": FloatDistribution(1.5, 6.0, log=True),
        _RATIO: FloatDistribution(0.1, 1.0, log=True),
        "amplifier.clamp_low": FloatDistribution(-0.6, 0.4, step=0.05),
        "nudge.conductance": FloatDistribution(50e-6, 5e-3, log=True),
        "update.scale[0]": FloatDistribution(1.0, 300.0, log=True),
        "update.scale[1]": FloatDistribution(1.0, 300.0, log=True),
    }


def test_the_order_of_the_parameters_is_that_of_the_design_not_of_the_file() -> None:
    content = tables()
    content["space"] = dict(reversed(content["space"].items()))
    reordered = parse(toml(content), source="x").space
    assert reordered.parameters == SPACE.parameters


@settings(deadline=None)
@given(st.lists(fractions, min_size=8, max_size=8))
def test_every_choice_of_values_makes_the_design_it_says(parts: list[float]) -> None:
    values = {p.name: p.at(part) for p, part in zip(SPACE.parameters, parts, strict=True)}
    design = SPACE.design(values)
    assert design == SPACE.design(dict(reversed(values.items())))
    assert design.value("nudge.conductance") == values["nudge.conductance"]
    assert design.entries("synapse.multiplicity") == (values["synapse.multiplicity"],) * 2
    assert design.entries("synapse.flavour") == (values["synapse.flavour"],) * 2
    assert [design.update(index).scale for index in range(2)] == [
        values["update.scale[0]"],
        values["update.scale[1]"],
    ]
    assert design.entries("amplifier.gain_forward") == (2.5, values["amplifier.gain_forward[1]"])
    ratio = float(str(values[_RATIO]))
    assert [design.value("amplifier.gain_backward", index) for index in range(2)] == pytest.approx(
        [ratio * gain for gain in design.entries("amplifier.gain_forward")]
    )
    assert design.entries("synapse.width_n") == (0.5e-6, 1e-6)
    assert design.entries("synapse.width_p") == pytest.approx((1.55e-6, 3.1e-6))
    assert design.timing.guard == design.timing.edge == 2e-6


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_optuna_suggests_is_a_design(seed: int) -> None:
    sampler = optuna.samplers.RandomSampler(seed=seed)
    study = optuna.create_study(sampler=sampler, storage=optuna.storages.InMemoryStorage())
    trial = study.ask(distributions(SPACE))
    design = SPACE.design(trial.params)
    check_sizes(design, 2)
    design.check_layers(2)


def test_an_entry_of_one_layer_leaves_the_others_as_they_are() -> None:
    space = _space(
        {"amplifier.gain_forward[0]": {"low": 5.0, "high": 6.0}},
        amplifier={"gain_forward": [2.0, 3.0]},
    )
    design = space.design({"amplifier.gain_forward[0]": 5.5})
    assert design.entries("amplifier.gain_forward") == (5.5, 3.0)


def test_a_fixed_value_and_a_default_stay_as_they_are() -> None:
    space = _space(
        {"timing.edge": {"low": "1 us", "high": "4 us"}}, timing={"phase_duration": "40 us"}
    )
    design = space.design({"timing.edge": 3e-6})
    assert design == Design.from_values({"timing.phase_duration": 40e-6, "timing.edge": 3e-6})


def test_a_ratio_may_refer_to_another_layer_of_the_same_field() -> None:
    space = _space(
        {
            "update.scale[1]": {"low": "1 1/V", "high": "10 1/V"},
            "update.scale[0]": {"ratio_of": "update.scale[1]", "low": 1, "high": 100},
        }
    )
    names = [parameter.name for parameter in space.parameters]
    assert names == ["update.scale[0]/update.scale[1]", "update.scale[1]"]
    design = space.design({"update.scale[0]/update.scale[1]": 50.0, "update.scale[1]": 3.0})
    assert design.entries("update.scale") == (150.0, 3.0)


def test_a_ratio_of_each_layer_is_a_parameter_of_each_layer() -> None:
    entry = {"ratio_of": "amplifier.gain_forward", "low": 0.1, "high": 1.0, "per_layer": True}
    space = _space({"amplifier.gain_backward": entry}, amplifier={"gain_forward": [2.0, 4.0]})
    values = {
        "amplifier.gain_backward[0]/amplifier.gain_forward[0]": 0.5,
        "amplifier.gain_backward[1]/amplifier.gain_forward[1]": 0.25,
    }
    assert set(distributions(space)) == set(values)
    assert space.fields(values)["amplifier.gain_backward"] == (1.0,)
    assert space.design(values).entries("amplifier.gain_backward") == (1.0, 1.0)


def test_chains_are_followed_whatever_the_order_in_the_file() -> None:
    entries: dict[str, Any] = {
        "synapse.width_p": {"ratio_of": "synapse.length_p", "value": 10},
        "synapse.length_p": {"tie": "synapse.length_n"},
        "synapse.length_n": {"ratio_of": "synapse.width_n", "value": 0.5},
        "synapse.width_n": {"low": "1 um", "high": "2 um", "per_layer": True},
    }
    for keys in (list(entries), list(reversed(entries))):
        space = _space({key: entries[key] for key in keys})
        design = space.design({"synapse.width_n[0]": 1e-6, "synapse.width_n[1]": 2e-6})
        assert design.entries("synapse.length_n") == (0.5e-6, 1e-6)
        assert design.entries("synapse.length_p") == (0.5e-6, 1e-6)
        assert design.entries("synapse.width_p") == pytest.approx((5e-6, 10e-6))


@pytest.mark.parametrize("ratio", [0.5, 0.66, 1.0, 1.2, 2.9, 4.0])
def test_a_ratio_of_whole_numbers_is_rounded(ratio: float) -> None:
    space = _space(
        {
            "synapse.multiplicity[1]": {
                "ratio_of": "synapse.multiplicity[0]",
                "low": 0.5,
                "high": 4.0,
            }
        },
        synapse={"multiplicity": 3},
    )
    design = space.design({"synapse.multiplicity[1]/synapse.multiplicity[0]": ratio})
    assert design.synapse(0).multiplicity == 3
    assert abs(design.synapse(1).multiplicity - 3 * ratio) <= 0.5


def test_equal_entries_of_all_layers_become_one() -> None:
    space = _space({"amplifier.gain_forward": {"low": 1.0, "high": 4.0, "per_layer": True}})
    design = space.design({"amplifier.gain_forward[0]": 2.0, "amplifier.gain_forward[1]": 2.0})
    assert design.entries("amplifier.gain_forward") == (2.0,)


def test_choices_may_be_numbers() -> None:
    space = _space({"nudge.conductance": {"choices": ["0.1 mS", "1 mS", "7 mS"]}})
    assert [p.at(part) for p in space.parameters for part in (0, 0.5, 1)] == [1e-4, 1e-3, 7e-3]
    assert space.design({"nudge.conductance": 7e-3}).value("nudge.conductance") == 7e-3


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        (
            {"synapse.length_p": 0.2e-6, "amplifier.clamp_low": 0.0},
            "synapse.length_p",
            "nearest legal value is 350 nm",
        ),
        (
            {"synapse.length_p": 0.5e-6, "amplifier.clamp_low": 0.6},
            "amplifier.clamp_low",
            "not above clamp_high",
        ),
        (
            {"synapse.length_p": 0.5e-6, "amplifier.clamp_low": 3.0},
            "amplifier.clamp_low",
            "nearest legal value is 2 V",
        ),
        (
            {"synapse.length_p": 0.5e-6, "amplifier.clamp_low": math.nan},
            "amplifier.clamp_low",
            "a number from",
        ),
    ],
)
def test_a_combination_that_is_not_legal_is_an_event_not_a_crash(
    values: dict[str, object], field: str, words: str
) -> None:
    space = _space(
        {
            "synapse.length_p": {"low": "0.35 um", "high": "1 um"},
            "amplifier.clamp_low": {"low": "-1 V", "high": "0.6 V"},
        },
        synapse={"flavour": "01v8_lvt"},
        amplifier={"clamp_high": "0.5 V"},
    )
    with pytest.raises(InfeasibleDesign, match=words) as error:
        space.design(values)
    assert error.value.field == field
    assert isinstance(error.value, SweepError)


def test_values_of_another_space_are_refused() -> None:
    space = _space({"amplifier.gain_forward": {"low": 1.0, "high": 4.0}})
    for values in ({}, {"amplifier.gain_forward": 2.0, "timing.edge": 1e-6}, {"gain_forwrd": 2.0}):
        with pytest.raises(SweepError, match="another study file"):
            space.design(values)


@settings(deadline=None)
@given(fractions)
def test_values_between_the_ends_are_those_of_the_distribution(fraction: float) -> None:
    for parameter in SPACE.parameters:
        value = parameter.at(fraction)
        sampled = distribution(parameter)
        assert sampled._contains(sampled.to_internal_repr(value))


def test_values_are_shown_with_prefix_and_unit() -> None:
    shown = {p.name: p.show(p.at(0.5), digits=3) for p in SPACE.parameters}
    assert shown["nudge.conductance"] == "500 uS"
    assert shown["amplifier.clamp_low"] == "-100 mV"
    assert shown["update.scale[1]"] == "17.3 1/V"
    assert shown[_RATIO] == "0.316"
    assert shown["synapse.multiplicity"] == "3"
    assert shown["synapse.flavour"] == "01v8_hvt"


def test_a_space_without_parameters_is_one_design() -> None:
    space = Space(2, {"timing.edge": 1e-6})
    assert distributions(space) == {}
    assert space.design(_middle(space)) == Design.from_values({"timing.edge": 1e-6})
