# SPDX-License-Identifier: GPL-3.0-or-later
"""A design holds legal values only, says which ones are not, and survives being written down."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuits import Design, DesignError, NetworkError, Run, Stimulus, design_quantities
from tests.circuits.strategies import designs


@given(designs(crossbars=2))
def test_a_design_survives_its_plain_values(design: Design) -> None:
    assert Design.from_values(design.to_values()) == design


@given(designs(crossbars=3))
def test_a_design_survives_being_written_with_units(design: Design) -> None:
    written = {
        name: [spec.show(entry) for entry in design.entries(name)]
        if spec.per_layer
        else spec.show(design.value(name))
        for name, spec in design.quantities().items()
        if not spec.integer
    }
    again = Design.from_values(written, units_required=True)
    for name, spec in design.quantities().items():
        if spec.choices or spec.integer:
            continue
        assert again.entries(name) == pytest.approx(design.entries(name), rel=1e-12)


@pytest.mark.parametrize("name", design_quantities())
def test_every_field_says_what_it_means_and_refuses_what_is_not_legal(name: str) -> None:
    spec = design_quantities()[name]
    assert spec.meaning
    bad = (
        "no such word"
        if spec.choices
        else (spec.high * 2 + 1 if math.isfinite(spec.high) else spec.low - abs(spec.low) - 1)
    )
    if bad == -math.inf:
        bad = math.nan
    with pytest.raises(DesignError, match=name):
        Design.from_values({name: bad})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"nudge_conductnce": 1e-3}, "did you mean 'nudge.conductance'"),
        ({"timing.edge": "4 V"}, "the unit is s, not V"),
        (
            {"synapse.storage_capacitance": "0.1"},
            r"allowed is .* with its unit, such as \"0\.1 pF\"",
        ),
        ({"amplifier.gain_forward": [2.0, "x"]}, r"gain_forward\[1\]"),
        ({"synapse.kind": "cmso"}, "did you mean 'cmos'"),
        ({"timing.edge": "100 us"}, "at most half of phase_duration"),
        ({"synapse.weight_low": 1.0}, "weight_low not above weight_high"),
        ({"synapse.multiplicity": 1.5}, "whole number"),
        ({"amplifier.gain_forward": []}, "at least one entry"),
    ],
)
def test_an_illegal_value_is_named_with_what_is_allowed(
    values: dict[str, object], words: str
) -> None:
    with pytest.raises(DesignError, match=words):
        Design.from_values(values)


def test_files_must_write_units() -> None:
    with pytest.raises(DesignError, match="with its unit"):
        Design.from_values({"nudge.conductance": 5e-4}, units_required=True)
    assert Design.from_values({"amplifier.gain_forward": 2.0}, units_required=True).entries(
        "amplifier.gain_forward"
    ) == (2.0,)


@given(st.integers(2, 6))
def test_per_layer_values_fit_the_network_or_are_refused(crossbars: int) -> None:
    design = Design.from_values({"amplifier.gain_forward": (1.0,) * crossbars})
    design.check_layers(crossbars)
    with pytest.raises(NetworkError, match="amplifier has"):
        design.check_layers(crossbars + 1)


def test_a_run_refuses_what_does_not_fit_together() -> None:
    import numpy as np

    stimulus = Stimulus.evaluation(np.zeros((1, 2)), np.zeros((1, 1)), layers=1)
    with pytest.raises(NetworkError, match="the network 3"):
        Run((3, 1), Design(), stimulus, (np.zeros((3, 1)),))
    with pytest.raises(NetworkError, match="shapes"):
        Run((2, 1), Design(), stimulus, (np.zeros((3, 1)),))
