# SPDX-License-Identifier: GPL-3.0-or-later
"""The conformance check of updates."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

import pdk
from circuits.design import Design
from circuits.mlp import training_circuit
from circuits.parts import NUDGES, UpdateLaw
from circuits.parts.updates import function
from circuits.testing import _test_bench as bench
from circuits.trainers import QUASISTATIC, make_trainer

_VOLTS = (-0.5, -0.05, 0.02, 0.5)
"""Voltages of line and rail at which the law is checked, V."""
_NUDGE = 0.1  # V
_NOTHING = 1e-9  # V^2
_LEAST_CHANGE = 1e-5  # V, of a weight in a training point


def check_update(name: str) -> None:
    """Refuse an update that does not fulfil what circuits rely on.

    - Its law: without a nudge and without an offset it writes nothing. A line that the nudge has
      raised by 0.1 V changes a weight in the other direction than one that it has lowered, and both change
      direction with the input: otherwise training would increase the error.
    - Its netlist is the same for the same run, and each of its sizes is in it.
    - With either nudge a point is trained in every simulator that is installed and in the quasi-static
      one: they agree on outputs and weights within 2 mV, and a weight changes by more than 10 uV.

    **Arguments:**

    - `name`: as a design has it, of this program or of an installed package.

    **Raises:** `AssertionError` with what is wrong; `pdk.PdkError` without transistor models;
    `circuits.simulators.SimulatorNotFound` without a simulator.
    """
    design = bench.conducting_design("update", name)
    _check_law(design.update(0).law())
    text = training_circuit(bench.short_run(design)).text()
    assert text == training_circuit(bench.short_run(design)).text(), "same run, same netlist"
    bench.check_sizes_count(design, "update", beside=("decay",))
    simulators = bench.installed_simulators()
    for nudge in NUDGES:
        nudged = design.with_values({"nudge.kind": nudge})
        bench.check_training(bench.short_run(nudged), simulators, at_equilibrium=True)
        trained, still = (_trained(nudged.with_values(own)) for own in ({}, {"update.scale": 0.0}))
        change = float(np.abs(trained - still).max())
        assert change > _LEAST_CHANGE, (
            f"a training point changes a weight: with the nudge {nudge!r} by {change:.3g} V at most"
        )


def _trained(design: Design) -> NDArray[np.float64]:
    """Weights after a point, V, in one row."""
    return make_trainer(QUASISTATIC, pdk.locate()).run(bench.short_run(design)).final_weights


def _check_law(law: UpdateLaw) -> None:
    held = function("held", "line, rail", law.held)
    for line, rail in itertools.product(_VOLTS, _VOLTS):
        reference = held(line, rail)
        where = f"at a line of {line} V and a rail of {rail} V"
        rest = law.change(line, rail, reference, 0.0)
        assert abs(rest) < _NOTHING, f"without a nudge nothing is written: {rest:.3g} V^2 {where}"
        up, down = (law.change(line + step, rail, reference, 0.0) for step in (_NUDGE, -_NUDGE))
        assert np.isfinite([up, down]).all(), f"the law is a finite number {where}"
        descends = up > down if rail > 0 else up < down
        assert descends, (
            f"the difference rises with line times rail: it is {up:.3g} V^2 with the line {_NUDGE} V "
            f"higher and {down:.3g} V^2 with it lower, {where}"
        )
