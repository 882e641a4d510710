# SPDX-License-Identifier: GPL-3.0-or-later
"""A transistor that its flavour does not allow is refused before there is a netlist."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import Design, DesignError, check_sizes
from pdk.sky130 import DEVICES


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        (
            {"synapse.flavour": "01v8_lvt"},
            "synapse.length_p",
            "350 nm to 20.2 um for pfet_01v8_lvt",
        ),
        (
            {"synapse.flavour": "g5v0d10v5", "synapse.length_p": "0.5 um"},
            "synapse.length_n",
            "500 nm to 20.2 um for nfet_g5v0d10v5",
        ),
        (
            {"synapse.flavour": "01v8_lvt", "synapse.length_p": ["0.35 um", "0.35 um", "0.3 um"]},
            "synapse.length_p",
            "nearest legal value is 350 nm",
        ),
        (
            {"synapse.flavour": "g5v0d10v5", "synapse.kind": "dram"},
            "synapse.length_n",
            "nfet_g5v0d10v5",
        ),
    ],
)
def test_a_size_below_the_flavours_own_is_refused_with_its_field(
    values: dict[str, object], field: str, words: str
) -> None:
    with pytest.raises(DesignError, match=words) as error:
        check_sizes(Design.from_values(values), 3)
    assert error.value.field == field


@pytest.mark.parametrize("switch", ["ideal", "nfet"])
def test_the_default_sizes_are_legal(switch: str) -> None:
    check_sizes(Design.from_values({"write_switch.kind": switch}), 2)


def test_a_transistor_that_is_not_there_may_have_any_size() -> None:
    check_sizes(Design.from_values({"synapse.flavour": "01v8_lvt", "synapse.kind": "dram"}), 2)


@settings(deadline=None)
@given(st.floats(0.15e-6, 20e-6), st.floats(0.15e-6, 20e-6))
def test_what_is_legal_is_what_the_devices_allow(length_p: float, length_n: float) -> None:
    design = Design.from_values(
        {
            "synapse.flavour": "g5v0d10v5",
            "synapse.length_p": (length_p,),
            "synapse.length_n": (length_n,),
        }
    )
    least = DEVICES["nfet_g5v0d10v5"].l_min
    try:
        check_sizes(design, 1)
    except DesignError:
        assert min(length_p, length_n) < least
    else:
        assert min(length_p, length_n) >= least * (1 - 1e-9)
