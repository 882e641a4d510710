# SPDX-License-Identifier: GPL-3.0-or-later
"""`DeviceTable`: measured currents and charges of a transistor, and the axes of voltages."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from circuits._errors import CircuitError
from circuits.parts.branches import Branch
from circuits.simulators import Outcome, Status

Array = NDArray[np.float64]

_LIMITS = (0.5, 20.0)  # V
_DENSITIES = (10, 1000)  # nodes per volt


class TableError(CircuitError):
    """A device table that cannot be measured, or an axis outside the allowed range.

    **Attributes:**

    - `outcome`: of the simulation that should have measured it; None where there was none.
    """

    def __init__(self, message: str, outcome: Outcome | None = None) -> None:
        super().__init__(message)
        self.outcome = outcome

    @property
    def did_not_converge(self) -> bool:
        """True where the simulator found no solution; another deck of the same transistor may have one."""
        return self.outcome is not None and self.outcome.status is Status.NONCONVERGENT


@dataclass(frozen=True, slots=True)
class Axis:
    """Equally spaced voltages around zero, which is one of them.

    **Attributes:**

    - `limit`: the axis reaches at least from `-limit` to `limit`, in volts.
    - `per_volt`: nodes per volt, a whole number, so that zero and every volt is a node.
    """

    limit: float
    per_volt: int

    def __post_init__(self) -> None:
        for name, value, (low, high) in (
            ("limit", self.limit, _LIMITS),
            ("per_volt", self.per_volt, _DENSITIES),
        ):
            if not low <= value <= high:
                nearest = high if value > high else low
                msg = (
                    f"{name} of an axis of a device table is {value}; allowed is {low} to {high}, "
                    f"the nearest value is {nearest}."
                )
                raise TableError(msg)

    @property
    def first(self) -> int:
        """Index of the lowest node, counted from zero volts: an even number."""
        return -2 * int(np.ceil(self.limit * self.per_volt / 2 - 1e-9))

    @property
    def intervals(self) -> int:
        """Number of intervals between nodes."""
        return -2 * self.first

    @property
    def step(self) -> float:
        """Distance of two nodes, V."""
        return 1.0 / self.per_volt

    def nodes(self) -> Array:
        """The voltages, shape `(intervals + 1,)`."""
        return np.arange(self.first, self.intervals + self.first + 1) / self.per_volt


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """Axes of the tables.

    Subthreshold current and forward junctions follow exp(V / 26 mV), and a cubic spline with
    nodes h apart misses such a curve by (h / 26 mV)^4 / 384 of its value: 1e-3 at 20 mV. Charges
    have no such features, so their nodes may lie further apart. Where |vds| is a few kT/q the
    current is needed relative to its own small value, which takes nodes twice as dense; all of
    vds is measured so, and the packed table leaves every second node out elsewhere.

    **Attributes:**

    - `vgs`, `vds`: axes of the current.
    - `coarse_vgs`, `coarse_vds`: axes of the charges and of the threshold residue.
    """

    vgs: Axis = Axis(2.2, 50)
    vds: Axis = Axis(2.2, 100)
    coarse_vgs: Axis = Axis(2.2, 25)
    coarse_vds: Axis = Axis(2.2, 25)

    @staticmethod
    def within(limit: float) -> Ranges:
        """Axes that reach `limit` volts either way, as dense as the usual ones."""
        return Ranges(
            vgs=Axis(limit, 50),
            vds=Axis(limit, 100),
            coarse_vgs=Axis(limit, 25),
            coarse_vds=Axis(limit, 25),
        )

    def description(self) -> str:
        """Text that names all axes, as part of a table's digest."""
        axes = ((entry.name, getattr(self, entry.name)) for entry in fields(self))
        return " ".join(f"{name}={axis.limit!r}/{axis.per_volt}" for name, axis in axes)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTable:
    """Current and charges of one transistor (M = 1) whose source and body lie on one rail, or of a series.

    It has three terminals then: gate, drain and rail. The drain's current includes that of its
    junction to the body; the source's junction has no voltage. Current and charge of the rail follow from
    those of gate and drain.

    **Attributes:**

    - `branch`, `corner`, `temperature` (degrees Celsius): which transistor, or series of transistors.
    - `ranges`: the axes.
    - `current`: into the drain, A, shape `(vgs, vds)`.
    - `conductance`: slope of the current by vds at vds = 0, S, shape `(vgs,)`.
    - `residue`: what a threshold shift does to the current beyond a shift of the gate voltage,
      A/V, shape `(coarse_vgs, coarse_vds)`; see `evaluate_shifted`.
    - `charge`: on the gate against its value at zero bias, C, shape `(coarse_vgs, coarse_vds)`.
    - `drain_charge`: the same of the drain, its junction included.
    - `digest`: SHA-256 of everything that determines the numbers: model card, corner,
      temperature, axes, simulator and its version, way of measuring.
    """

    branch: Branch
    corner: str
    temperature: float
    ranges: Ranges
    current: Array
    conductance: Array
    residue: Array
    charge: Array
    drain_charge: Array
    digest: str

    def __post_init__(self) -> None:
        axes = self.ranges
        for name, samples, along in (
            ("current", self.current, (axes.vgs, axes.vds)),
            ("conductance", self.conductance, (axes.vgs,)),
            ("residue", self.residue, (axes.coarse_vgs, axes.coarse_vds)),
            ("charge", self.charge, (axes.coarse_vgs, axes.coarse_vds)),
            ("drain_charge", self.drain_charge, (axes.coarse_vgs, axes.coarse_vds)),
        ):
            shape = tuple(axis.intervals + 1 for axis in along)
            if samples.shape != shape or not np.isfinite(samples).all():
                msg = (
                    f"The {name} table of {self.branch} has shape {samples.shape} or holds "
                    f"values that are not finite; its axes call for {shape} finite numbers."
                )
                raise TableError(msg)
