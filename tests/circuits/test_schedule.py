# SPDX-License-Identifier: GPL-3.0-or-later
"""The phases do not overlap where they must not, with any legal timing, and cost few edges."""

from __future__ import annotations

import dataclasses
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from circuits import Design, schedule
from circuits.parts import CentredNudge
from circuits.run import Run, Stimulus
from circuits.schedule import ROW, Schedule, Wave, control_windows
from tests.circuits.conftest import small_run

SLIGHT = 1e-6
WINDOWS = {**control_windows(CentredNudge()), "row": ROW}

timings = st.builds(
    lambda nudging, edge, guard: Design.from_values(
        {
            "nudge.kind": nudging,
            "timing.phase_duration": 80e-6,
            "timing.edge": edge,
            "timing.guard": guard,
        }
    ),
    st.sampled_from(["one-sided", "centred"]),
    st.floats(1e-8, 20e-6),
    st.sampled_from([0.0, 1e-6, 8e-6, 20e-6]),
)


def gates(timing: Schedule, times: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """How far each control's switches are on, 0 to 1, at the given times."""
    return {name: opening(wave, name, times) for name, wave in timing.controls.items()}


def opening(wave: Wave, name: str, times: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = WINDOWS[name]
    return np.clip((np.interp(times, wave.times, wave.values) - low) / (high - low), 0, 1)


def moving(wave: Wave, times: NDArray[np.float64]) -> NDArray[np.bool_]:
    step = 1e-12
    before, after = (np.interp(times + d, wave.times, wave.values) for d in (-step, step))
    return np.asarray(np.abs(after - before) > 1e-9)


def fine_times(timing: Schedule, edge: float) -> NDArray[np.float64]:
    corners = {time for wave in timing.controls.values() for time in wave.times}
    return np.unique(
        np.concatenate([[c + edge * f for f in np.linspace(-1.2, 1.2, 97)] for c in corners])
    ).clip(0, timing.stop)


@settings(max_examples=40, deadline=None)
@given(timings, st.integers(0, 5))
def test_phases_that_would_spoil_each_other_never_overlap(design: Design, seed: int) -> None:
    run = small_run(design, points=3, seed=seed)
    timing = schedule(run)
    times = fine_times(timing, design.timing.edge)
    gate = gates(timing, times)
    sampled = gate["hold"] if design.value("nudge.kind") == "one-sided" else gate["free"]
    assert not overlap(sampled, gate["nudge"]), "a reference sampled while nudged"
    assert not overlap(gate["store"], gate["update"]), "a target chasing itself"
    for wave in timing.inputs:
        assert not overlap(moving(wave, times), gate["update"]), "an input moves while writing"
    for rows in timing.rows:
        selected = [opening(wave, "row", times) for wave in rows]
        assert np.all(sum(gate_of > SLIGHT for gate_of in selected) <= 1), "two rows on a bitline"
        for wave, gate_of_row in zip(rows, selected, strict=True):
            released = falls(wave, times) & (gate_of_row > SLIGHT)
            assert not overlap(released, 1.0 - gate["update"]), "a row released after its bitline"


def overlap(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Whether both are on at the same time, by more than rounding."""
    return bool(np.any((one > SLIGHT) & (other > SLIGHT)))


def falls(wave: Wave, times: NDArray[np.float64]) -> NDArray[np.bool_]:
    step = 1e-12
    before, after = (np.interp(times + d, wave.times, wave.values) for d in (-step, step))
    return np.asarray(after < before)


@settings(max_examples=30, deadline=None)
@given(timings, st.integers(1, 4), st.integers(0, 4))
def test_waveforms_are_functions_of_time(design: Design, train: int, evaluate: int) -> None:
    run = small_run(design, points=train)
    if evaluate:
        held = Stimulus.evaluation(
            run.stimulus.inputs[:1].repeat(evaluate, 0),
            run.stimulus.targets[:1].repeat(evaluate, 0),
            layers=run.depth,
        )
        run = dataclasses.replace(run, stimulus=held.then(run.stimulus).then(held))
    timing = schedule(run)
    waves = [*timing.controls.values(), *timing.inputs, *timing.targets, *chain(*timing.rows)]
    for wave in waves:
        assert np.all(np.diff(wave.times) > 0), "corner times ascend"
        assert wave.values[-1] == 0.0 or wave in timing.targets, "all is at rest at the end"
    assert np.all(np.isnan(timing.nudged) == ~run.stimulus.train)
    assert timing.settled <= timing.stop


def test_a_training_point_costs_three_edges() -> None:
    design = Design()
    counts = []
    for points in (4, 8):
        timing = schedule(small_run(design, points=points))
        waves = [*timing.controls.values(), *timing.inputs, *chain(*timing.rows)]
        counts.append(len({round(time, 12) for wave in waves for time in wave.times}))
    # Start and end of three edges, and the middle of the one on which the inputs change.
    assert counts[1] - counts[0] <= 4 * 7


def test_a_run_that_updates_nothing_selects_no_row() -> None:
    run = small_run(Design())
    rows = np.full_like(run.stimulus.rows, -1)
    still: Run = dataclasses.replace(run, stimulus=dataclasses.replace(run.stimulus, rows=rows))
    assert all(wave.values == [0.0] for rows in schedule(still).rows for wave in rows)


@pytest.mark.parametrize("nudging", ["one-sided", "centred"])
def test_results_are_read_where_everything_is_settled(nudging: str) -> None:
    timing = schedule(small_run(Design.from_values({"nudge.kind": nudging})))
    waves = [*timing.controls.values(), *timing.inputs]
    for times in (timing.free, timing.nudged, timing.updated):
        for wave in waves:
            now, before = (np.interp(times - d, wave.times, wave.values) for d in (1e-9, 4e-6))
            assert np.array_equal(now, before)
