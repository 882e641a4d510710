# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sources of a netlist deliver power, and what a training point's energy counts of them."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from circuits import Design, TransientTrainer
from circuits._supplies import Netlist
from circuits.mlp import training_circuit
from circuits.parts import ClampedAmplifier, Place
from tests.circuits.conftest import small_run

NETLIST = """\
.subckt bias up
Iref vdd up 10u
Vdd vdd 0 DC 1.8
Rup up 0 1k
.ends bias
.subckt amp inp outp
Vsup sup 0 1.8
Xq sup inp out sky130_fd_pr__nfet_01v8 mult=1
Rout out outp 10
Rload out 0 100
Xb ref bias
Eref copy 0 ref 0 1
Vunused idle 0 0.9
Vmeter out spy 0
.ends amp
.subckt ideal inp outp
G1 0 outp inp 0 0.1
V1 a 0 1
R1 a 0 1
.ends ideal
* a comment
Vin in 0 PWL(0 0 1u
+ 1)
Vcontrol c 0 PWL(0 0 1u 1)
Bgate gate 0 v={v(c)}
Iwave 0 in PWL(0 0 1u 1m)
Xa1 in y amp
Xa2 in z ideal
Rload y 0 1k
"""


def test_the_sources_that_deliver_power_are_found_in_subcircuits_of_subcircuits() -> None:
    netlist = Netlist(NETLIST)
    found = {each.name: each for each in netlist.supplies(ideal=["ideal"])}
    assert list(found) == ["vin", "xa1.vsup", "xa1.xb.iref", "xa1.xb.vdd"]
    assert found["xa1.vsup"].signals == ("v(xa1.sup)", "i(xa1.vsup)")
    assert found["xa1.xb.iref"].signals == ("v(xa1.xb.vdd)", "v(xa1.ref)")
    assert found["xa1.xb.iref"].current == 1e-5
    assert "xa2.v1" in {each.name for each in netlist.supplies()}


def test_an_output_is_ideal_where_a_controlled_source_drives_it() -> None:
    netlist = Netlist(NETLIST)
    assert netlist.is_driven("ideal", "outp")
    assert not netlist.is_driven("amp", "outp"), "its transistor takes what it delivers from vsup"


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, {"vdeep"}),
        ({"junctions": "none"}, set()),
        ({"nudge.kind": "centred", "amplifier.bandwidth": (1e6,)}, {"vdeep"}),
        ({"synapse.kind": "dram"}, {"vbulk"}),
        ({"write_switch.kind": "nfet"}, {"vbulk", "vdeep"}),
    ],
    ids=["plain", "no wells", "centred", "dram", "nfet"],
)
def test_beside_the_inputs_only_what_carries_current_counts(
    changes: dict[str, Any], names: set[str]
) -> None:
    run = small_run(Design.from_values(changes))
    ideal = ["amplifier0", "amplifier1"]
    found = {each.name for each in Netlist(training_circuit(run).text()).supplies(ideal=ideal)}
    inputs = {f"v{side}0_{index}" for side in "pn" for index in range(3)}
    assert found - inputs == names


def test_the_wordline_drivers_of_real_switches_are_counted(
    trainer: TransientTrainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = small_run(
        Design.from_values({"write_switch.kind": "nfet", "synapse.weight_high": 0.9}), points=1
    )
    assert {"i(vd0_0)", "v(r0_0)", "i(vbulk)", "v(bulk)"} <= set(trainer.deck(run).signals)
    counted = trainer.run(run)
    monkeypatch.setattr("circuits.transient._wordlines", lambda _: [])
    left_out = trainer.run(run)
    assert counted.ok
    assert left_out.ok
    assert counted.energy[0] > left_out.energy[0], "gates of a row take charge at the higher level"


SUPPLY, LOAD = 1.8, 1e6


@dataclasses.dataclass(frozen=True)
class Supplied(ClampedAmplifier):
    """The linear amplifier with a supply that feeds a resistor."""

    is_ideal_source = False

    def add_devices(self, circuit: Any, place: Place) -> None:
        super().add_devices(circuit, place)
        circuit.V("dd", "vdd", "0", SUPPLY)
        circuit.R("dd", "vdd", "0", LOAD)


@dataclasses.dataclass(frozen=True)
class Measured(ClampedAmplifier):
    """The same without it; its clamps' levels count in both."""

    is_ideal_source = False


def test_an_amplifiers_own_supply_adds_what_its_load_takes(
    trainer: TransientTrainer,
) -> None:
    run = small_run(Design.from_values({"synapse.weight_high": 0.9}), points=3)
    timing = training_circuit(run).schedule
    each = np.diff(np.append(timing.start, timing.stop))
    energies = []
    for kind in (Measured, Supplied):
        trace = trainer.run(
            dataclasses.replace(run, design=dataclasses.replace(run.design, amplifiers=(kind(),)))
        )
        assert trace.ok, trace.outcome.message
        energies.append(trace.energy)
    amplifiers = sum(run.layers[1:])
    expected = amplifiers * SUPPLY**2 / LOAD * each
    np.testing.assert_allclose(energies[1] - energies[0], expected, rtol=1e-3)
