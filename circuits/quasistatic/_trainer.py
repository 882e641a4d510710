# SPDX-License-Identifier: GPL-3.0-or-later
"""Training runs as a sequence of equilibria: run -> flat arrays -> compiled solver -> trace."""

from __future__ import annotations

import hashlib
import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from circuits.noise import update_noise
from circuits.parts import Branch
from circuits.preparation import Stopwatch, preparing
from circuits.quasistatic._epoch import Points, SolverRecord, through
from circuits.quasistatic._network import Array, Network, network, transistor_pairs
from circuits.quasistatic._validity import check_quasistatic, conducting_wells, unsettled_lines
from circuits.quasistatic.tables import Packed, Ranges, measure, pack
from circuits.run import Run, join_weights
from circuits.simulators import Cause, Limits, Outcome, SpiceSimulator, Statistics, Verdict
from circuits.trace import Trace
from pdk import Models

_METHOD = "5"
"""Version of the method, to be raised whenever results change."""

_SYNAPSES_A_CALL = 200_000
"""Points times synapses in one call of the solver, after which time limit and cancellation are checked.

It takes some tens of milliseconds."""

_MOST_OUTSIDE = 1e-3
"""Share of the evaluations at equilibria that may lie outside the device tables."""

_MOST_MEASURED = 16
"""Sets of device tables that a trainer keeps in memory."""


@dataclass(frozen=True, kw_only=True)
class QuasistaticTrace(Trace):
    """A trace with counts and time constants of its equilibria.

    **Attributes:**

    - `outside`: evaluations outside the device tables at equilibria, where tables are continued linearly.
    - `rescued`: equilibria that Newton's method missed and pseudo-transient continuation found.
    - `slowest`: the largest time constant of a line behind each crossbar, s, at every eighth point.
    """

    outside: int = 0
    rescued: int = 0
    slowest: tuple[float, ...] = ()


