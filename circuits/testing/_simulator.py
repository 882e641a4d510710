# SPDX-License-Identifier: GPL-3.0-or-later
"""The conformance check of simulators."""

from __future__ import annotations

from typing import Any

import numpy as np

import pdk
from circuits.simulators import (
    Analysis,
    DCSweep,
    Deck,
    Limits,
    OperatingPoint,
    SpiceSimulator,
    Status,
    Sweep,
    Transient,
    find,
    self_test,
)
from circuits.testing import _test_bench as bench

_LIMITS = Limits(wall_seconds=60.0)
_RC = "v1 in 0 1\nr1 in out 1k\nc1 out 0 1n\n"
_PHASES = Transient(10e-6, 10e-9)  # s: ten time constants
_TOLERANCE = 1e-6  # of values at rest
_WAVEFORM = 2e-3  # V, of a transient at default accuracy

# A netlist's expression of the voltages a (0.3 V) and b (0.6 V), and its value.
_EXPRESSIONS = {
    "{v(a)*v(b)}": 0.18,
    "{v(a,b)}": -0.3,
    "{abs(v(a,b))+sqrt(v(a))}": 0.3 + np.sqrt(0.3),
    "{exp(v(a))-ln(v(b))}": np.exp(0.3) - np.log(0.6),
    "{tanh(v(a))}": np.tanh(0.3),
    "{min(v(a),v(b))-2*max(v(a),v(b))}": -0.9,
    "{(v(a) > v(b)) ? 1 : 2}": 2.0,
}


def check_simulator(name: str) -> None:
    """Refuse a simulator that does not fulfil what circuits rely on.

    - A capacitor charges exponentially, and the last sample lies at the end of the run. A storage node
      keeps the voltage that it begins with, inside a subcircuit, too.
    - Behavioural sources give the values of their expressions; the current of a source inside subcircuits
      is that into its first node; a sweep of two sources covers their grid.
    - The same deck gives the same numbers. It conducts a transistor of the models that are installed.
    - A run over its time limit, one that was cancelled, a circuit without an operating point and a
      netlist with an error are outcomes that say so, without waveforms.
    - Training circuits of a point agree with the quasi-static simulator within 2 mV.

    **Arguments:**

    - `name`: as in `circuits.simulators.SIMULATORS`.

    **Raises:** `AssertionError` with what is wrong; `circuits.simulators.SimulatorNotFound` without its
    program; `pdk.PdkError` without transistor models.
    """
    simulator = find(name)
    assert simulator.name == name, f"the simulator {name!r} calls itself {simulator.name!r}"
    _check_transients(simulator)
    _check_expressions(simulator)
    _check_paths(simulator)
    outcome = self_test(simulator, pdk.locate())
    assert outcome.ok, f"a transistor conducts: {outcome.message}"
    _check_failures(simulator)
    run = bench.short_run(bench.conducting_design("synapse", "cmos"))
    bench.check_training(run, [simulator], at_equilibrium=True)


def _deck(circuit: str, analysis: Analysis, *signals: str, **rest: Any) -> Deck:
    return Deck(title="conformance", circuit=circuit, analysis=analysis, signals=signals, **rest)


def _close(what: str, found: Any, expected: Any, tolerance: float = _TOLERANCE) -> None:
    error = float(np.abs(np.asarray(found) - np.asarray(expected)).max())
    assert error <= tolerance, f"{what}: it is {error:.3g} away"


