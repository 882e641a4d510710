# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bench measures is what transistors, synapses and training circuits do."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySpice.Spice.Netlist import SubCircuit

import pdk
from circuits import CircuitError, Corner, Design, Run, Stimulus, TransientTrainer
from circuits.characterization import (
    CharacterizationError,
    Reciprocity,
    Region,
    SynapseBench,
    reciprocity,
    synapse_transfer,
    transistor_curves,
    update_signal,
)
from circuits.parts import CmosSynapse, Geometry, Place, Transistor
from circuits.simulators import Limits, SpiceSimulator, find

REFERENCE = Path(__file__).parents[1] / "reference/synapse_dc.csv"
FEW = Region.of((-0.9, 0.9), (0.0, 1.2), step=0.3)

Bench = Callable[..., SynapseBench]


@pytest.fixture(scope="module", params=["ngspice", pytest.param("xyce", marks=pytest.mark.xyce)])
def simulator(request: pytest.FixtureRequest) -> SpiceSimulator:
    return find(request.param)


@pytest.fixture(scope="module")
def bench(simulator: SpiceSimulator, models: pdk.Models) -> Bench:
    @cache
    def of(corner: str = "tt", **fields: Any) -> SynapseBench:
        return SynapseBench(
            design=Design.from_values(fields),
            simulator=simulator,
            models=models,
            corner=Corner(corner),
        )

    return of


class SelfCascode(CmosSynapse):
    """Two nfets in series, of half the length, in place of the one; the pfet is as it was."""

    def transistors(self) -> dict[str, Transistor]:
        """The nfet's halves are `outer` and `inner`."""
        found = super().transistors()
        nfet = found.pop("n")
        shape = nfet.geometry
        half = Transistor(Geometry(shape.device, shape.width, shape.length / 2), nfet.multiplicity)
        return {**found, "outer": half, "inner": half}

    def deep_wells(self) -> dict[str, tuple[str, ...]]:
        """Both bodies lie on the negative rail."""
        return {"inn": ("outer", "inner")}

    def add_devices(self, circuit: SubCircuit, place: Place) -> None:
        """Add the pfet, and the nfets with a node between them."""
        self.add_transistor(circuit, place, "p", "out", "mem", "inp", "inp")
        self.add_transistor(circuit, place, "outer", "middle", "mem", "inn", "inn")
        self.add_transistor(circuit, place, "inner", "out", "mem", "middle", "inn")


def test_a_node_between_transistors_that_are_off_does_not_end_a_measurement(bench: Bench) -> None:
    """Two nfets in series conduct much like one of the sum of their lengths."""
    plain = bench(**{"synapse.length_n": 4e-6, "synapse.length_p": 0.5e-6})
    part = plain.synapse
    design = dataclasses.replace(plain.design, synapses=(SelfCascode(**vars(part)),))
    cascode = dataclasses.replace(plain, design=design)
    region = Region.of((-0.9, 0.9), (0.0, 0.9), step=0.1)
    expected, found = (synapse_transfer(each, region).current for each in (plain, cascode))
    conducts = region.weights.points() > 0.7  # the nfet pulls the line down
    np.testing.assert_allclose(
        found[conducts], expected[conducts], rtol=0.15, atol=0.02 * np.abs(expected).max()
    )
    assert np.isfinite(reciprocity(cascode, FEW).y11).all()


@pytest.mark.parametrize(
    ("flavour", "corner", "length"), [("01v8", "ss", 0.15e-6), ("01v8_lvt", "tt", 0.35e-6)]
)
def test_currents_are_the_recorded_ones(
    bench: Bench, flavour: str, corner: str, length: float
) -> None:
    region = Region.of((-0.9, 0.9), (0.1, 0.9), step=0.2)
    found = synapse_transfer(
        bench(corner, **{"synapse.flavour": flavour, "synapse.length_p": length}), region
    )
    with REFERENCE.open(newline="") as file:
        recorded = {
            (float(row["v_weight"]), float(row["v_in"])): float(row["ngspice_i_out"])
            for row in csv.DictReader(file)
            if (row["flavour"], row["corner"], float(row["v_out"])) == (flavour, corner, 0.0)
        }
    expected = np.array(
        [[recorded[round(w, 6), round(v, 6)] for v in found.inputs] for w in found.weights]
    )
    assert found.current == pytest.approx(expected, rel=2e-3, abs=1e-9)


def test_a_transistor_is_off_without_a_gate_voltage_and_saturates_with_one(bench: Bench) -> None:
    n, p = transistor_curves(bench())
    assert (n.polarity, p.polarity) == ("n", "p")
    for curves, sign in ((n, 1.0), (p, -1.0)):
        current = sign * curves.current
        assert current.shape == (len(curves.vgs), len(curves.vds))
        assert np.all(sign * curves.vgs >= 0)
        assert np.all(current[0] < 1e-8)
        assert np.all(np.diff(current[-1]) > 0)
        slope = np.diff(current[-1])
        assert slope[-1] < 0.2 * slope[0]


