# SPDX-License-Identifier: GPL-3.0-or-later
"""The decks that measure currents and charges, and what their waveforms mean."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from circuits.quasistatic.tables._table import Axis, Ranges
from circuits.simulators import Accuracy, DCSweep, Deck, Transient, Waveforms
from pdk import Geometry, Library, instance

Array = NDArray[np.float64]

VERSION = "3"
"""To be raised whenever the same deck means something else."""

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
# No truncation error counts in the charge deck (see `measure`): the bound on the step alone
# decides how densely the curve is sampled.
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
# In fast ramps currents are large, and no closer to be had.
_FAST_RAMPS = replace(_LOOSE_STEPS, relative=1e-7, newton_relative=1e-6, current=1e-12)
_RAMP = 1e-6  # s per volt: slow against every time constant of a transistor
DRAIN_RAMPS = (1e-10, 1e-9, 1e-8, 1e-7, _RAMP)
"""Durations of a volt of the ramps in which drain charges are measured, s, the best first.

Through a drain flows a current besides: of a short transistor its charge shall be no more than some
hundred times that of the drain. A ramp is slow against the 0.1 ps of its substrate network. Large
transistors take longer, with their area, and conduct less for their charge.
"""
_FASTEST_AREA = 2e-12  # m2
_SAMPLES_PER_NODE = 4
_DRAIN_SAMPLES_PER_NODE = 2
_COLLECTOR = 1e-12  # F
_TINY = 1e-4  # V
_SHIFT = 10e-3  # V
_SHIFTS = {"u": _SHIFT, "l": -_SHIFT}


class Setting(NamedTuple):
    """What the transistors of a deck have in common; temperature in degrees Celsius."""

    library: Library
    temperature: float
    ranges: Ranges


def current_deck(geometries: Sequence[Geometry], at: Setting) -> Deck:
    """Every geometry once for each gate voltage, all drains swept together over their range."""
    drain = at.ranges.vds
    return _drain_sweep(geometries, at, DCSweep("vd", *_ends(drain), drain.step))


def conductance_deck(geometries: Sequence[Geometry], at: Setting) -> Deck:
    """The same over a range around zero that is too narrow for any curvature."""
    return _drain_sweep(geometries, at, DCSweep("vd", -_TINY, _TINY, 2 * _TINY))


def _drain_sweep(geometries: Sequence[Geometry], at: Setting, sweep: DCSweep) -> Deck:
    lines = ["vd d 0 0"]
    for gate, voltage in enumerate(at.ranges.vgs.nodes().tolist()):
        lines.append(f"vg{gate} g{gate} 0 {voltage!r}")
        for number, geometry in enumerate(geometries):
            own = f"{number}_{gate}"
            lines += [f"vd{own} d d{own} 0", _transistor(own, f"d{own} g{gate} 0 0", geometry)]
    return Deck(
        title=f"drain currents of {_names(geometries)}",
        circuit="\n".join(lines),
        analysis=sweep,
        signals=tuple(_each("i(vd{}_{})", geometries, at.ranges.vgs)),
        library=at.library,
        temperature=at.temperature,
        accuracy=_TIGHT,
    )


def read_currents(geometries: Sequence[Geometry], ranges: Ranges, waves: Waveforms) -> Array:
    """Drain currents, shape `(geometries, vgs, vds)`."""
    signals = _each("i(vd{}_{})", geometries, ranges.vgs)
    rows = np.stack([waves[signal] for signal in signals])
    return rows.reshape(len(geometries), ranges.vgs.intervals + 1, -1)


def read_conductances(geometries: Sequence[Geometry], ranges: Ranges, waves: Waveforms) -> Array:
    """Drain conductances at zero drain voltage, shape `(geometries, vgs)`."""
    currents = read_currents(geometries, ranges, waves)
    return np.asarray((currents[:, :, 1] - currents[:, :, 0]) / (2 * _TINY))


def shifted_deck(geometries: Sequence[Geometry], at: Setting) -> Deck:
    """Pairs of transistors with thresholds shifted up and down, and their gates by as much."""
    drain = at.ranges.coarse_vds
    lines = ["vd d 0 0"]
    for gate, voltage in enumerate(at.ranges.coarse_vgs.nodes().tolist()):
        for sign, shift in _SHIFTS.items():
            lines.append(f"vg{sign}{gate} g{sign}{gate} 0 {voltage + shift!r}")
            for number, geometry in enumerate(geometries):
                own = f"{sign}{number}_{gate}"
                nodes = f"d{own} g{sign}{gate} 0 0"
                lines += [f"vd{own} d d{own} 0", _transistor(own, nodes, geometry, shift=shift)]
    return Deck(
        title=f"shifted thresholds of {_names(geometries)}",
        circuit="\n".join(lines),
        analysis=DCSweep("vd", *_ends(drain), drain.step),
        signals=tuple(
            signal
            for sign in _SHIFTS
            for signal in _each(f"i(vd{sign}{{}}_{{}})", geometries, at.ranges.coarse_vgs)
        ),
        library=at.library,
        temperature=at.temperature,
        accuracy=_TIGHT,
    )


def read_residues(geometries: Sequence[Geometry], ranges: Ranges, waves: Waveforms) -> Array:
    """Residues of a threshold shift, shape `(geometries, vgs, vds)`."""
    up, down = (
        np.stack(
            [
                waves[signal]
                for signal in _each(f"i(vd{sign}{{}}_{{}})", geometries, ranges.coarse_vgs)
            ]
        )
        for sign in _SHIFTS
    )
    residues = (up - down) / (2 * _SHIFT)
    return np.asarray(residues.reshape(len(geometries), ranges.coarse_vgs.intervals + 1, -1))


def charge_deck(geometries: Sequence[Geometry], at: Setting) -> Deck:
    """Every geometry once for each drain voltage: drain ramped first, then all gates together."""
    low, high = _ends(at.ranges.coarse_vgs)
    ready, begin, end = _times(at.ranges)
    lines = [f"vg g 0 pwl(0 0 {ready!r} 0 {begin!r} {low!r} {end!r} {high!r})"]
    for drain, voltage in enumerate(at.ranges.coarse_vds.nodes().tolist()):
        lines.append(f"vd{drain} d{drain} 0 pwl(0 0 {ready!r} {voltage!r} {end!r} {voltage!r})")
        for number, geometry in enumerate(geometries):
            own = f"{number}_{drain}"
            lines += _collected(own, "g", f"d{drain} g{own} 0 0", geometry)
    step = at.ranges.coarse_vgs.step * _RAMP / _SAMPLES_PER_NODE
    return _ramps(f"gate charges of {_names(geometries)}", lines, end, step, geometries, at)


def read_charges(geometries: Sequence[Geometry], ranges: Ranges, waves: Waveforms) -> Array:
    """Gate charges, shape `(geometries, vgs, vds)`; the time steps fall between nodes."""
    _, begin, end = _times(ranges)
    # Break points may be stored a rounding error apart.
    apart = np.concatenate([[True], np.diff(waves.values) > 1e-6 * _RAMP])
    kept = apart & (waves.values >= begin - 1e-6 * _RAMP)
    times = begin + (ranges.coarse_vgs.nodes() - ranges.coarse_vgs.nodes()[0]) * _RAMP
    signals = _each("v(q{}_{})", geometries, ranges.coarse_vds)
    curves = np.stack([waves[signal][kept] for signal in signals], axis=1)
    charges = CubicSpline(waves.values[kept], curves)(np.minimum(times, end)) * _COLLECTOR
    shape = (len(times), len(geometries), -1)
    return np.moveaxis(charges.reshape(shape), 1, 0)


def drain_ramp(geometry: Geometry) -> int:
    """The place in `DRAIN_RAMPS` of the first one that a transistor's charges can follow."""
    areas = geometry.width * geometry.length / _FASTEST_AREA
    return min(max(0, math.ceil(math.log10(areas))), len(DRAIN_RAMPS) - 1)