def _check_transients(simulator: SpiceSimulator) -> None:
    deck = _deck(_RC, _PHASES, "v(out)", "i(v1)", initial={"out": 0.0})
    waves = simulator.execute(deck, limits=_LIMITS).require()
    charged = 1.0 - np.exp(-waves.values / 1e-6)
    _close("a transient ends at its end", waves.values[-1], _PHASES.stop, 1e-12)
    _close("a capacitor charges exponentially", waves["v(out)"], charged, _WAVEFORM)
    _close("a source delivers the current", 1e3 * waves["i(v1)"], charged - 1.0, _WAVEFORM)
    again = simulator.execute(deck, limits=_LIMITS).require()
    assert np.array_equal(waves["v(out)"], again["v(out)"]), "the same deck, the same numbers"
    cells = "v1 other 0 1\nx1 other cell\nx2 other cell\n.subckt cell a\nc1 mem 0 0.1p\nr1 a 0 1k\n.ends\n"
    kept = {"x1.mem": 0.3, "x2.mem": -0.7}
    deck = _deck(cells, _PHASES, *(f"v({node})" for node in kept), initial=kept)
    waves = simulator.execute(deck, limits=_LIMITS).require()
    for node, volts in kept.items():
        _close(f"the storage node {node} keeps its voltage", waves[f"v({node})"], volts)


def _check_expressions(simulator: SpiceSimulator) -> None:
    for expression, value in _EXPRESSIONS.items():
        circuit = f"va a 0 0.3\nvb b 0 0.6\nb1 0 x i={expression}\nr1 x 0 1\nra a b 1k\n"
        waves = simulator.execute(
            _deck(circuit, OperatingPoint(), "v(x)"), limits=_LIMITS
        ).require()
        _close(f"a source of {expression}", waves["v(x)"], value)


def _check_paths(simulator: SpiceSimulator) -> None:
    circuit = (
        "v1 in 0 1\nx1 in outer\n.subckt outer a\nx2 a inner\n.ends\n"
        ".subckt inner a\nvsense a b 0\nr1 b 0 1k\n.ends\n"
    )
    deck = _deck(circuit, OperatingPoint(), "i(x1.x2.vsense)", "v(x1.x2.b)")
    waves = simulator.execute(deck, limits=_LIMITS).require()
    _close("the current inside subcircuits", waves["i(x1.x2.vsense)"], 1e-3, 1e-9)
    _close("the voltage inside subcircuits", waves["v(x1.x2.b)"], 1.0)
    circuit = "va a 0 0\nvb b 0 0\nb1 0 x i={v(a)+10*v(b)}\nr1 x 0 1\nra a b 1k\n"
    sweep = DCSweep("va", 0.0, 0.2, 0.1, Sweep("vb", 0.0, 0.1, 0.1))
    waves = simulator.execute(_deck(circuit, sweep, "v(x)"), limits=_LIMITS).require()
    grid = np.array([0.0, 1.0])[:, None] + np.array([0.0, 0.1, 0.2])
    _close("a sweep of two sources", waves.surface("v(x)"), grid)


def _check_failures(simulator: SpiceSimulator) -> None:
    endless = _deck(_RC, Transient(10.0, 1e-9, 1e-9), "v(out)")
    late = simulator.execute(endless, limits=Limits(wall_seconds=0.5))
    cancelled = simulator.execute(endless, limits=_LIMITS, cancelled=lambda: True)
    wrong = simulator.execute(
        _deck("v1 in 0 1\nx1 in missing\n", OperatingPoint(), "v(in)"), limits=_LIMITS
    )
    loop = "v1 a 0 1\nv2 a 0 2\nr1 a 0 1k\n"
    unsolvable = simulator.execute(_deck(loop, OperatingPoint(), "v(a)"), limits=_LIMITS)
    for what, run, status in (
        ("a run over its time limit", late, Status.TIMEOUT),
        ("a cancelled run", cancelled, Status.CANCELLED),
        ("a netlist with an unknown subcircuit", wrong, Status.NETLIST_ERROR),
        ("two sources of different voltages on a node", unsolvable, Status.NONCONVERGENT),
    ):
        assert not run.outcome.ok, f"{what} is no success"
        assert run.waveforms is None, f"{what} leaves no waveforms"
        assert run.outcome.message, f"{what} says what is wrong"
        assert run.outcome.status == status, f"{what} is {run.outcome.status}, not {status}"