def test_curves_are_those_of_all_copies_in_parallel(bench: Bench) -> None:
    one, four = (
        transistor_curves(bench(**{"synapse.multiplicity": copies}))[0] for copies in (1, 4)
    )
    assert four.current == pytest.approx(4 * one.current, rel=1e-6, abs=1e-13)


def test_a_weight_pulls_the_line_against_its_sign_and_a_load_holds_it_back(bench: Bench) -> None:
    found = synapse_transfer(bench(), FEW)
    below, above = found.weights < -0.2, found.weights > 0.2
    driven = found.inputs > 0.2
    for output in (found.current, found.loaded, found.unloaded):
        assert np.all(output[np.ix_(below, driven)] > 0)
        assert np.all(output[np.ix_(above, driven)] < 0)
    assert np.all(np.abs(found.loaded) <= np.abs(found.unloaded) + 1e-9)
    assert np.all(np.abs(found.unloaded) <= found.inputs + 1e-6)
    assert found.current[:, 0] == pytest.approx(0.0, abs=1e-11)


def test_the_voltage_of_a_loaded_line_is_where_its_current_flows_into_the_load(
    bench: Bench,
) -> None:
    """A load so heavy that the line stays at 0 V sees the short circuit's current."""
    found = synapse_transfer(bench(**{"load.conductance": 0.5}), FEW)
    assert found.loaded * found.load == pytest.approx(found.current, rel=5e-3, abs=1e-9)


@pytest.fixture(scope="module")
def two_port(bench: Bench) -> Reciprocity:
    return reciprocity(bench(), Region.of((-0.9, 0.9), (0.0, 0.9), step=0.05))


def test_admittances_are_the_slopes_of_the_transfer(bench: Bench, two_port: Reciprocity) -> None:
    region = Region.of((-0.9, 0.9), (0.0, 0.9), step=0.05)
    found = synapse_transfer(bench(), region)
    slope = -np.gradient(found.current, found.inputs, axis=1)[:, 1:-1]
    inner = two_port.y21[:, 1:-1]
    assert slope == pytest.approx(inner, rel=0.05, abs=0.02 * float(np.max(np.abs(inner))))


def test_a_synapse_is_passive_and_its_pair_reciprocal_at_no_input(two_port: Reciprocity) -> None:
    """Without an input no transistor has a drain voltage: both are resistors."""
    assert np.all(two_port.y11 >= 0)
    assert np.all(two_port.y22 >= 0)
    on = two_port.y11[:, 0] > 1e-6
    assert np.count_nonzero(on) > 4
    assert two_port.symmetry[on, 0] == pytest.approx(1.0, abs=0.02)
    assert two_port.rho[on, 0] == pytest.approx(1.0, abs=0.02)


def test_while_one_transistor_conducts_rho_is_the_symmetry(two_port: Reciprocity) -> None:
    strong = np.abs(two_port.weights) > 0.45
    low = two_port.inputs < 0.85
    alone = np.ix_(strong, low)
    assert two_port.symmetry[alone] == pytest.approx(two_port.rho[alone], rel=0.02, nan_ok=True)


def test_rho_of_the_seeds_synapse_is_small_unless_the_weight_is_large(
    two_port: Reciprocity,
) -> None:
    """0.06 to 0.16 at weights of 0.25 to 0.5 V, 0.14 to 0.4 at 0.9 V, for inputs from 0.3 V on."""
    size = np.round(np.abs(two_port.weights), 6)
    driven = two_port.inputs > 0.29
    medium = two_port.rho[np.ix_((size >= 0.25) & (size <= 0.5), driven)]
    large = two_port.rho[np.ix_(size == 0.9, driven)]
    assert 0.05 < medium.min() < 0.07
    assert 0.12 < medium.max() < 0.17
    assert 0.13 < large.min() < 0.16
    assert 0.35 < large.max() < 0.42


def test_a_longer_channel_sends_less_back(bench: Bench) -> None:
    region = Region.of((-0.5, 0.5), (0.5, 0.9), step=0.2)
    short, long = (
        reciprocity(bench(**{"synapse.length_p": length, "synapse.length_n": length}), region).rho
        for length in (0.15e-6, 1e-6)
    )
    one_conducts = np.abs(region.weights.points()) > 0.2
    assert np.all(long[one_conducts] < 0.8 * short[one_conducts])


def test_a_switched_off_synapse_has_no_reciprocity(bench: Bench) -> None:
    found = reciprocity(
        bench(**{"synapse.kind": "dram"}), Region.of((0.0, 0.3), (0.3, 0.9), step=0.3)
    )
    assert np.all(np.isnan(found.rho))
    on = reciprocity(bench(**{"synapse.kind": "dram"}), Region.of((1.0, 1.2), (0.8, 1.0), step=0.2))
    assert np.all(on.rho > 1), "its line is the source of the transistor, not the drain"


