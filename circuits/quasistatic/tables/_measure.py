# SPDX-License-Identifier: GPL-3.0-or-later
"""Measuring device tables with a SPICE simulator, each only once on a machine."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circuits.parts.branches import Branch, Series, transistors_of
from circuits.preparation import Stage, report
from circuits.quasistatic.tables import _decks, _store
from circuits.quasistatic.tables._table import DeviceTable, Ranges, TableError
from circuits.simulators import Deck, Limits, SpiceSimulator, Waveforms
from pdk import Library, Models, compile_library

Array = NDArray[np.float64]

DEFAULT_RANGES = Ranges()
_LIMITS = Limits(wall_seconds=1200.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Conditions:
    corner: str
    temperature: float
    simulator: SpiceSimulator
    models: Models
    ranges: Ranges
    body_network: bool
    drawn_junctions: bool

    def library(self, branches: Iterable[Branch]) -> Library:
        """The library of the transistors that are measured."""
        return compile_library(
            self.models,
            corner=self.corner,
            geometries=[part for branch in branches for part in transistors_of(branch)],
            body_network=self.body_network,
            drawn_junctions=self.drawn_junctions,
        )


def measure(
    branches: Iterable[Branch],
    *,
    corner: str,
    temperature: float,
    simulator: SpiceSimulator,
    models: Models,
    ranges: Ranges = DEFAULT_RANGES,
    body_network: bool = True,
    drawn_junctions: bool = True,
) -> dict[Branch, DeviceTable]:
    """Tables of all `branches`, from the user's cache; those that are missing are measured together.

    The current comes from a DC sweep of the drain of many transistors at once, one for each gate
    voltage. The charge is what flows through the gate in a transient that first ramps the drain
    and then the gate: a source controlled by the gate's current charges a capacitor, whose
    voltage follows the gate charge exactly, whatever the time steps are, as the simulator
    integrates both currents by the same formula. Operating-point variables (`@m[qg]`) would need
    no transient, but exist in ngspice only and not in a DC sweep's saved signals; capacitances
    from an AC analysis would have to be integrated over both voltages. The charge of the drain,
    with its junction and its part of the channel, comes from ramps as fast as the transistor can follow, up
    and back: the drain's current has the same sign both times and cancels. The rail, source and body
    together, has minus the current and minus both charges.

    **Arguments:**

    - `branches`: which transistors or series of them; repeated ones are measured once.
    - `corner`, `temperature` (degrees Celsius), `models`, `body_network`, `drawn_junctions`: of the
      circuit that the tables stand for; see `pdk.compile_library`.
    - `simulator`: the one that measures.
    - `ranges`: the axes.

    Each deck is reported as a stage of `circuits.preparation`.

    **Raises:** `TableError` with the simulator's message where it fails; `pdk.PdkError`.
    """
    conditions = _Conditions(
        corner=corner,
        temperature=float(temperature),
        simulator=simulator,
        models=models,
        ranges=ranges,
        body_network=body_network,
        drawn_junctions=drawn_junctions,
    )
    digests = {branch: _digest(branch, conditions) for branch in branches}
    tables = {}
    for branch, digest in digests.items():
        found = _store.load(digest)
        if found is not None:
            with contextlib.suppress(TableError):  # a damaged file counts as missing
                tables[branch] = _table(branch, digest, conditions, found)
    missing = [branch for branch in digests if branch not in tables]
    for together in _alike(missing):
        for branch, samples in _run(together, conditions).items():
            tables[branch] = _table(branch, digests[branch], conditions, samples)
            _store.save(digests[branch], samples)
    return {branch: tables[branch] for branch in digests}


def _alike(branches: Sequence[Branch]) -> list[list[Branch]]:
    """Single transistors and series apart: they are measured with accuracies of their own."""
    groups: dict[bool, list[Branch]] = {}
    for branch in branches:
        groups.setdefault(isinstance(branch, Series), []).append(branch)
    return list(groups.values())


def _digest(branch: Branch, at: _Conditions) -> str:
    parts = [
        _decks.VERSION,
        at.library([branch]).sha256,
        repr(at.temperature),
        at.ranges.description(),
        at.simulator.name,
        at.simulator.version,
    ]
    if isinstance(branch, Series):
        parts.append(repr(branch))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _table(branch: Branch, digest: str, at: _Conditions, samples: _store.Samples) -> DeviceTable:
    return DeviceTable(
        branch=branch,
        corner=at.corner,
        temperature=at.temperature,
        ranges=at.ranges,
        current=samples.current,
        conductance=samples.conductance,
        residue=samples.residue,
        charge=samples.charge,
        drain_charge=samples.drain_charge,
        digest=digest,
    )


def _run(branches: list[Branch], at: _Conditions) -> dict[Branch, _store.Samples]:
    setting = _decks.Setting(at.library(branches), at.temperature, at.ranges)
    decks = (
        _decks.current_deck(branches, setting),
        _decks.conductance_deck(branches, setting),
        _decks.shifted_deck(branches, setting),
        _decks.charge_deck(branches, setting),
    )
    waves = []
    for number, deck in enumerate(decks):
        report(Stage("measuring transistors", deck.title, number, len(decks) + 1))
        waves.append(_waves(deck, at.simulator))
    currents, tiny, shifted, charges = waves
    title = _decks.drain_title(branches)
    report(Stage("measuring transistors", title, len(decks), len(decks) + 1))
    drains = _drain_charges(branches, at)
    samples = zip(
        _decks.read_currents(branches, at.ranges, currents),
        _decks.read_conductances(branches, at.ranges, tiny),
        _decks.read_residues(branches, at.ranges, shifted),
        _decks.read_charges(branches, at.ranges, charges),
        (drains[branch] for branch in branches),
        strict=True,
    )
    return {
        branch: _store.Samples(*measured)
        for branch, measured in zip(branches, samples, strict=True)
    }


def _drain_charges(branches: Sequence[Branch], at: _Conditions) -> dict[Branch, Array]:
    """Drain charges, each in the fastest ramp in which this simulator converges."""
    found: dict[Branch, Array] = {}
    for place in range(len(_decks.DRAIN_RAMPS)):
        together = [branch for branch in branches if _decks.drain_ramp(branch) == place]
        if not together:
            continue
        try:
            found |= _ramped(together, at, _decks.DRAIN_RAMPS[place])
        except TableError as error:
            if not error.did_not_converge:
                raise
            # One transistor may prevent the others from converging, so each is measured alone.
            for branch in together:
                found |= _ramped_alone(branch, at, place)
    return found


def _ramped_alone(branch: Branch, at: _Conditions, first: int) -> dict[Branch, Array]:
    """Drain charges of one transistor, in slower and slower ramps until the simulator converges."""
    *faster, slowest = _decks.DRAIN_RAMPS[first:]
    for ramp in faster:
        try:
            return _ramped([branch], at, ramp)
        except TableError as error:
            if not error.did_not_converge:
                raise
    return _ramped([branch], at, slowest)


def _ramped(branches: Sequence[Branch], at: _Conditions, ramp: float) -> dict[Branch, Array]:
    setting = _decks.Setting(at.library(branches), at.temperature, at.ranges)
    waves = _waves(_decks.drain_charge_deck(branches, setting, ramp), at.simulator)
    read = _decks.read_drain_charges(branches, at.ranges, waves, ramp)
    return dict(zip(branches, read, strict=True))


def _waves(deck: Deck, simulator: SpiceSimulator) -> Waveforms:
    execution = simulator.execute(deck, limits=_LIMITS)
    if execution.waveforms is None:
        outcome = execution.outcome
        msg = (
            f"{simulator.name} could not measure {deck.title} (status {outcome.status}): "
            f"{outcome.message}"
        )
        raise TableError(msg, outcome)
    return execution.waveforms
