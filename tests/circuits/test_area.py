# SPDX-License-Identifier: GPL-3.0-or-later
"""What a network's transistors and capacitors take of the silicon."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pdk
from circuits import Design, circuit_area
from pdk.sky130 import SKY130

mim_area = SKY130.capacitor.plate


@given(st.floats(1e-15, 100e-12))
def test_a_mim_plate_has_the_capacitance_that_it_was_made_for(capacitance: float) -> None:
    area = mim_area(capacitance)
    found = SKY130.capacitor.area * area * 1e-12 + SKY130.capacitor.edge * 4.0 * area**0.5 * 1e-6
    assert found == pytest.approx(capacitance, rel=1e-9)


def test_a_synapse_of_the_original_circuit_is_mostly_capacitor() -> None:
    design = Design(junctions="none")
    one, two = (circuit_area(layers, design) for layers in ((1, 1), (2, 1)))
    gates = (1.302 + 0.42) * 0.15
    holds = 2 * mim_area(0.1e-12)
    assert one == pytest.approx(gates + mim_area(0.1e-12) + holds, rel=1e-9)
    # Two inputs share the output's line, but a column each: the matrix is stored transposed.
    assert two == pytest.approx(2 * one, rel=1e-9)


@given(st.integers(1, 8), st.integers(2, 6))
def test_parallel_copies_multiply_what_a_synapse_takes(copies: int, units: int) -> None:
    layers, small = (
        (units, units),
        Design.from_values({"junctions": "none", "sampling.capacitance": 1e-15}),
    )
    single = circuit_area(layers, small)
    several = circuit_area(layers, small.with_values({"synapse.multiplicity": (copies,)}))
    columns = 2 * units * mim_area(1e-15)
    gates = units**2 * copies * (1.302 + 0.42) * 0.15
    assert several == pytest.approx(columns + gates + units**2 * mim_area(copies * 0.1e-12))
    assert several >= single


def test_a_real_write_switch_takes_its_place() -> None:
    ideal, real = (
        Design(junctions="none"),
        Design.from_values({"junctions": "none", "write_switch.kind": "nfet"}),
    )
    more = circuit_area((3, 2, 1), real) - circuit_area((3, 2, 1), ideal)
    assert more == pytest.approx(8 * 0.42 * 0.5, rel=1e-9)


def test_a_drawn_transistor_takes_its_diffusions_or_its_well() -> None:
    drawn, bare = Design(), Design(junctions="none")
    nfet = pdk.well(pdk.Geometry("nfet_01v8", 0.42e-6, 0.15e-6)).footprint
    pfet = pdk.well(pdk.Geometry("pfet_01v8", 1.302e-6, 0.15e-6)).footprint
    more = circuit_area((3, 2, 1), drawn) - circuit_area((3, 2, 1), bare)
    gates = (1.302 + 0.42) * 0.15
    assert more == pytest.approx(8 * ((nfet + pfet) * 1e12 - gates), rel=1e-9)
    # The write transistor lies in the substrate.
    real = Design.from_values({"write_switch.kind": "nfet"})
    more = circuit_area((3, 2, 1), real) - circuit_area((3, 2, 1), drawn)
    assert more == pytest.approx(8 * 0.42 * (0.5 + 2 * 0.29), rel=1e-9)
