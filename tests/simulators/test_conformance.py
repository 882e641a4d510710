# SPDX-License-Identifier: GPL-3.0-or-later
"""What any SPICE simulator must get right, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circuits.simulators import (
    Accuracy,
    DCSweep,
    Limits,
    OperatingPoint,
    SpiceSimulator,
    Status,
    Sweep,
    Transient,
    _progress,
)
from tests.simulators.decks import RC, deck

BOLTZMANN_OVER_CHARGE = 1.380649e-23 / 1.602176634e-19


def operating_point(simulator: SpiceSimulator, circuit: str, *signals: str) -> list[float]:
    waves = simulator.execute(deck(circuit, OperatingPoint(), signals)).require()
    return [float(waves[signal][0]) for signal in signals]


def test_a_capacitor_charges_exponentially(simulator: SpiceSimulator) -> None:
    waves = simulator.execute(deck(signals=("v(out)", "i(v1)"), initial={"out": 0.0})).require()
    expected = 1.0 - np.exp(-waves.values / 1e-6)
    assert waves.axis == "time"
    assert waves.values[0] == 0.0
    assert waves.values[-1] == pytest.approx(10e-6, rel=1e-12)
    np.testing.assert_allclose(waves["v(out)"], expected, atol=1e-3)
    np.testing.assert_allclose(waves["i(v1)"], (expected - 1.0) / 1e3, atol=1e-6)


def test_a_tighter_tolerance_brings_the_curve_closer(simulator: SpiceSimulator) -> None:
    def error(relative: float) -> float:
        analysis = Transient(10e-6, 10e-9, 5e-6)
        accuracy = Accuracy(relative=relative)
        run = simulator.execute(deck(analysis=analysis, initial={"out": 0.0}, accuracy=accuracy))
        waves = run.require()
        return float(np.abs(waves["v(out)"] - 1.0 + np.exp(-waves.values / 1e-6)).max())

    assert error(1e-6) < 0.3 * error(1e-3)


def test_a_diode_follows_the_exponential_law(simulator: SpiceSimulator) -> None:
    circuit = "V1 a 0 0\nD1 a 0 d1\n.model d1 d(is=1e-14 n=1)\n"
    run = deck(circuit, DCSweep("v1", 0.3, 0.7, 0.01), ("i(v1)",), temperature=50.0)
    waves = simulator.execute(run).require()
    reference = operating_point(simulator, circuit.replace("a 0 0", "a 0 0.5"), "i(v1)")
    assert reference[0] == pytest.approx(
        -1e-14 * np.exp(0.5 / (BOLTZMANN_OVER_CHARGE * 300.15)), 2e-2
    )
    slope = np.gradient(np.log(-waves["i(v1)"]), waves.values)[5:-5]
    np.testing.assert_allclose(slope, 1.0 / (BOLTZMANN_OVER_CHARGE * 323.15), rtol=1e-3)


def test_charge_on_a_floating_node_is_conserved(simulator: SpiceSimulator) -> None:
    circuit = "V1 a 0 PULSE(0 1 1u 50n 50n 0.9u 2u)\nC1 a mid 0.1p\nC2 mid 0 0.3p\n"
    analysis = Transient(40e-6, 10e-9, 0.1e-6)
    run = deck(circuit, analysis, ("v(mid)", "v(a)"), initial={"mid": 0.2})
    waves = simulator.execute(run).require()
    np.testing.assert_allclose(waves["v(mid)"], 0.2 + 0.25 * waves["v(a)"], atol=2e-6)


def test_a_floating_node_keeps_its_initial_voltage(simulator: SpiceSimulator) -> None:
    circuit = "X1 other cell\nX2 other cell\nV1 other 0 1\n.subckt cell a\nC1 mem 0 0.1p\nR1 a 0 1k\n.ends\n"
    initial = {"x1.mem": 0.3, "x2.mem": -0.7}
    signals = ("v(x2.mem)", "v(x1.mem)")
    waves = simulator.execute(deck(circuit, signals=signals, initial=initial)).require()
    np.testing.assert_allclose(waves["v(x1.mem)"], 0.3, atol=1e-6)
    np.testing.assert_allclose(waves["v(x2.mem)"], -0.7, atol=1e-6)


def test_a_held_node_is_let_go_at_time_zero(simulator: SpiceSimulator) -> None:
    circuit = "V1 in 0 1\nR1 in out 1k\nC1 out 0 1n\nR2 in far 1k\n"
    signals = ("v(out)", "v(far)")
    waves = simulator.execute(deck(circuit, signals=signals, initial={"out": 0.25})).require()
    assert waves["v(out)"][0] == pytest.approx(0.25, abs=1e-6)
    assert waves["v(out)"][-1] == pytest.approx(1.0, abs=1e-4)
    np.testing.assert_allclose(waves["v(far)"], 1.0, atol=1e-6)


def test_a_sweep_of_two_sources_covers_their_grid(simulator: SpiceSimulator) -> None:
    circuit = "V1 a 0 0\nV2 b 0 0\nR1 a m 1k\nR2 b m 3k\n"
    analysis = DCSweep("v1", -0.3, 1.8, 0.1, second=Sweep("v2", 1.0, 0.0, -0.25))
    waves = simulator.execute(deck(circuit, analysis, ("v(m)", "v(a)", "v(b)"))).require()
    assert waves.axis == "v1"
    assert waves.outer is not None
    np.testing.assert_allclose(waves.values, waves["v(a)"], atol=1e-9)
    np.testing.assert_allclose(waves.outer, waves["v(b)"], atol=1e-9)
    np.testing.assert_allclose(waves["v(m)"], 0.75 * waves.values + 0.25 * waves.outer, atol=1e-9)
    assert waves.surface("v(m)").shape == (5, 22)


def test_an_operating_point_is_one_sample(simulator: SpiceSimulator) -> None:
    waves = simulator.execute(deck(RC, OperatingPoint(), ("v(out)", "i(v1)"))).require()
    assert waves.values.shape == (1,)
    assert waves["v(out)"][0] == pytest.approx(1.0, rel=1e-6)


def test_currents_inside_subcircuits_have_the_sign_of_their_source(
    simulator: SpiceSimulator,
) -> None:
    circuit = (
        "V1 in 0 1\nX1 in outer\n.subckt outer a\nX2 a inner\n.ends\n"
        ".subckt inner a\nVsense a b 0\nR1 b 0 1k\n.ends\n"
    )
    inner, outer, node = operating_point(
        simulator, circuit, "i(x1.x2.vsense)", "i(v1)", "v(x1.x2.b)"
    )
    assert inner == pytest.approx(1e-3, rel=1e-6)
    assert outer == pytest.approx(-1e-3, rel=1e-6)
    assert node == pytest.approx(1.0, rel=1e-6)


def test_temperature_is_in_degrees_celsius(simulator: SpiceSimulator) -> None:
    circuit = "V1 a 0 1\nR1 a 0 1k tc1=0.01\n"
    for celsius, current in ((27.0, 1e-3), (77.0, 1e-3 / 1.5)):
        run = deck(circuit, OperatingPoint(), ("i(v1)",), temperature=celsius)
        waves = simulator.execute(run).require()
        assert -waves["i(v1)"][0] == pytest.approx(current, rel=1e-6)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("{v(a)*v(b)}", 0.18),
        ("{v(a,b)}", -0.3),
        ("{v(a)**2}", 0.09),
        ("{abs(v(a,b))+sqrt(v(a))}", 0.3 + 0.3**0.5),
        ("{exp(v(a))-ln(v(b))}", np.exp(0.3) - np.log(0.6)),
        ("{sin(v(a))+cos(v(b))+tan(v(a))}", np.sin(0.3) + np.cos(0.6) + np.tan(0.3)),
        ("{tanh(v(a))+atan(v(b))}", np.tanh(0.3) + np.arctan(0.6)),
        ("{sinh(v(a))+cosh(v(b))}", np.sinh(0.3) + np.cosh(0.6)),
        ("{min(v(a),v(b))+max(v(a),v(b))}", 0.9),
        ("{pwr(v(a,b),3)}", -0.027),
        ("{(v(a) > v(b)) ? 1 : 2}", 2.0),
        ("{((v(a) < v(b)) && (v(a) > 0)) ? 1 : 2}", 1.0),
        ("{gain*v(a)+1m}", 0.601),
        ("{1e3*i(v3)}", 0.5),
        ("{-v(a)/v(b)}", -0.5),
    ],
)
@pytest.mark.parametrize("kind", ["i", "v"])
def test_the_common_language_of_behavioural_sources(
    simulator: SpiceSimulator, kind: str, expression: str, value: float
) -> None:
    circuit = (
        ".param gain=2\nVa a 0 0.3\nVb b 0 0.6\nV3 c 0 0.5\nR3 0 c 1k\nR4 x 0 1k\n"
        f"B1 0 {'x' if kind == 'i' else 'y'} {kind}={expression}\nV9 d y 0\nR9 d 0 1k\n"
    ).replace("i(v3)", "(-i(v3))")
    current, voltage = operating_point(simulator, circuit, "v(x)", "v(d)")
    assert (current / 1e3 if kind == "i" else -voltage) == pytest.approx(value, rel=1e-6)


def test_time_and_shared_source_waveforms(simulator: SpiceSimulator) -> None:
    circuit = (
        "Va a 0 PWL(0 0 1u 0 2u 0.5 5u 0.5 6u -0.2)\nVb b 0 PULSE(0 1 1u 0.1u 0.1u 1u 4u)\n"
        "Vc c 0 SIN(0.1 0.2 100k)\nB1 d 0 v={time*1e5}\nR1 d 0 1k\n"
    )
    signals = ("v(a)", "v(b)", "v(c)", "v(d)")
    waves = simulator.execute(deck(circuit, Transient(10e-6, 1e-9, 20e-9), signals)).require()
    time = waves.values
    ramp = np.interp(time, np.array([0, 1, 2, 5, 6, 10]) * 1e-6, [0, 0, 0.5, 0.5, -0.2, -0.2])
    period = (time - 1e-6) % 4e-6
    pulse = np.interp(period, np.array([0, 0.1, 1.1, 1.2]) * 1e-6, [0.0, 1.0, 1.0, 0.0])
    np.testing.assert_allclose(waves["v(a)"], ramp, atol=1e-6)
    np.testing.assert_allclose(waves["v(b)"], np.where(time < 1e-6, 0.0, pulse), atol=1e-6)
    np.testing.assert_allclose(waves["v(c)"], 0.1 + 0.2 * np.sin(2e5 * np.pi * time), atol=1e-6)
    np.testing.assert_allclose(waves["v(d)"], time * 1e5, atol=1e-6)


def test_linear_controlled_sources(simulator: SpiceSimulator) -> None:
    circuit = (
        "V1 a 0 0.2\nE1 e 0 a 0 2.5\nG1 0 g a 0 1m\nRg g 0 1k\nF1 0 f v1 2\nRf f 0 1k\n"
        "H1 h 0 v1 1k\nRa a 0 1k\n"
    )
    e, g, f, h = operating_point(simulator, circuit, "v(e)", "v(g)", "v(f)", "v(h)")
    assert (e, g, f, h) == pytest.approx((0.5, 0.2, -0.4, -0.2), rel=1e-6)


def test_the_solver_tells_its_counts(simulator: SpiceSimulator) -> None:
    waves = simulator.execute(deck()).require()
    counts = waves.statistics
    assert counts.steps is not None
    assert counts.newton_iterations is not None
    assert counts.rejected is not None
    assert counts.unknowns == 3
    assert 0.9 * waves.values.size <= counts.steps <= waves.values.size
    assert counts.newton_iterations >= counts.steps


def test_the_same_deck_gives_the_same_text_and_the_same_numbers(simulator: SpiceSimulator) -> None:
    run = deck(signals=("v(out)", "v(in)"))
    assert simulator.render(run) == simulator.render(run)
    first, second = (simulator.execute(run).require() for _ in range(2))
    np.testing.assert_array_equal(first["v(out)"], second["v(out)"])


def test_what_is_used_is_told(simulator: SpiceSimulator) -> None:
    outcome = simulator.execute(deck(analysis=Transient(0.5e-3, 1e-9, 20e-9))).outcome
    assert outcome.status is Status.OK
    assert 0.0 < outcome.cpu_seconds < 10.0
    assert outcome.cpu_seconds < 1.5 * outcome.seconds
    assert 5e6 < outcome.peak_memory < 400e6


def test_progress_rises_to_one(simulator: SpiceSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_progress, "_PROGRESS_SECONDS", 0.0)
    seen: list[float] = []
    run = deck(analysis=Transient(0.5e-3, 1e-9, 10e-9))
    assert simulator.execute(run, progress=seen.append).outcome.ok
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert any(0.0 < done < 1.0 for done in seen)


def test_many_signals_are_saved_in_one_run(simulator: SpiceSimulator) -> None:
    count = 300
    circuit = "V0 n0 0 1\n" + "".join(f"R{i} n{i} n{i + 1} 1\n" for i in range(count))
    circuit += f"Rend n{count} 0 1\n"
    signals = tuple(f"v(n{i})" for i in range(count + 1))
    waves = simulator.execute(deck(circuit, OperatingPoint(), signals)).require()
    values = np.array([waves[signal][0] for signal in signals])
    np.testing.assert_allclose(values, 1.0 - np.arange(count + 1) / (count + 1), rtol=1e-6)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    conductances=st.lists(st.floats(1e-6, 1e-2), min_size=3, max_size=12),
    voltage=st.floats(-2.0, 2.0),
)
def test_a_resistor_ladder_solves_its_linear_system(
    simulator: SpiceSimulator, conductances: list[float], voltage: float
) -> None:
    nodes = len(conductances)
    matrix = np.zeros((nodes, nodes))
    lines = [f"V1 n0 0 {voltage!r}"]
    for index, conductance in enumerate(conductances):
        lines.append(f"Ra{index} n{index} n{index + 1} {1.0 / conductance!r}")
        lines.append(f"Rb{index} n{index + 1} 0 1000.0")
        matrix[index, index] += conductance + 1e-3
        if index:
            matrix[index - 1, index - 1] += conductance
            matrix[index, index - 1] -= conductance
            matrix[index - 1, index] -= conductance
    right = np.zeros(nodes)
    right[0] = conductances[0] * voltage
    expected = np.linalg.solve(matrix, right)
    signals = [f"v(n{index + 1})" for index in range(nodes)]
    got = operating_point(simulator, "\n".join(lines) + "\n", *signals)
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-9)


def test_limits_that_are_not_met_change_nothing(simulator: SpiceSimulator) -> None:
    limits = Limits(wall_seconds=60.0, memory_bytes=4_000_000_000)
    free, bounded = simulator.execute(deck()), simulator.execute(deck(), limits=limits)
    np.testing.assert_array_equal(free.require()["v(out)"], bounded.require()["v(out)"])


def test_a_current_source_is_swept(simulator: SpiceSimulator) -> None:
    run = deck("I1 0 a 0\nR1 a 0 1k\n", DCSweep("i1", 0.0, 1e-3, 1e-4), ("v(a)",))
    waves = simulator.execute(run).require()
    np.testing.assert_allclose(waves["v(a)"], 1e3 * waves.values, atol=1e-9)
    assert waves.values.size == 11