@dataclass(frozen=True)
class QuasistaticTrainer:
    """Runs training circuits phase by phase, each phase one equilibrium.

    **Attributes:**

    - `simulator`: ngspice or Xyce, which measures transistors, each size once on a machine.
    - `models`: the transistor models.
    - `limits`: wall time of one run. Measuring transistors and compiling kernels does not count, nor is
      it part of the times in a trace (`circuits.preparation`).
    """

    simulator: SpiceSimulator
    models: Models
    limits: Limits = field(default_factory=Limits)
    _measured: dict[Any, tuple[Packed, str]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def name(self) -> str:
        """The trainer's name."""
        return "quasistatic"

    @property
    def version(self) -> str:
        """The method's version, and name and version of the simulator that measured the device tables."""
        return f"{_METHOD} (tables: {self.simulator.name} {self.simulator.version})"

    def key(self, run: Run) -> str:
        """SHA-256 of all that the result depends on.

        **Raises:** `NotQuasistatic`; `TableError` and `pdk.PdkError` from measuring transistors.
        """
        _, tables = self._measure(run)
        design = repr(run.design.to_values())
        rest = [run.corner.key, *map(repr, (run.body_network, run.noise_seed, run.layers))]
        if run.stride > 1:
            rest.append(f"stride {run.stride}")
        digest = hashlib.sha256("\0".join([_METHOD, tables, design, *rest]).encode())
        stimulus = run.stimulus
        for array in (stimulus.inputs, stimulus.targets, stimulus.rows, stimulus.train):
            digest.update(np.ascontiguousarray(array).tobytes())
        digest.update(join_weights(run.weights).tobytes())
        return digest.hexdigest()

    def run(
        self,
        run: Run,
        *,
        directory: Path | None = None,  # noqa: ARG002
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        keep: bool = False,  # noqa: ARG002
    ) -> Trace:
        """Solve a run; a failure of the solver is the trace's outcome, not an exception.

        **Arguments:**

        - `run`: the run.
        - `directory`, `keep`: ignored, as there are no files; part of the interface of trainers.
        - `progress`: called with the fraction of points that is done.
        - `cancelled`: asked after every few points; the run ends when it returns True.

        **Returns:** the trace; without results where its outcome is not ok.

        **Raises:** `NotQuasistatic` where phases do not end in an equilibrium; `TableError` and
        `pdk.PdkError` from measuring transistors.
        """
        return _Solution(self, run, self.network(run)).trace(progress, cancelled)

    def network(self, run: Run) -> Network:
        """The run's circuit before its first point, with its transistors measured.

        **Raises:** as `run`.
        """
        return network(run, self._measure(run)[0])

    def _measure(self, run: Run) -> tuple[Packed, str]:
        """The device tables of a run's transistors, and their digests."""
        check_quasistatic(run)
        branches = sorted({branch for pair in transistor_pairs(run) for branch in pair}, key=repr)
        corner, drawn = run.corner, run.design.has_drawn_junctions
        key = (*branches, corner.process, corner.temperature, run.body_network, drawn)
        if key not in self._measured:
            with preparing():
                found = self._tables(branches, run)
            if len(self._measured) >= _MOST_MEASURED:
                self._measured.pop(next(iter(self._measured)))
            self._measured[key] = found
        return self._measured[key]

    def _tables(self, branches: Sequence[Branch], run: Run) -> tuple[Packed, str]:
        tables = measure(
            branches,
            corner=run.corner.process,
            temperature=run.corner.temperature,
            simulator=self.simulator,
            models=self.models,
            ranges=Ranges.within(run.design.process.span),
            body_network=run.body_network,
            drawn_junctions=run.design.has_drawn_junctions,
        )
        return pack(tables.values()), " ".join(tables[branch].digest for branch in branches)


class _Solution:
    """One run, its arrays for the compiled solver, and its results."""

    def __init__(self, trainer: QuasistaticTrainer, run: Run, wiring: Network) -> None:
        self.trainer, self.run, self.network = trainer, run, wiring
        stimulus, outputs, noise = run.stimulus, run.layers[-1], update_noise(run)
        count, weights = len(stimulus), len(wiring.synapses)
        self.points = Points(
            inputs=np.ascontiguousarray(stimulus.inputs, dtype=np.float64),
            targets=np.ascontiguousarray(stimulus.targets, dtype=np.float64),
            rows=np.ascontiguousarray(stimulus.rows, dtype=np.int64),
            train=np.ascontiguousarray(stimulus.train, dtype=np.bool_),
            read=_columns(run, None if noise is None else noise.read),
            written=_columns(run, None if noise is None else noise.written),
            phase=run.design.timing.phase_duration,
        )
        self.record = SolverRecord(
            free=np.full((count, outputs), np.nan),
            nudged=np.full((count, outputs), np.nan),
            weights=np.full((int(stimulus.train.sum()), weights), np.nan),
            energy=np.full(count, np.nan),
            voltages=np.zeros((count, len(wiring.units), 3)),
            counts=np.zeros(4, dtype=np.int64),
            slowest=np.zeros(run.depth),
        )

    def trace(
        self, progress: Callable[[float], None] | None, cancelled: Callable[[], bool] | None
    ) -> Trace:
        with preparing():
            # The first call of a kernel loads or compiles it. This call solves no points.
            through(self.network, self.points, self.record, 1, 0)
        watch = Stopwatch()
        verdict = self._solve(watch, progress, cancelled)
        outcome = Outcome.of(
            verdict,
            seconds=watch.wall,
            cpu_seconds=watch.cpu,
            peak_memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        )
        trainer, record = self.trainer, self.record
        solved, iterations, outside, rescued = (int(count) for count in record.counts)
        trace = QuasistaticTrace(
            outcome=outcome,
            simulator=trainer.name,
            version=trainer.version,
            run_key=trainer.key(self.run),
            statistics=Statistics(
                steps=solved,
                newton_iterations=iterations,
                unknowns=3 * sum(self.run.layers[1:-1]) + self.run.layers[-1],
            ),
            outside=outside,
            rescued=rescued,
            slowest=tuple(record.slowest.tolist()),
        )
        if not outcome.ok:
            return trace
        return replace(
            trace,
            free=record.free,
            nudged=record.nudged,
            weights=record.weights,
            final_weights=self.network.synapses["weight"].copy(),
            energy=record.energy,
        )

    def _solve(
        self,
        watch: Stopwatch,
        progress: Callable[[float], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> Verdict:
        """Solve all phases of all points; results go into the record."""
        count = len(self.run.stimulus)
        stride = max(1, _SYNAPSES_A_CALL // len(self.network.synapses))
        for first in range(0, count, stride):
            last = min(first + stride, count)
            found, point = through(self.network, self.points, self.record, first, last)
            if not found:
                return _lost(point, count)
            if progress is not None:
                progress(last / count)
            if last == count:
                break  # it is solved, however long that took
            if cancelled is not None and cancelled():
                return Verdict(Cause.CANCELLED, f"cancelled after point {last} of {count}")
            if watch.wall > self.trainer.limits.wall_seconds:
                limit = self.trainer.limits.wall_seconds
                return Verdict(Cause.TIME_LIMIT, f"more than {limit:g} s at point {last}")
        unsettled = unsettled_lines(self.run, self.record.slowest)
        if unsettled:
            return Verdict(Cause.NOT_SETTLED, unsettled)
        conducting = conducting_wells(self.run, self.network.crossbars, self.record.voltages)
        if conducting:
            return Verdict(Cause.OUTSIDE_TABLES, conducting)
        return self._inside()

    def _inside(self) -> Verdict:
        """The verdict on a run that was solved: not ok if too many evaluations lay outside the device tables."""
        solved, outside = int(self.record.counts[0]), int(self.record.counts[2])
        if not outside:
            return Verdict(Cause.NONE)
        share = outside / (solved * 2 * len(self.network.synapses))
        words = f"{outside} evaluations outside the device tables ({share:.2g} of all)"
        if share <= _MOST_OUTSIDE:
            return Verdict(Cause.NONE, words)
        return Verdict(
            Cause.OUTSIDE_TABLES,
            f"{words}, where a transistor has no measured current; at most {_MOST_OUTSIDE:g} is allowed: "
            "lower voltages (amplifier.gain_forward, amplifier.clamp_low, drivers.write_limit, "
            "encoding.input_amplitude) help",
        )


def _columns(run: Run, noise: Sequence[Array] | None) -> Array:
    """Noise of all crossbars' columns side by side, V, shape `(points, columns)`."""
    if noise is None:
        return np.zeros((len(run.stimulus), sum(max(shape) for shape in run.shapes)))
    return np.concatenate(noise, axis=1)


def _lost(point: int, count: int) -> Verdict:
    where = f"at point {point + 1} of {count}" if 0 <= point < count else "with all inputs at 0 V"
    return Verdict(
        Cause.NO_DC_POINT,
        f"no equilibrium found {where}: neither Newton's method nor pseudo-transient "
        "continuation converges",
    )
