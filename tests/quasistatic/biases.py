# SPDX-License-Identifier: GPL-3.0-or-later
"""Drain currents and floating gates straight from a simulator, at any bias points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import pdk
from circuits.parts import Series
from circuits.simulators import Accuracy, Deck, OperatingPoint, SpiceSimulator, Transient

Array = NDArray[np.float64]

_TIGHT = Accuracy(
    relative=1e-9,
    current=1e-16,
    voltage=1e-12,
    ngspice=(("itl1", "500"),),
    xyce=(("nonlin reltol", "1e-7"), ("nonlin rhstol", "1e-13"), ("nonlin maxstep", "500")),
)


def transistor(name: str, nodes: str, geometry: pdk.Geometry, *, shift: float = 0.0) -> str:
    """A transistor of a compiled library."""
    subcircuit, parameters = pdk.instance(geometry, threshold_shift=shift)
    return " ".join([f"x{name} {nodes} {subcircuit}", *map("=".join, parameters.items())])


def series_currents(
    simulator: SpiceSimulator, library: pdk.Library, series: Series, points: Array
) -> Array:
    """Currents into the drain of two transistors in series at `points` of (vgs, vds); A, at 27 degrees.

    The voltages are raised in a microsecond and held for 0.1 s: ngspice finds no operating point for many nodes
    between transistors that are off.
    """
    rail, line = series.transistors
    lines = []
    for k, (gate, drain) in enumerate(points.tolist()):
        lines += [
            f"vg{k} g{k} 0 pwl(0 0 1u {gate!r} 0.1 {gate!r})",
            f"vd{k} d{k} 0 pwl(0 0 1u {drain!r} 0.1 {drain!r})",
            transistor(f"r{k}", f"m{k} g{k} 0 0", rail),
            transistor(f"l{k}", f"d{k} g{k} m{k} 0", line),
        ]
    deck = Deck(
        title="bias points of a series",
        circuit="\n".join(lines),
        analysis=Transient(stop=0.1, step=1e-8, max_step=5e-3),
        signals=tuple(f"i(vd{k})" for k in range(len(points))),
        library=library,
        temperature=27.0,
        accuracy=Accuracy(relative=1e-6, newton_relative=1e-6, current=1e-14, voltage=1e-8),
    )
    waves = simulator.execute(deck).require()
    return -np.array([waves[signal][-1] for signal in deck.signals])


def drain_currents(
    simulator: SpiceSimulator,
    library: pdk.Library,
    geometry: pdk.Geometry,
    points: Array,
    *,
    temperature: float,
    shift: float = 0.0,
) -> Array:
    """Currents into the drain at `points` of (vgs, vds), shape `(points, 2)`; A."""
    lines = []
    for k, (gate, drain) in enumerate(points.tolist()):
        lines += [
            f"vg{k} g{k} 0 {gate!r}",
            f"vd{k} d{k} 0 {drain!r}",
            transistor(str(k), f"d{k} g{k} 0 0", geometry, shift=shift),
        ]
    deck = Deck(
        title="bias points",
        circuit="\n".join(lines),
        analysis=OperatingPoint(),
        signals=tuple(f"i(vd{k})" for k in range(len(points))),
        library=library,
        temperature=temperature,
        accuracy=_TIGHT,
    )
    waves = simulator.execute(deck).require()
    return -np.array([waves[signal][0] for signal in deck.signals])


def storage_voltages(
    simulator: SpiceSimulator,
    library: pdk.Library,
    geometry: pdk.Geometry,
    starts: Array,
    drains: Array,
    *,
    capacitance: float,
    temperature: float,
) -> Array:
    """Voltage of a floating gate with a storage capacitor after the drain went from 0 to `drains`.

    `starts` are the gate voltages before, V; shapes `(points,)`.
    """
    lines = []
    for k, drain in enumerate(drains.tolist()):
        lines += [
            f"vd{k} d{k} 0 pwl(0 0 1u 0 2u {drain!r} 3u {drain!r})",
            f"c{k} g{k} 0 {capacitance!r}",
            transistor(str(k), f"d{k} g{k} 0 0", geometry),
        ]
    deck = Deck(
        title="floating gates",
        circuit="\n".join(lines),
        analysis=Transient(stop=3e-6, step=1e-9, max_step=2e-8),
        signals=tuple(f"v(g{k})" for k in range(len(starts))),
        library=library,
        initial={f"g{k}": start for k, start in enumerate(starts.tolist())},
        temperature=temperature,
        accuracy=Accuracy(relative=1e-8, newton_relative=1e-8, current=1e-15, charge=1e-19),
    )
    waves = simulator.execute(deck).require()
    return np.array([waves[signal][-1] for signal in deck.signals])


def coupled_drains(
    simulator: SpiceSimulator,
    library: pdk.Library,
    geometry: pdk.Geometry,
    steps: Array,
    *,
    gate: float,
    capacitance: float,
    temperature: float,
) -> Array:
    """Voltage of floating drains of transistors that are off, each coupled to a step by a capacitor.

    `steps`: V, shape `(points,)`. They take 0.1 ns, in which no leakage counts.
    """
    lines = [f"vg g 0 {gate!r}"]
    for k, step in enumerate(steps.tolist()):
        lines += [
            f"vs{k} s{k} 0 pwl(0 0 10p 0 110p {step!r} 120p {step!r})",
            f"c{k} s{k} d{k} {capacitance!r}",
            transistor(str(k), f"d{k} g 0 0", geometry),
        ]
    deck = Deck(
        title="floating drains",
        circuit="\n".join(lines),
        analysis=Transient(stop=1.2e-10, step=1e-13, max_step=2e-13),
        signals=tuple(f"v(d{k})" for k in range(len(steps))),
        library=library,
        initial={f"d{k}": 0.0 for k in range(len(steps))},
        temperature=temperature,
        # The bound on the step alone decides how densely the curve is sampled.
        accuracy=Accuracy(
            relative=1e-8,
            newton_relative=1e-8,
            current=1e-15,
            voltage=1e-9,
            charge=1e-12,
            truncation=1e6,
        ),
    )
    waves = simulator.execute(deck).require()
    return np.array([waves[signal][-1] for signal in deck.signals])