def drain_charge_deck(geometries: Sequence[Geometry], at: Setting, ramp: float) -> Deck:
    """The drain's charge and all that flows through it: there as in `charge_deck`, and back."""
    low, high = _ends(at.ranges.coarse_vgs)
    ready, begin, end = (time * ramp / _RAMP for time in _times(at.ranges))
    turned, back, stop = 2 * end - begin, 2 * end - ready, 2 * end
    gate = f"{begin!r} {low!r} {end!r} {high!r} {turned!r} {low!r} {back!r} 0 {stop!r} 0"
    lines = [f"vg g 0 pwl(0 0 {ready!r} 0 {gate})"]
    for drain, voltage in enumerate(at.ranges.coarse_vds.nodes().tolist()):
        lines.append(
            f"vd{drain} d{drain} 0 pwl(0 0 {ready!r} {voltage!r} {back!r} {voltage!r} {stop!r} 0)"
        )
        for number, geometry in enumerate(geometries):
            own = f"{number}_{drain}"
            lines += _collected(own, f"d{drain}", f"d{own} g 0 0", geometry)
    step = at.ranges.coarse_vgs.step * ramp / _DRAIN_SAMPLES_PER_NODE
    deck = _ramps(drain_title(geometries), lines, stop, step, geometries, at)
    return replace(deck, accuracy=_FAST_RAMPS)


