# SPDX-License-Identifier: GPL-3.0-or-later
"""The conformance check of amplifiers."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits._errors import DesignError
from circuits._quantity import Quantity
from circuits._spice import value
from circuits.cells import Cell, amplifier_cell
from circuits.design import Design
from circuits.mlp import training_circuit
from circuits.parts import DCMacromodel, Place
from circuits.run import Run
from circuits.simulators import DCSweep, SpiceSimulator
from circuits.sizes import check_sizes
from circuits.testing import _test_bench as bench

_SWEEP = DCSweep("vin", -0.2, 0.2, 0.01)  # V, at the input
_SMALL = 0.025  # V: inputs at which nothing is bounded yet
_LIGHT, _HEAVY = 1e-4, 1e-3  # S, from each output to ground
_LEAST_GAIN = 1e-3
_NOISE = 1e-10  # A, of a simulator
_TOLERANCE = 2e-3  # of the largest value

Measured = dict[str, NDArray[np.float64]]


def check_amplifier(name: str) -> None:
    """Refuse an amplifier that does not fulfil what circuits rely on.

    - Its netlist is the same for the same run; each of its sizes and the threshold shift of each of its
      transistors is in it.
    - On its test bench, in every simulator that is installed, behind a hidden and behind the output
      layer: a voltage source sweeps `inp` from -0.2 to 0.2 V, a resistor of 10 kOhm (100 uS) lies from
      each output to ground. All is finite. `outp` rises with `inp`, `outn` falls, each by more than 1 mV
      for a volt in the mean: else its outputs are swapped, or have one sign, or do not follow.
    - With 1 kOhm (1 mS) instead, and inputs of up to 25 mV, `inp` draws no less current in the direction
      of `outp`: what the outputs deliver goes back to the input with its sign, or not at all.
    - Where it has a `macromodel`, outputs and input current with 100 uS are those of the macromodel within
      0.2 % of their largest values, with its default sizes and with all of them half way to an end of
      their ranges.
    - A point is trained in every simulator that is installed, with a macromodel also in the quasi-static
      one; they agree on outputs and weights within 2 mV.

    **Arguments:**

    - `name`: as a design has it, of this program or of an installed package.

    **Raises:** `AssertionError` with what is wrong; `pdk.PdkError` without transistor models;
    `circuits.simulators.SimulatorNotFound` without a simulator.
    """
    design = bench.conducting_design("amplifier", name)
    run = bench.short_run(design)
    shifted = training_circuit(bench.short_run(design, mismatch_seed=3)).text()
    for place in run.places:
        part, cell = place.amplifier, amplifier_cell(place)
        text = str(cell.subcircuit())
        assert text == str(amplifier_cell(place).subcircuit()), "same run, same netlist"
        devices = part.transistors()
        shifts = cell.shifts(seed=3, instance="a1_0")
        assert shifts.keys() == {f"shift_{device}" for device in devices}, "shifts fit transistors"
        for device in devices:
            assert f"{{shift_{device}}}" in shifted, f"mismatch reaches the transistor {device}"
        assert part.time_constant >= 0.0, "a time constant is no negative time"
    bench.check_sizes_count(design, "amplifier")
    simulators = bench.installed_simulators()
    for simulator in simulators:
        _check_measured(run, simulator)
    place = run.place(0)
    has_model = place.amplifier.macromodel(place) is not None
    bench.check_training(run, simulators, at_equilibrium=has_model)


def _own_sizes(design: Design) -> list[str]:
    """The quantities of the amplifier."""
    return [f"amplifier.{name}" for name in design.amplifier(0).quantities()]


def _check_measured(run: Run, simulator: SpiceSimulator) -> None:
    """Refuse an amplifier that does the wrong thing on its test bench."""
    moved = bench.short_run(_moved(run.design))
    for layer in range(run.depth):
        place, cell = run.place(layer), amplifier_cell(run.place(layer))
        where = f"{cell.name}, behind crossbar {layer}, in {simulator.name}"
        light, heavy = (_measured(cell, simulator, load=load) for load in (_LIGHT, _HEAVY))
        _check_polarity(light, where)
        _check_backward(light, heavy, where)
        _check_macromodel(place, light, where)
        if moved.design != run.design:
            place = moved.place(layer)
            if place.amplifier.macromodel(place) is not None:
                sizes = ", ".join(
                    f"{name} = {moved.design.value(name)}" for name in _own_sizes(moved.design)
                )
                _check_macromodel(
                    place,
                    _measured(amplifier_cell(place), simulator, load=_LIGHT),
                    f"{where}, with {sizes}",
                )


def _measured(cell: Cell, simulator: SpiceSimulator, *, load: float) -> Measured:
    """Outputs (V) by their pins, and the `current` into the input (A), over the inputs of the sweep.

    **Arguments:**

    - `load`: from each output to ground, S.
    """
    outputs = cell.pins[1:]
    loads = [f"rload{pin} {pin} 0 {value(1 / load)}" for pin in outputs]
    lines = [str(cell.subcircuit()), "vin inp 0 0", f"xa {' '.join(cell.pins)} {cell.name}", *loads]
    title = f"amplifier {cell.place.amplifier.kind}"
    signals = ("i(vin)", *(f"v({pin})" for pin in outputs))
    waves = bench.swept(cell, title, lines, _SWEEP, signals, simulator)
    found = {**{pin: waves[f"v({pin})"] for pin in outputs}, "current": -waves["i(vin)"]}
    for signal, values in found.items():
        assert np.isfinite(values).all(), f"{simulator.name} computes {signal} at any input"
    return found


def _check_polarity(measured: Measured, where: str) -> None:
    """Refuse outputs that are swapped, of one sign, or that do not follow the input."""
    inputs = _SWEEP.points()
    gains = {
        pin: float(np.polyfit(inputs, values, 1)[0])
        for pin, values in measured.items()
        if pin != "current"
    }
    found = " and ".join(f"{gain:.3g} at {pin}" for pin, gain in gains.items())
    found = f"its gain is {found}, in the mean of inputs from -0.2 to 0.2 V ({where})"
    inverted = [-gain if pin == "outp" else gain for pin, gain in gains.items()]
    assert not all(gain > _LEAST_GAIN for gain in inverted), (
        f"outp rises with inp and outn falls; they are swapped or have the wrong sign: {found}. "
        "The pins are inp, outp, outn in this order; a current source from node a to node b lowers a"
    )
    for pin, gain in gains.items():
        right = gain if pin == "outp" else -gain
        way = "rises" if pin == "outp" else "falls"
        assert right > _LEAST_GAIN, (
            f"{pin} {way} with inp, by more than {_LEAST_GAIN * 1e3:g} mV for a volt: {found}"
        )


def _check_backward(light: Measured, heavy: Measured, where: str) -> None:
    """Refuse a current of the outputs that goes back to the input with the wrong sign."""
    # Larger inputs are left out: an amplifier that bounds its outputs may send back what its bounds
    # draw, which is less with a heavier load.
    small = np.abs(_SWEEP.points()) <= _SMALL
    more = ((heavy["current"] - light["current"]) * np.sign(light["outp"]))[small]
    bound = _TOLERANCE * float(np.abs(heavy["current"][small]).max()) + _NOISE
    assert more.min() >= -bound, (
        f"the current of the outputs goes back to inp with its sign: with {_HEAVY:g} S instead of "
        f"{_LIGHT:g} S at the outputs inp draws up to {-more.min():.3g} A less in the direction of "
        f"outp ({where})"
    )


def _check_macromodel(place: Place, measured: Measured, where: str) -> None:
    """Refuse a macromodel that differs from the measurement."""
    model = place.amplifier.macromodel(place)
    if model is None:
        return
    for signal, wanted in _expected(place, model).items():
        error = float(np.abs(measured[signal] - wanted).max())
        assert error <= _TOLERANCE * float(np.abs(wanted).max()), (
            f"the macromodel has the {signal} that is measured: they differ by up to {error:.3g} ({where})"
        )


def _expected(place: Place, model: DCMacromodel) -> Measured:
    """Outputs and input current that follow from the macromodel with a light load; as `_measured`."""
    inputs = _SWEEP.points()
    ideal = model.gain * (inputs + model.offset)
    output = ideal / (1.0 + _LIGHT * model.resistance)
    current = model.backward * _LIGHT * output
    if place.last:
        return {"outp": output, "current": current}
    with np.errstate(over="ignore"):
        above = np.exp((inputs - model.clamp_high) / model.clamp_slope)
        below = np.exp((model.clamp_low - inputs) / model.clamp_slope)
    clamps = model.clamp_current * (above - below)
    return {"outp": output, "outn": -output, "current": 2 * current + clamps}


def _moved(design: Design) -> Design:
    """The design with all quantities of the amplifier changed, as far as that is legal."""
    for name in _own_sizes(design):
        spec = design.quantities()[name]
        now = design.value(name)
        entry: Any = _other_number(spec, now)
        if spec.choices:
            entry = next((choice for choice in spec.choices if choice != now), now)
        with contextlib.suppress(DesignError):
            changed = design.with_values({name: entry})
            check_sizes(changed, len(bench.LAYERS) - 1)
            design = changed
    return design


def _other_number(spec: Quantity, now: Any) -> Any:
    """Another value of a quantity: half way to a finite end of its range."""
    if spec.choices:
        return now
    ends = [bound for bound in (spec.high, spec.low) if math.isfinite(bound) and bound != now]
    end = ends[0] if ends else 2.0 * now or 1.0
    middle = math.sqrt(now * end) if spec.log and now * end > 0 else (now + end) / 2
    return round(middle) if spec.integer else middle
