# SPDX-License-Identifier: GPL-3.0-or-later
"""The phases of each data point as control waveforms, with as few edges as the circuit allows.

Every corner of a waveform costs a simulator about five time steps, so everything that changes between
two phases changes on one edge. Actions that must not overlap are separated by the thresholds of the
switches, not by further edges. On one edge a control runs from 0 to 1 (or back), and

- sampling switches that open do so in its first quarter (hold) or first half (store),
- the nudge acts and the bitlines are driven only after that,
- a row is released in the first quarter of the edge that ends its update,
- inputs and targets change in the second half.

With `guard` > 0 sampling switches and rows are released that much earlier, on edges of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from circuits.design import Design
from circuits.noise import update_noise
from circuits.parts import Nudge
from circuits.run import Run

# Windows (closed below, fully on above) of a control's value in which its switches turn on.
ROW = (0.75, 1.0)
_SAMPLE, _STORE, _PULL, _UPDATE = (0.75, 1.0), (0.5, 1.0), (0.25, 0.5), (0.5, 0.75)


def control_windows(nudge: Nudge) -> dict[str, tuple[float, float]]:
    """The controls of a run with a given nudge, in the order of the netlist, and their windows."""
    return {
        "hold": _SAMPLE, "store": _STORE, "nudge": _PULL, "update": _UPDATE,
        **dict.fromkeys(nudge.samples, _SAMPLE), **dict.fromkeys(nudge.pulls, _PULL),
    }  # fmt: skip


@dataclass
class Wave:
    """A piecewise linear waveform under construction: corner times (s) and values."""

    start: float = 0.0
    times: list[float] = field(init=False)
    values: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.times, self.values = [0.0], [self.start]

    def to(self, time: float, value: float, *, edge: float) -> None:
        """Append an edge to `value`, unless the waveform has that value already.

        **Arguments:**

        - `time`: start of the edge, s; not before the end of the last one.
        - `value`: value at its end.
        - `edge`: its duration, s.
        """
        if value != self.values[-1]:
            if time > self.times[-1]:
                self.times.append(time)
                self.values.append(self.values[-1])
            self.times.append(time + edge)
            self.values.append(value)

    def text(self, *, scale: float = 1.0, offset: float = 0.0) -> str:
        """The waveform as a SPICE PWL specification, of `offset + scale * value`."""
        corners = " ".join(
            f"{time:.12g} {offset + scale * value:.12g}"
            for time, value in zip(self.times, self.values, strict=True)
        )
        return f"PWL({corners})"


@dataclass(frozen=True)
class Schedule:
    """Control waveforms of a run and the times at which its results are read.

    **Attributes:**

    - `controls`: name (`hold`, `store`, `nudge`, `free`, `oppose`, `update`) to waveform, 0 to 1.
    - `rows`: one list of row-select waveforms for each crossbar.
    - `inputs`, `targets`: volts.
    - `read`, `written`: noise of each column's readings and writings, V, one list of waveforms for
      each crossbar; empty in a run without noise.
    - `free`, `nudged`, `updated`: end of each phase, s, shape `(points,)`; NaN where a point has
      no such phase.
    - `start`: start of each point, s, shape `(points,)`.
    - `settled`: when the inputs are back at 0 V and the weights can be read, s.
    - `stop`: end of the run, s.
    """

    controls: dict[str, Wave]
    rows: list[list[Wave]]
    inputs: list[Wave]
    targets: list[Wave]
    read: list[list[Wave]]
    written: list[list[Wave]]
    start: NDArray[np.float64]
    free: NDArray[np.float64]
    nudged: NDArray[np.float64]
    updated: NDArray[np.float64]
    settled: float
    stop: float


def schedule(run: Run) -> Schedule:
    """The schedule of a run: the phases of each of its points, in order."""
    return _Builder(run.design, run).build()


def points_duration(design: Design, *, train: int, evaluate: int) -> float:
    """Simulated time of a number of points, s.

    The phase at the end of a run, in which the inputs are back at 0 V, is not counted.

    **Arguments:**

    - `design`: its nudge has the phases of a training point, its timing their length.
    - `train`, `evaluate`: numbers of training points and of points that are only evaluated.
    """
    phases = len(design.nudge.phases) * train + evaluate
    return phases * design.timing.phase_duration


class _Builder:
    """Goes through the points once and appends to every waveform."""

    def __init__(self, design: Design, run: Run) -> None:
        self.nudge, self.timing, self.run = design.nudge, design.timing, run
        self.edge, self.guard = design.timing.edge, design.timing.guard
        self.controls = {name: Wave() for name in control_windows(design.nudge)}
        self.rows = [[Wave() for _ in range(min(shape))] for shape in run.shapes]
        self.inputs = [Wave() for _ in range(run.layers[0])]
        self.targets = [Wave() for _ in range(run.layers[-1])]
        self.noise = update_noise(run)
        columns = [] if self.noise is None else [max(shape) for shape in run.shapes]
        self.read = [[Wave() for _ in range(count)] for count in columns]
        self.written = [[Wave() for _ in range(count)] for count in columns]
        self.time = 0.0

    def build(self) -> Schedule:
        stimulus = self.run.stimulus
        read = {name: np.full(len(stimulus), np.nan) for name in ("free", "nudged", "updated")}
        start = np.zeros(len(stimulus))
        for index in range(len(stimulus)):
            start[index] = self.time
            self._apply(stimulus.inputs[index], stimulus.targets[index])
            if stimulus.train[index]:
                self._disturb(index)
            read["free"][index] = self._phase()
            if stimulus.train[index]:
                following = self._rows_of(index + 1)
                nudged, updated = self._train(self._rows_of(index), following)
                read["nudged"][index], read["updated"][index] = nudged, updated
        self._apply(np.zeros(len(self.inputs)), np.zeros(len(self.targets)))
        settled = self._phase()
        return Schedule(
            self.controls, self.rows, self.inputs, self.targets, self.read, self.written, start,
            read["free"], read["nudged"], read["updated"], settled, self.time,
        )  # fmt: skip

    def _apply(self, inputs: NDArray[np.float64], targets: NDArray[np.float64]) -> None:
        self._follow(self.inputs, inputs)
        self._follow(self.targets, targets)

    def _disturb(self, index: int) -> None:
        """Set the noise of a point's update, on the same edge as the point's inputs."""
        if self.noise is not None:
            for layer in range(self.run.depth):
                self._follow(self.read[layer], self.noise.read[layer][index])
                self._follow(self.written[layer], self.noise.written[layer][index])

    def _follow(self, waves: list[Wave], values: NDArray[np.float64]) -> None:
        half = self.edge / 2
        for wave, value in zip(waves, values, strict=True):
            wave.to(self.time + half, float(value), edge=half)

    def _phase(self) -> float:
        """Advance the time by one phase; returns the time at which its result is read, s."""
        self.time += self.timing.phase_duration
        return self.time - self.guard

    def _open(self, name: str) -> None:
        self.controls[name].to(self.time, 1.0, edge=self.edge)

    def _close(self, name: str, *, early: bool = False) -> None:
        time = self.time - self.guard * early
        self.controls[name].to(time, 0.0, edge=self.edge)

    def _rows_of(self, index: int) -> set[tuple[int, int]]:
        """The (crossbar, row) pairs that the point updates; none past the end."""
        stimulus = self.run.stimulus
        if index >= len(stimulus) or not stimulus.train[index]:
            return set()
        return {(layer, int(row)) for layer, row in enumerate(stimulus.rows[index]) if row >= 0}

    def _train(
        self, selected: set[tuple[int, int]], following: set[tuple[int, int]]
    ) -> tuple[float, float]:
        """The phases after the free one; returns when the nudged and the update phase end, s.

        A row that the next point selects again stays selected: releasing it would take an edge
        of its own, and its bitlines float in the next free phase anyway.
        """
        begin = self.time - self.timing.phase_duration
        for layer, row in sorted(selected):
            self.rows[layer][row].to(begin, 1.0, edge=self.edge)
        first, *following_samples = self.nudge.samples
        self.controls[first].to(begin, 1.0, edge=self.edge)
        self._close(first, early=True)
        nudged = self.time
        for pull, sample in zip(self.nudge.pulls, [*following_samples, "store"], strict=True):
            self._open(pull)
            self._open(sample)
            nudged = self._phase()
            self._close(sample, early=True)
            self._close(pull)
        self._open("update")
        updated = self._phase()
        self._close("update", early=True)
        for layer, row in sorted(selected - following):
            self.rows[layer][row].to(self.time - self.guard, 0.0, edge=self.edge)
        return nudged, updated