def drain_title(geometries: Sequence[Geometry]) -> str:
    """The title of a deck that measures drain charges."""
    return f"drain charges of {_names(geometries)}"


def _collected(own: str, driven: str, nodes: str, geometry: Geometry) -> list[str]:
    """A transistor, one of whose nodes is named by the driven one and `own`; its charge is v(q)."""
    meter = f"v{driven[0]}{own}"
    return [
        f"{meter} {driven} {driven[0]}{own} 0",
        f"f{own} 0 q{own} {meter} 1",
        f"c{own} q{own} 0 {_COLLECTOR!r}",
        _transistor(own, nodes, geometry),
    ]


def _ramps(
    title: str,
    lines: Sequence[str],
    stop: float,
    step: float,
    geometries: Sequence[Geometry],
    at: Setting,
) -> Deck:
    """The deck of transistors whose charges are collected while voltages are ramped."""
    collectors = list(_each("q{}_{}", geometries, at.ranges.coarse_vds))
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
    geometries: Sequence[Geometry], ranges: Ranges, waves: Waveforms, ramp: float
) -> Array:
    """Drain charges of `drain_charge_deck`, shape `(geometries, vgs, vds)`.

    The collector's charge is that of the drain and the integral of its current. On the way back
    the current flows the same way and the charge the other, so half the sum of both passages of a
    bias, less half of what is left at the end, is the charge alone.
    """
    _, begin, end = (time * ramp / _RAMP for time in _times(ranges))
    apart = np.concatenate([[True], np.diff(waves.values) > 1e-6 * ramp])
    there = (ranges.coarse_vgs.nodes() - ranges.coarse_vgs.nodes()[0]) * ramp + begin
    signals = _each("v(q{}_{})", geometries, ranges.coarse_vds)
    curves = np.stack([waves[signal][apart] for signal in signals], axis=1)
    passed = CubicSpline(waves.values[apart], curves)
    charges = (passed(there) + passed(2 * end - there) - curves[-1]) / 2 * _COLLECTOR
    return np.moveaxis(charges.reshape((len(there), len(geometries), -1)), 1, 0)


def _times(ranges: Ranges) -> tuple[float, float, float]:
    """When drains have arrived, gates are at their lowest, and at their highest; s."""
    ready = _ends(ranges.coarse_vds)[1] * _RAMP
    high = _ends(ranges.coarse_vgs)[1] * _RAMP
    return ready, ready + high, ready + 3 * high


def _transistor(name: str, nodes: str, geometry: Geometry, *, shift: float = 0.0) -> str:
    subcircuit, parameters = instance(geometry, threshold_shift=shift)
    return " ".join([f"x{name} {nodes} {subcircuit}", *map("=".join, parameters.items())])


def _each(pattern: str, geometries: Sequence[Geometry], axis: Axis) -> Iterator[str]:
    for number in range(len(geometries)):
        for node in range(axis.intervals + 1):
            yield pattern.format(number, node)


def _ends(axis: Axis) -> tuple[float, float]:
    nodes = axis.nodes()
    return float(nodes[0]), float(nodes[-1])


def _names(geometries: Sequence[Geometry]) -> str:
    return ", ".join(f"{g.device} {g.width * 1e6:g}/{g.length * 1e6:g}" for g in geometries)
