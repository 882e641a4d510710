# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured once on a machine is told while it lasts, and no trial is charged for it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import pdk
from circuits import make_trainer
from circuits.preparation import Stage
from circuits.quasistatic.tables._compiled import _directory
from circuits.simulators import Limits
from sweep.search.opening import open_results
from sweep.worker._stages import StageFile, stages_in
from sweep.worker.simulator_spec import SimulatorSpec
from sweep.worker.task import TrainingTask, perform
from tests.sweep import slow_ngspice
from tests.sweep.killing import events_in
from tests.sweep.running import start_driver, tiny
from tests.sweep.test_scenarios import quasistatic

DECKS = 5
SLOW, LIMIT = 0.8, 2.0  # s; all decks together take longer than any epoch may


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pdk.Models:
    """A slow machine that has measured nothing yet; the models of this one."""
    models = pdk.locate()
    ngspice = slow_ngspice.install(tmp_path / "ngspice", seconds=SLOW)
    monkeypatch.setenv("ANALOG_SWEEP_NGSPICE", str(ngspice))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(_directory()))
    monkeypatch.setenv("ANALOG_SWEEP_CACHE", str(tmp_path / "cache"))
    return models


def test_measuring_counts_neither_against_a_limit_nor_as_time(
    machine: pdk.Models, tmp_path: Path
) -> None:
    limits = Limits(wall_seconds=LIMIT)
    trainer = make_trainer("quasistatic", machine, limits=limits)
    spec = SimulatorSpec(
        simulator="quasistatic",
        executable=str(trainer.simulator.executable),
        version=trainer.version,
        processes=1,
        models=machine,
        limits=limits,
        scratch=str(tmp_path),
    )
    study = tiny()
    design = study.space.design(
        {"encoding.target_amplitude": 0.05, "synapse.multiplicity": 1}
    ).to_values()
    told: list[Stage | None] = []
    begun = time.perf_counter()
    result = perform(
        TrainingTask(
            ticket=0, plan=study.plan, design=design, spec=spec, first=0, last=1,
            weights=None, seconds=LIMIT,
        ),
        listener=told.append,
    )  # fmt: skip
    taken = time.perf_counter() - begun
    assert result.outcome is not None
    assert result.outcome.ok, result.outcome.message
    assert not result.straggled
    assert result.epochs is not None
    assert max(score.seconds for score in result.epochs.scores) < LIMIT
    assert result.prepared_seconds > DECKS * SLOW
    assert result.wall_seconds + result.prepared_seconds == pytest.approx(taken, abs=0.5)

    measured = [stage for stage in told if stage is not None and stage.total is not None]
    assert [(stage.done, stage.total) for stage in measured] == [(n, DECKS) for n in range(DECKS)]
    assert all("nfet_01v8" in stage.detail and "pfet_01v8" in stage.detail for stage in measured)
    assert told[-1] is None


@pytest.mark.slow
def test_a_study_on_a_slow_new_machine_says_what_it_measures_and_loses_no_trial(
    machine: pdk.Models, tmp_path: Path
) -> None:
    execution = f'epoch_time_limit = "{LIMIT} s"\n[pdk]\npath = "{machine.directory}"'
    study = quasistatic(execution, trials=2)
    out = tmp_path / "out"
    assert start_driver(study, out).wait(280) == 0, (tmp_path / "out.log").read_text()
    events = events_in(tmp_path / "out.log")
    stages = [event["stage"] for event in events if event["event"] == "preparing"]
    measured = [stage for stage in stages if stage["work"] == "measuring transistors"]
    assert [stage["done"] for stage in measured] == list(range(DECKS))
    names = [event["event"] for event in events]
    assert names.index("preparing") < names.index("prepared") < names.index("epoch_finished")
    results = open_results(out)
    assert [trial.state.name for trial in results.study.trials] == ["COMPLETE", "COMPLETE"]
    assert results.epochs(0)[0].wall_seconds < DECKS * SLOW


def test_the_stage_of_a_task_is_a_file_while_it_is_prepared(tmp_path: Path) -> None:
    first, other = Stage("measuring transistors", "drain currents", 0, 4), Stage("x", "y", 3)
    tell, tell_other = StageFile(tmp_path, 7), StageFile(tmp_path, 8)
    tell(first)
    tell_other(other)
    assert stages_in(tmp_path) == {7: first, 8: other}
    (tmp_path / "9.json").write_text('{"work": "cut o')
    tell(None)
    tell(None)
    assert stages_in(tmp_path) == {8: other}
    StageFile(tmp_path / "gone", 1)(first)  # nobody can be told, and nothing is in the way
    assert stages_in(tmp_path / "gone") == {}