@pytest.mark.parametrize("nudging", ["one-sided", "centred"])
def test_where_a_synapse_is_off_the_load_alone_holds_against_the_nudge(
    bench: Bench, nudging: str
) -> None:
    design: dict[str, Any] = {"nudge.kind": nudging, "update.scale": 7.0}
    region = Region.of((0.0, 0.0), (0.1, 0.5), step=0.2)
    found = update_signal(bench(**design), region, nudges=(-0.05, 0.0, 0.05))
    load, beta = found.load, found.beta
    held = load + beta if nudging == "one-sided" else load
    wanted = np.array([-0.05, 0.0, 0.05]) * beta / held
    assert found.difference[:, 0, :] == pytest.approx(np.tile(wanted, (3, 1)).T, rel=2e-3, abs=1e-9)
    assert found.change == pytest.approx(-7.0 * found.difference * found.inputs)


def test_a_synapse_that_conducts_holds_the_line_by_its_output_conductance(bench: Bench) -> None:
    region = Region.of((-0.9, 0.9), (0.3, 0.9), step=0.3)
    heavy = {"load.conductance": 0.02, "nudge.conductance": 1e-3}
    found = update_signal(bench(**heavy), region, nudges=(0.001,))
    y22 = reciprocity(bench(**heavy), region).y22  # the heavy load keeps the line at 0 V
    wanted = 0.001 * found.beta / (found.beta + found.load + y22)
    assert found.difference[0] == pytest.approx(wanted, rel=3e-3)


def test_the_gain_of_the_update_circuit_is_bounded(bench: Bench) -> None:
    region = Region.of((0.0, 0.3), (0.2, 0.8), step=0.3)
    found = update_signal(
        bench(**{"update.scale": 1e4, "update.gain_limit": 50.0}), region, nudges=(0.01,)
    )
    assert -found.change / found.difference == pytest.approx(50.0)


@pytest.mark.parametrize(("weight", "level"), [(0.7, 0.9), (-0.4, 0.6)])
def test_a_training_circuit_writes_what_the_bench_says(
    bench: Bench, weight: float, level: float
) -> None:
    """One synapse behind a linear amplifier with A B = 1: its line sees the load and the nudge.

    The target is A times as far from the output as the bench's is from the line. A large storage
    capacitor keeps the input from coupling into the weight.
    """
    on_bench = bench(
        **{
            "synapse.storage_capacitance": 50e-12,
            "sampling.conductance": 1e-3,
            "amplifier.output_resistance": 0.1,
        }
    )
    design = on_bench.design
    region = Region.of((weight, weight), (level, level), step=0.1)
    error = 0.05
    found = update_signal(on_bench, region, nudges=(error,))
    (free,), (change,) = found.free[0], found.change[0, 0]
    gain = design.value("amplifier.gain_forward")
    assert gain * design.value("amplifier.gain_backward") == pytest.approx(1.0)
    stimulus = Stimulus.training(
        np.array([[level]]), np.array([[gain * (free + error)]]), np.array([[0]])
    )
    run = Run((1, 1), design, stimulus, (np.array([[weight]]),))
    trainer = TransientTrainer(
        on_bench.simulator, on_bench.models, limits=Limits(wall_seconds=120.0)
    )
    trace = trainer.run(run)
    assert trace.ok, trace.outcome.message
    assert trace.free[0, 0] == pytest.approx(gain * free, rel=2e-3)
    assert trace.final_weights[0] - weight == pytest.approx(change, rel=0.02)


def test_layers_have_synapses_of_their_own(bench: Bench) -> None:
    both = bench(**{"synapse.width_n": (0.42e-6, 2e-6)}).design
    one, two = (
        SynapseBench(design=both, simulator=bench().simulator, models=bench().models, layer=layer)
        for layer in (0, 1)
    )
    first, second = (transistor_curves(each)[0] for each in (one, two))
    assert first.geometry.width == pytest.approx(0.42e-6)
    assert second.current[-1, -1] > 3 * first.current[-1, -1]


def test_mismatch_is_refused_and_a_failed_sweep_says_what_failed(bench: Bench) -> None:
    usual = bench()
    with pytest.raises(CircuitError, match="mismatch_seed"):
        SynapseBench(
            design=usual.design, simulator=usual.simulator, models=usual.models,
            corner=Corner(mismatch_seed=1),
        )  # fmt: skip
    hurried = SynapseBench(
        design=usual.design, simulator=usual.simulator, models=usual.models,
        limits=Limits(wall_seconds=1e-3),
    )  # fmt: skip
    with pytest.raises(CharacterizationError, match="could not measure the transfer"):
        synapse_transfer(hurried)
