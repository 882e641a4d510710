# SPDX-License-Identifier: GPL-3.0-or-later
"""The decks that measure currents and charges, and the evaluation of their waveforms."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from circuits.parts.branches import Branch, Series, transistors_of
from circuits.quasistatic.tables._table import Axis, Ranges
from circuits.simulators import Accuracy, DCSweep, Deck, Transient, Waveforms
from pdk import Library, instance

Array = NDArray[np.float64]

VERSION = "3"
"""To be raised whenever measured numbers change though the axes and models do not."""

_TIGHT = Accuracy(
    relative=1e-9,
    newton_relative=1e-9,
    current=1e-16,
    voltage=1e-12,
    conductance=1e-15,
    newton_iterations=100,
    ngspice=(("itl1", "500"), ("itl2", "200")),
    xyce=(("nonlin reltol", "1e-7"), ("nonlin rhstol", "1e-13"), ("nonlin maxstep", "500")),
)
# A node between transistors that are off is held by nothing but their leakage. With the tolerances of single
# transistors ngspice finds no operating point there; these leave errors of 1e-13 A.
_SERIES = replace(
    _TIGHT, relative=1e-5, newton_relative=1e-5, current=1e-13, voltage=1e-6, conductance=1e-13
)
# Truncation errors do not matter in the charge deck (see `measure`): the largest time step alone
# determines how densely the curve is sampled.
_LOOSE_STEPS = Accuracy(
    relative=1e-8,
    newton_relative=1e-8,
    current=1e-15,
    voltage=1e-9,
    charge=1e-12,
    truncation=1e6,
    conductance=1e-15,
    newton_iterations=100,
)
# In fast ramps currents are large, and smaller tolerances cannot be reached.
_FAST_RAMPS = replace(_LOOSE_STEPS, relative=1e-7, newton_relative=1e-6, current=1e-12)
_RAMP = 1e-6  # s per volt: slow against every time constant of a transistor
DRAIN_RAMPS = (1e-10, 1e-9, 1e-8, 1e-7, _RAMP)
"""Durations of a volt of the ramps in which drain charges are measured, s, the fastest first.

