# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that the phases of a run end in equilibria that the quasi-static simulator can solve."""

from __future__ import annotations

import numpy as np

from circuits.parts import Series
from circuits.quasistatic._errors import NotQuasistatic
from circuits.quasistatic._network import Array, Records
from circuits.run import Run
from circuits.schedule import points_duration

_TIME_CONSTANTS = 20.0
"""Time constants after which a node counts as settled: exp(-20) is 2e-9."""

_LARGEST_FORWARD = 0.2
"""V. That far above its deep n-well the p-well of a smallest nfet draws 0.05 pA at 27 degrees, 23 pA at 85."""

_LARGEST_LEAK = 1e-2
"""Share of a stored voltage that may leak away over a run."""


def check_quasistatic(run: Run) -> None:
    """Refuse a run whose phases do not end in an equilibrium, or whose parts are not modelled.

    It checks the time constants that the design itself sets (switches, capacitors, amplifier poles) and
    leakage. The time constants of lines depend on the weights as well: see `unsettled_lines`.

    **Raises:** `NotQuasistatic`.
    """
    design = run.design
    for place in run.places:
        synapse, amplifier = place.synapse, place.amplifier
        pair = synapse.pair()
        if pair is None:
            raise NotQuasistatic("synapse.kind", synapse.obstacle)
        if run.corner.mismatch_seed is not None and any(isinstance(b, Series) for b in pair):
            raise NotQuasistatic(
                "synapse.kind",
                f"the transistors of {synapse.kind!r} lie in series, and its equations have one threshold "
                "shift for each series: mismatch needs a transient simulator",
            )
        if amplifier.macromodel(place) is None:
            raise NotQuasistatic(
                "amplifier.kind",
                f"{amplifier.kind!r} has no macromodel of gain, output resistance and clamps "
                "(circuits.parts.DCMacromodel), which is all that its equations know of amplifiers",
            )
    switch = design.write_switch
    if switch.obstacle:
        raise NotQuasistatic("write_switch.kind", f"of {switch.kind!r}: {switch.obstacle}")
    _check_settling(run)
    _check_leakage(run)


def unsettled_lines(run: Run, slowest: Array) -> str:
    """Describes a line that is too slow for a phase; empty where all are fast enough.

    **Arguments:**

    - `run`: the run that was solved.
    - `slowest`: the largest time constant of the lines behind each crossbar, s.
    """
    window = run.design.timing.window
    for layer, constant in enumerate(slowest.tolist()):
        if not constant * _TIME_CONSTANTS <= window:
            return (
                f"a line behind crossbar {layer} has a time constant of about {constant:.3g} s, but a "
                f"phase leaves {window:.3g} s to settle, which must be {_TIME_CONSTANTS:g} times as "
                "long: its synapses hardly conduct; longer phases (timing.phase_duration) or larger "
                "weights (synapse.weight_low) help"
            )
    return ""


def conducting_wells(run: Run, crossbars: Records, voltages: Array) -> str:
    """Describes a rail at which wells conduct, which the equations do not include; empty where none does.

    **Arguments:**

    - `run`: the run that was solved.
    - `crossbars`: of the network.
    - `voltages`: line and drops of each unit at each point, V, shape `(points, units, 3)`.
    """
    design = run.design
    if not design.has_drawn_junctions:
        return ""
    highest = float((-run.stimulus.inputs).max(initial=0.0))
    for crossbar in crossbars[:-1]:
        units = slice(crossbar["behind"], crossbar["behind"] + crossbar["outputs"])
        line, _, drop = np.moveaxis(voltages[:, units], -1, 0)
        rails = drop - crossbar["gain"] * (line + crossbar["offset"])
        highest = max(highest, float(rails.max(initial=highest)))
    if highest <= design.drivers.wordline_high + _LARGEST_FORWARD:
        return ""
    return (
        f"a rail at {highest:.3g} V is above the deep n-wells at {design.drivers.wordline_high:.3g} V, "
        "so that the wells of its transistors conduct: raise drivers.wordline_high"
    )


def _check_settling(run: Run) -> None:
    sampling, window = run.design.sampling, run.design.timing.window
    constant = sampling.capacitance / sampling.conductance
    waits = {"sampling.capacitance": ("a sampling capacitor", constant)}
    for layer, place in enumerate(run.places):
        amplifier = place.amplifier
        # A weight is written through two switches in series: bitline driver and row.
        writing = 2 * place.synapse.capacitance / sampling.conductance
        waits |= {
            "synapse.storage_capacitance": (f"writing a weight of crossbar {layer}", writing),
            f"amplifier.{amplifier.slow_field}": (
                f"the amplifier behind crossbar {layer}", amplifier.time_constant
            ),
        }  # fmt: skip
        for field, (what, constant) in waits.items():
            if constant * _TIME_CONSTANTS > window:
                raise NotQuasistatic(
                    field,
                    f"{what} has a time constant of {constant:.3g} s, but a phase leaves "
                    f"{window:.3g} s to settle, which must be {_TIME_CONSTANTS:g} times as long",
                )


def _check_leakage(run: Run) -> None:
    design, train = run.design, run.stimulus.train
    whole = points_duration(design, train=int(train.sum()), evaluate=int((~train).sum()))
    sampling, phase = design.sampling, design.timing.phase_duration
    smallest = min(place.synapse.capacitance for place in run.places)
    leaks = {
        "sampling.capacitance": (sampling.capacitance, phase),
        "synapse.storage_capacitance": (smallest, whole),
    }
    for field, (capacitance, duration) in leaks.items():
        share = sampling.leakage * duration / capacitance
        if share > _LARGEST_LEAK:
            raise NotQuasistatic(
                field,
                f"a capacitor of {capacitance:.3g} F loses {share:.2g} of its voltage through "
                f"sampling.leakage in {duration:.3g} s, but at most {_LARGEST_LEAK:g} is allowed",
            )