A current flows through the drain as well: in a short transistor its integral should be no more than some
hundred times the charge of the drain, so fast ramps are best. All are slow compared with the 0.1 ps of the
substrate network. Large transistors need slower ramps, by their area, and conduct less for their charge.
"""
_FASTEST_AREA = 2e-12  # m2
_SAMPLES_PER_NODE = 4
_DRAIN_SAMPLES_PER_NODE = 2
_COLLECTOR = 1e-12  # F
_TINY = 1e-4  # V
_SHIFT = 10e-3  # V
_SHIFTS = {"u": _SHIFT, "l": -_SHIFT}


class Setting(NamedTuple):
    """Library, temperature (degrees Celsius) and axes that all transistors of a deck share."""

    library: Library
    temperature: float
    ranges: Ranges


def current_deck(branches: Sequence[Branch], at: Setting) -> Deck:
    """The deck for drain currents: each branch once for each gate voltage, all drains swept together."""
    drain = at.ranges.vds
    return _drain_sweep(branches, at, DCSweep("vd", *_ends(drain), drain.step))


def conductance_deck(branches: Sequence[Branch], at: Setting) -> Deck:
    """As `current_deck`, over a range around zero in which the current is linear."""
    return _drain_sweep(branches, at, DCSweep("vd", -_TINY, _TINY, 2 * _TINY))


def _drain_sweep(branches: Sequence[Branch], at: Setting, sweep: DCSweep) -> Deck:
    lines = ["vd d 0 0"]
    for gate, voltage in enumerate(at.ranges.vgs.nodes().tolist()):
        lines.append(f"vg{gate} g{gate} 0 {voltage!r}")
        for number, branch in enumerate(branches):
            own = f"{number}_{gate}"
            lines += [f"vd{own} d d{own} 0", *_transistors(own, f"d{own}", f"g{gate}", branch)]
    return Deck(
        title=f"drain currents of {_names(branches)}",
        circuit="\n".join(lines),
        analysis=sweep,
        signals=tuple(_each("i(vd{}_{})", branches, at.ranges.vgs)),
        library=at.library,
        temperature=at.temperature,
        accuracy=_dc_accuracy(branches),
    )


def read_currents(branches: Sequence[Branch], ranges: Ranges, waves: Waveforms) -> Array:
    """Drain currents on the axes `vgs` and `vds`.

    **Arguments:**

    - `branches`: the transistors, in the order of the deck.
    - `ranges`: the axes of the deck.
    - `waves`: result of `current_deck`.

    **Returns:** A, shape `(branches, vgs, vds)`.
    """
    signals = _each("i(vd{}_{})", branches, ranges.vgs)
    rows = np.stack([waves[signal] for signal in signals])
    return rows.reshape(len(branches), ranges.vgs.intervals + 1, -1)


def read_conductances(branches: Sequence[Branch], ranges: Ranges, waves: Waveforms) -> Array:
    """Drain conductances at zero drain voltage on the axis `vgs`.

    **Arguments:**

    - `branches`: the transistors, in the order of the deck.
    - `ranges`: the axes of the deck.
    - `waves`: result of `conductance_deck`.

    **Returns:** S, shape `(branches, vgs)`.
    """
    currents = read_currents(branches, ranges, waves)
    return np.asarray((currents[:, :, 1] - currents[:, :, 0]) / (2 * _TINY))


def shifted_deck(branches: Sequence[Branch], at: Setting) -> Deck:
    """The deck for threshold residues: transistors whose thresholds and gates are shifted alike, up and down."""
    drain = at.ranges.coarse_vds
    lines = ["vd d 0 0"]
    for gate, voltage in enumerate(at.ranges.coarse_vgs.nodes().tolist()):
        for sign, shift in _SHIFTS.items():
            lines.append(f"vg{sign}{gate} g{sign}{gate} 0 {voltage + shift!r}")
            for number, branch in enumerate(branches):
                own = f"{sign}{number}_{gate}"
                parts = _transistors(own, f"d{own}", f"g{sign}{gate}", branch, shift=shift)
                lines += [f"vd{own} d d{own} 0", *parts]
    return Deck(
        title=f"shifted thresholds of {_names(branches)}",
        circuit="\n".join(lines),
        analysis=DCSweep("vd", *_ends(drain), drain.step),
        signals=tuple(
            signal
            for sign in _SHIFTS
            for signal in _each(f"i(vd{sign}{{}}_{{}})", branches, at.ranges.coarse_vgs)
        ),
        library=at.library,
        temperature=at.temperature,
        accuracy=_dc_accuracy(branches),
    )


def read_residues(branches: Sequence[Branch], ranges: Ranges, waves: Waveforms) -> Array:
    """Residues of a threshold shift (see `evaluate_shifted`) on the coarse axes.

    **Arguments:**

    - `branches`: the transistors, in the order of the deck.
    - `ranges`: the axes of the deck.
    - `waves`: result of `shifted_deck`.

    **Returns:** A/V, shape `(branches, coarse_vgs, coarse_vds)`.
    """
    up, down = (
        np.stack(
            [
                waves[signal]
                for signal in _each(f"i(vd{sign}{{}}_{{}})", branches, ranges.coarse_vgs)
            ]
        )
        for sign in _SHIFTS
    )
    residues = (up - down) / (2 * _SHIFT)
    return np.asarray(residues.reshape(len(branches), ranges.coarse_vgs.intervals + 1, -1))


def charge_deck(branches: Sequence[Branch], at: Setting) -> Deck:
    """The deck for gate charges: each branch once for each drain voltage; drains are ramped first, then gates."""
    low, high = _ends(at.ranges.coarse_vgs)
    ready, begin, end = _times(at.ranges)
    lines = [f"vg g 0 pwl(0 0 {ready!r} 0 {begin!r} {low!r} {end!r} {high!r})"]
    for drain, voltage in enumerate(at.ranges.coarse_vds.nodes().tolist()):
        lines.append(f"vd{drain} d{drain} 0 pwl(0 0 {ready!r} {voltage!r} {end!r} {voltage!r})")
        for number, branch in enumerate(branches):
            own = f"{number}_{drain}"
            lines += _collected(own, "g", _transistors(own, f"d{drain}", f"g{own}", branch))
    step = at.ranges.coarse_vgs.step * _RAMP / _SAMPLES_PER_NODE
    return _ramps(f"gate charges of {_names(branches)}", lines, end, step, branches, at)


def read_charges(branches: Sequence[Branch], ranges: Ranges, waves: Waveforms) -> Array:
    """Gate charges on the coarse axes, interpolated between the time steps.

    **Arguments:**

    - `branches`: the transistors, in the order of the deck.
    - `ranges`: the axes of the deck.
    - `waves`: result of `charge_deck`.

    **Returns:** C, shape `(branches, coarse_vgs, coarse_vds)`.
    """
    _, begin, end = _times(ranges)
    # Break points may be stored a rounding error apart.
    apart = np.concatenate([[True], np.diff(waves.values) > 1e-6 * _RAMP])
    kept = apart & (waves.values >= begin - 1e-6 * _RAMP)
    times = begin + (ranges.coarse_vgs.nodes() - ranges.coarse_vgs.nodes()[0]) * _RAMP
    signals = _each("v(q{}_{})", branches, ranges.coarse_vds)
    curves = np.stack([waves[signal][kept] for signal in signals], axis=1)
    charges = CubicSpline(waves.values[kept], curves)(np.minimum(times, end)) * _COLLECTOR
    shape = (len(times), len(branches), -1)
    return np.moveaxis(charges.reshape(shape), 1, 0)


def drain_ramp(branch: Branch) -> int:
    """Index in `DRAIN_RAMPS` of the fastest ramp that a transistor's charges can follow."""
    area = sum(each.width * each.length for each in transistors_of(branch))
    areas = area / _FASTEST_AREA
    return min(max(0, math.ceil(math.log10(areas))), len(DRAIN_RAMPS) - 1)


def drain_charge_deck(branches: Sequence[Branch], at: Setting, ramp: float) -> Deck:
    """The deck for drain charges: ramps as in `charge_deck`, and back.

    The charge that it collects includes that of the current through the drain; see `read_drain_charges`.

    **Arguments:**

    - `branches`: the transistors.
    - `at`: library, temperature and axes.
    - `ramp`: duration of a volt of the ramps, s; one of `DRAIN_RAMPS`.
    """
    low, high = _ends(at.ranges.coarse_vgs)
    ready, begin, end = (time * ramp / _RAMP for time in _times(at.ranges))
    turned, back, stop = 2 * end - begin, 2 * end - ready, 2 * end
    gate = f"{begin!r} {low!r} {end!r} {high!r} {turned!r} {low!r} {back!r} 0 {stop!r} 0"
    lines = [f"vg g 0 pwl(0 0 {ready!r} 0 {gate})"]
    for drain, voltage in enumerate(at.ranges.coarse_vds.nodes().tolist()):
        lines.append(
            f"vd{drain} d{drain} 0 pwl(0 0 {ready!r} {voltage!r} {back!r} {voltage!r} {stop!r} 0)"
        )
        for number, branch in enumerate(branches):
            own = f"{number}_{drain}"
            lines += _collected(own, f"d{drain}", _transistors(own, f"d{own}", "g", branch))
    step = at.ranges.coarse_vgs.step * ramp / _DRAIN_SAMPLES_PER_NODE
    deck = _ramps(drain_title(branches), lines, stop, step, branches, at)
    return replace(deck, accuracy=_FAST_RAMPS)


def drain_title(branches: Sequence[Branch]) -> str:
    """The title of a deck that measures drain charges."""
    return f"drain charges of {_names(branches)}"


def _collected(own: str, driven: str, transistors: Sequence[str]) -> list[str]:
    """Transistors with a meter between the node `driven` and their own one; their charge is v(q`own`)."""
    meter = f"v{driven[0]}{own}"
    return [
        f"{meter} {driven} {driven[0]}{own} 0",
        f"f{own} 0 q{own} {meter} 1",
        f"c{own} q{own} 0 {_COLLECTOR!r}",
        *transistors,
    ]


def _ramps(
    title: str,
    lines: Sequence[str],
    stop: float,
    step: float,
    branches: Sequence[Branch],
    at: Setting,
) -> Deck:
    """The deck of transistors whose charges are collected while voltages are ramped."""
    collectors = list(_each("q{}_{}", branches, at.ranges.coarse_vds))
    return Deck(
        title=title,
        circuit="\n".join(lines),
        analysis=Transient(stop=stop, step=0.1 * step, max_step=step),
        signals=("v(g)", *(f"v({node})" for node in collectors)),
        library=at.library,
        initial=dict.fromkeys(collectors, 0.0),
        temperature=at.temperature,
        accuracy=_LOOSE_STEPS,
    )


def read_drain_charges(
    branches: Sequence[Branch], ranges: Ranges, waves: Waveforms, ramp: float
) -> Array:
    """Drain charges on the coarse axes.

    The collected charge is that of the drain plus the integral of its current. On the way back the
    current has the same sign and the change of charge the opposite one, so half the sum of both passages
    of a bias, less half of what is left at the end, is the charge alone.

    **Arguments:**

    - `branches`: the transistors, in the order of the deck.
    - `ranges`: the axes of the deck.
    - `waves`: result of `drain_charge_deck`.
    - `ramp`: that of the deck, s for a volt.

    **Returns:** C, shape `(branches, coarse_vgs, coarse_vds)`.
    """
    _, begin, end = (time * ramp / _RAMP for time in _times(ranges))
    apart = np.concatenate([[True], np.diff(waves.values) > 1e-6 * ramp])
    there = (ranges.coarse_vgs.nodes() - ranges.coarse_vgs.nodes()[0]) * ramp + begin
    signals = _each("v(q{}_{})", branches, ranges.coarse_vds)
    curves = np.stack([waves[signal][apart] for signal in signals], axis=1)
    passed = CubicSpline(waves.values[apart], curves)
    charges = (passed(there) + passed(2 * end - there) - curves[-1]) / 2 * _COLLECTOR
    return np.moveaxis(charges.reshape((len(there), len(branches), -1)), 1, 0)


def _times(ranges: Ranges) -> tuple[float, float, float]:
    """Times at which drains have their voltage, gates their lowest and gates their highest voltage, s."""
    ready = _ends(ranges.coarse_vds)[1] * _RAMP
    high = _ends(ranges.coarse_vgs)[1] * _RAMP
    return ready, ready + high, ready + 3 * high


def _transistors(
    name: str, drain: str, gate: str, branch: Branch, *, shift: float = 0.0
) -> list[str]:
    """A branch between the node `drain` and ground, where source and bodies lie."""
    lines, source = [], "0"
    parts = transistors_of(branch)
    for place, geometry in enumerate(parts):
        last = place == len(parts) - 1
        above = drain if last else f"m{place}_{name}"
        own = name if last else f"{name}_{place}"
        subcircuit, parameters = instance(geometry, threshold_shift=shift)
        values = " ".join(map("=".join, parameters.items()))
        lines.append(f"x{own} {above} {gate} {source} 0 {subcircuit} {values}")
        source = above
    return lines


def _dc_accuracy(branches: Sequence[Branch]) -> Accuracy:
    return _SERIES if any(isinstance(branch, Series) for branch in branches) else _TIGHT


def _each(pattern: str, branches: Sequence[Branch], axis: Axis) -> Iterator[str]:
    for number in range(len(branches)):
        for node in range(axis.intervals + 1):
            yield pattern.format(number, node)


def _ends(axis: Axis) -> tuple[float, float]:
    nodes = axis.nodes()
    return float(nodes[0]), float(nodes[-1])


def _names(branches: Sequence[Branch]) -> str:
    return ", ".join(
        " + ".join(
            f"{t.device} {t.width * 1e6:g}/{t.length * 1e6:g}" for t in transistors_of(branch)
        )
        for branch in branches
    )
