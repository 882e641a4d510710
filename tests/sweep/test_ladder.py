# SPDX-License-Identifier: GPL-3.0-or-later
"""A study on a ladder: cheap rungs first, the best go on, and each rung is kept and shown."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import cast

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

import pdk
from circuits import Design, make_trainer
from circuits.preparation import Stage
from circuits.quasistatic import QuasistaticTrainer
from objectives.trainability import points_run, trainability
from sweep.app.export import export
from sweep.app.report import find_out
from sweep.app.simulate import simulate
from sweep.app.status import status
from sweep.cli._views import ladder_view, show
from sweep.driver._rung_simulators import SimulatorChoiceError, rung_simulators_for, trainers_for
from sweep.driver._stop_request import StopRequest
from sweep.driver._straggler_timeout import StragglerTimeout
from sweep.driver._study_loop import StudyLoop
from sweep.driver.driver import Settings, StoreError, run_study
from sweep.driver.events import (
    EpochFinished,
    EpochStarted,
    Event,
    TrialFailed,
    TrialPromoted,
    TrialPruned,
    TrialStarted,
)
from sweep.report import page
from sweep.results.overview import overview
from sweep.results.study_results import Layout, Results
from sweep.results.trial_record import TRIAL_ATTRIBUTES
from sweep.search.opening import open_results
from sweep.search.study_store import StudyStore
from sweep.study.study_file import StudyFile, load_design
from sweep.worker.executor import Done, RayExecutor
from sweep.worker.simulator_spec import SimulatorSpec
from sweep.worker.task import WorkerTask, perform
from tests.sweep.running import FLAVOURS, GRADIENT, LADDER, Record, digest, laddered, snapshot, tiny

pytest_plugins = ["tests.sweep.finished"]
pytestmark = pytest.mark.usefixtures("ray_session")


def test_a_trial_goes_on_while_it_is_among_the_best_of_its_rung(climbed: Results) -> None:
    reached = dict.fromkeys(range(4), 0)
    earlier: dict[int, list[float]] = {0: [], 1: [], 2: []}
    for trial in climbed.study.trials:  # one worker: in the order of their numbers
        rung, values = trial.user_attrs["rung"], trial.user_attrs["rung_values"]
        assert values[0] == [], "a look at the circuit ranks nothing"
        for index in (1, 2):
            if len(values) <= index:
                break
            (value,) = values[index]
            better = sum(other < value for other in earlier[index])
            earlier[index].append(value)
            assert (rung > index) is (better < max(1, len(earlier[index]) // 2))
        reached[rung] += 1
        assert trial.state is (TrialState.COMPLETE if rung == 3 else TrialState.PRUNED)
    assert reached[0] == 0
    assert reached[1] > 0
    assert reached[3] > 0


def test_the_last_rungs_value_is_the_trials_and_stopped_ones_are_ranked_by_their_rung(
    climbed: Results,
) -> None:
    for trial in climbed.study.trials:
        rung, values = trial.user_attrs["rung"], trial.user_attrs["rung_values"]
        last = climbed.study_file.ladder.last_step(rung)
        assert max(trial.intermediate_values) == last
        assert trial.intermediate_values[last] == values[rung][0]
        assert trial.value == values[-1][0]
        assert trial.user_attrs.keys() <= TRIAL_ATTRIBUTES.keys()
    # What Optuna makes of it: trials that came further are better, then those of a lower value.
    score = optuna.samplers._tpe.sampler._get_pruned_trial_score
    stopped = [trial for trial in climbed.study.trials if trial.state is TrialState.PRUNED]
    ranked = sorted(stopped, key=lambda trial: score(trial, climbed.study))
    keys = [(-t.user_attrs["rung"], t.user_attrs["rung_values"][-1][0]) for t in ranked]
    assert keys == sorted(keys)


def test_a_rungs_value_is_the_mean_over_its_seeds(climbed: Results) -> None:
    for trial in climbed.study.trials:
        each = [climbed.epochs(trial.number, f"quasistatic_seed{seed}") for seed in (0, 1)]
        for records in each:
            (record,) = records  # both epochs in one task, and in one file
            assert [score.epoch for score in record.scores] == [0, 1]
            assert record.arrays["held_out_before"].shape == (3, 1)
        mean = np.mean([records[-1].score.nmse for records in each])
        assert trial.user_attrs["rung_values"][1] == [pytest.approx(mean, rel=1e-12)]


def test_a_longer_rung_goes_on_where_the_shorter_one_ended(climbed: Results) -> None:
    trial = climbed.study.best_trial
    first, second = climbed.epochs(trial.number, "transient_seed0")
    assert (first.rung, second.rung) == (2, 3)
    assert second.previous_key == first.run_key
    assert trial.user_attrs["rung_values"][2:] == [[first.score.nmse], [second.score.nmse]]


def test_what_each_rung_took_is_kept(climbed: Results) -> None:
    phase = Design().value("timing.phase_duration")
    train, held_out = 3 * 4, 3  # phases of an epoch
    phases = [4, 2 * (2 * train + 3 * held_out), train + 2 * held_out, train + held_out]
    for trial in climbed.study.trials:
        rung, attributes = trial.user_attrs["rung"], trial.user_attrs
        assert len(attributes["rung_seconds"]) == rung + 1
        assert min(attributes["rung_seconds"]) > 0
        expected = [count * phase for count in phases[: rung + 1]]
        assert attributes["rung_simulated"] == pytest.approx(expected)


def test_status_and_report_show_the_rungs(
    climbed: Results, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(json.dumps(status(climbed).to_json()))
    rungs = document["ladder"]
    assert [rung["kind"] for rung in rungs] == ["device", "training", "training", "training"]
    assert [rung["reached"] for rung in rungs][:2] == [6, 6]
    for below, above in pairwise(rungs):
        assert below["promoted"] == above["reached"]
        assert below["finished"] == below["promoted"] + below["stopped"]
    assert rungs[1]["promotion_rate"] == rungs[1]["promoted"] / 6
    assert rungs[3]["promotion_rate"] is None
    assert rungs[1]["pairs"] == rungs[2]["finished"]
    seen = overview(climbed)
    assert rungs[1]["seconds"] == pytest.approx(
        sum(trial.user_attrs["rung_seconds"][1] for trial in climbed.study.trials)
    )
    text = page(find_out(climbed))
    assert "<h2>Ladder</h2>" in text
    assert "quasistatic, 2 epochs, 2 seeds" in text
    assert '"key":"rung"' in text
    show(ladder_view(seen.ladder))
    assert "quasistatic" in capsys.readouterr().out


def test_the_curve_of_a_trial_is_that_of_its_highest_training(climbed: Results) -> None:
    for trial in overview(climbed).trials:
        values = climbed.study.trials[trial.number].user_attrs["rung_values"]
        assert trial.nmse == pytest.approx(values[-1][0], rel=1e-12)
        assert len(trial.curve) == (1 if trial.rung == 2 else 2)
        assert trial.before == climbed.study.trials[trial.number].user_attrs["nmse_before"]


@pytest.mark.parametrize("which", ["best", "stopped"])
def test_an_exported_trial_repeats_its_highest_trainings_first_seed(
    which: str, climbed: Results, tmp_path: Path
) -> None:
    stopped = [t.number for t in climbed.study.trials if t.user_attrs["rung"] == 1]
    exported = export(climbed, trial=None if which == "best" else stopped[0], to=tmp_path / "to")
    simulator = "ngspice" if which == "best" else "quasistatic"
    assert exported.command.endswith(f"--simulator {simulator}")
    described = load_design(tmp_path / "to" / "design.toml")
    training = simulate(described, make_trainer(simulator, pdk.locate()))
    name = "transient_seed0" if which == "best" else "quasistatic_seed0"
    last = climbed.epochs(exported.trial, name)[-1]
    assert training.run_key == last.run_key
    assert training.nmse == exported.nmse == last.score.nmse
    assert training.nmse_before == exported.nmse_before
    assert np.array_equal(training.weights, last.arrays["final_weights"])
    assert f"rung {4 if which == 'best' else 2} of 4" in exported.notes[0]


def test_two_workers_train_two_seeds_of_a_trial_at_a_time(tmp_path: Path) -> None:
    seeds = 'kind = "training"\nsimulator = "transient"\nseeds = 2\n'
    study = laddered(f"[[ladder.rungs]]\n{seeds}", trials=1, workers=2)
    observer = Record()
    run_study(study, Settings(out=tmp_path), observer=observer)
    kinds = [type(event) for event in observer.events if hasattr(event, "epoch")]
    # The two keep step: none begins an epoch before the other has finished the one below.
    assert kinds == [TrialStarted, *2 * [EpochStarted, EpochStarted, EpochFinished, EpochFinished]]
    results = open_results(tmp_path)
    each = [results.epochs(0, f"transient_seed{seed}") for seed in (0, 1)]
    assert each[0][0].run_key != each[1][0].run_key
    mean = np.mean([records[-1].score.nmse for records in each])
    assert results.study.best_value == pytest.approx(mean, rel=1e-12)
    curve = [np.mean([records[epoch].score.nmse for records in each]) for epoch in (0, 1)]
    assert list(results.study.trials[0].intermediate_values.values()) == pytest.approx(curve)


def test_many_workers_climb_together(tmp_path: Path) -> None:
    observer = Record()
    study = laddered(LADDER + "seeds = 2\n", trials=8, workers=4)
    summary = run_study(study, Settings(out=tmp_path), observer=observer)
    assert (summary.complete + summary.pruned, summary.failed, summary.running) == (8, 0, 0)
    results = open_results(tmp_path)
    for trial in results.study.trials:
        rung, values = trial.user_attrs["rung"], trial.user_attrs["rung_values"]
        assert len(values) == rung + 1
        assert (trial.state is TrialState.COMPLETE) is (rung == 3)
    keys = [
        (event.trial, event.rung, event.seed, event.epoch) for event in observer.of(EpochFinished)
    ]
    assert len(keys) == len(set(keys)) == len(list(tmp_path.rglob("*.npz")))


def test_with_one_worker_a_ladder_gives_the_same_trials(climbed: Results, tmp_path: Path) -> None:
    observer = Record()
    run_study(laddered(), Settings(out=tmp_path / "out"), observer=observer)
    assert digest(tmp_path / "out") == digest(climbed.out)
    told = [(event.trial, event.rung) for event in observer.of(TrialPromoted)]
    reached = [trial.user_attrs["rung"] for trial in climbed.study.trials]
    assert told == [(n, rung) for n, top in enumerate(reached) for rung in range(1, top + 1)]


def test_of_several_objectives_the_front_of_a_rung_goes_on(tmp_path: Path) -> None:
    search = 'objectives = { nmse = "minimize", energy = "minimize" }'
    summary = run_study(laddered(search=search), Settings(out=tmp_path), observer=Record())
    assert summary.complete > 0
    assert summary.pruned > 0
    results = open_results(tmp_path)
    for trial in results.study.trials:
        values = trial.user_attrs["rung_values"]
        assert trial.intermediate_values == {}
        assert [len(each) for each in values] == [0, 2, 2, 2][: len(values)]
        if trial.state is TrialState.COMPLETE:
            assert trial.values == values[-1]
    assert results.study.trials[0].state is TrialState.COMPLETE
    # To TPE, a trial lacks the rungs that it did not reach, and its place on the one it did.
    _, worse = optuna.samplers._tpe.sampler._split_trials(
        results.study, results.study.trials, n_below=summary.complete
    )
    assert {trial.state for trial in worse} == {TrialState.PRUNED}
    for trial in worse:
        (lacking,) = trial.constraints.values()
        assert 0 <= lacking - (3 - trial.user_attrs["rung"]) < 1
    assert "<h2>Ladder</h2>" in page(find_out(results))


def test_a_threshold_stops_the_best_trial_too(tmp_path: Path) -> None:
    ladder = LADDER.replace("weight_seeds = [0, 1]", "require = 1e-6")
    observer = Record()
    summary = run_study(laddered(ladder, trials=3), Settings(out=tmp_path), observer=observer)
    assert (summary.complete, summary.pruned) == (0, 3)
    assert {event.rung for event in observer.of(TrialPruned)} == {1}
    assert not list(tmp_path.rglob("transient*"))


def test_a_trial_that_fails_at_a_cheap_rung_costs_no_transient(tmp_path: Path) -> None:
    # A finite bandwidth is nothing that a chain of equilibria can follow.
    observer = Record()
    study = laddered(design='amplifier.bandwidth = "10 kHz"', trials=2)
    summary = run_study(study, Settings(out=tmp_path), observer=observer)
    assert (summary.complete, summary.failed) == (0, 2)
    for event in observer.of(TrialFailed):
        assert (event.rung, event.status, event.cause) == (0, "refused", "NotQuasistatic")
        assert "amplifier.bandwidth" in event.message
    assert not list(tmp_path.rglob("*.npz"))
    (first, _) = open_results(tmp_path).study.trials
    assert (first.user_attrs["failed_rung"], first.user_attrs["rung"]) == (0, 0)
    (device, *rest) = status(open_results(tmp_path)).to_json()["ladder"]
    assert (device["failed"], device["finished"]) == (2, 0)
    assert all(rung["reached"] == 0 for rung in rest)


def test_a_failed_seed_fails_its_trial_and_ends_its_sisters(tmp_path: Path) -> None:
    ladder = '[[ladder.rungs]]\nkind = "training"\nsimulator = "transient"\nseeds = 5\n'
    study = laddered(f'epoch_time_limit = "5 ms"\n{ladder}', trials=1, workers=2)
    observer = Record()
    summary = run_study(study, Settings(out=tmp_path), observer=observer)
    assert summary.failed == 1
    (failed,) = observer.of(TrialFailed)
    assert failed.status == "timeout"
    assert len(observer.of(EpochStarted)) < 5
    (seconds,) = open_results(tmp_path).study.trials[0].user_attrs["rung_seconds"]
    assert seconds > 0.005


@dataclass
class AtOnce:
    """An executor that brings back two tasks together."""

    workers: int = 2
    tasks: list[WorkerTask] = field(default_factory=list)

    def check(self, _specs: Sequence[SimulatorSpec]) -> list[str]:
        return []

    def submit(self, task: WorkerTask) -> None:
        self.tasks.append(task)

    def wait(self, _seconds: float) -> list[Done]:
        done, self.tasks = [Done(task, perform(task)) for task in self.tasks], []
        return done

    def stages(self) -> dict[int, Stage]:
        return {}

    def drop(self, tickets: set[int]) -> None:
        self.tasks = [task for task in self.tasks if task.ticket not in tickets]


def test_sisters_that_fail_together_fail_their_trial_once(tmp_path: Path) -> None:
    ladder = '[[ladder.rungs]]\nkind = "training"\nsimulator = "transient"\nseeds = 5\n'
    study = laddered(f'epoch_time_limit = "5 ms"\n{ladder}', trials=1)
    trainers, layout = trainers_for(study, None, None, out=tmp_path), Layout(tmp_path / "out")
    observer = Record()
    store = StudyStore(optuna.create_study(), study, contextlib.nullcontext)
    loop = StudyLoop(
        study_file=study, layout=layout, store=store, executor=cast("RayExecutor", AtOnce()),
        rung_simulators=rung_simulators_for(study, trainers, tmp_path, cache=False), observer=observer,
        stop_request=StopRequest(layout), target=1, straggler_timeout=StragglerTimeout(factor=math.inf, least=math.inf),
    )  # fmt: skip
    loop.run()
    assert len(observer.of(EpochStarted)) == 2
    assert [event.status for event in observer.of(TrialFailed)] == ["timeout"]
    assert store.progress().failed == 1


def test_updates_that_follow_the_gradient_go_on(tmp_path: Path) -> None:
    study = laddered(GRADIENT, trials=5, sampler="random")
    observer = Record()
    summary = run_study(study, Settings(out=tmp_path), observer=observer)
    assert summary.complete + summary.pruned == 5
    trainer = make_trainer("quasistatic", pdk.locate())
    assert isinstance(trainer, QuasistaticTrainer)
    results, earlier = open_results(tmp_path), []
    for trial in results.study.trials:
        run = points_run(study.plan, study.space.design(trial.params), points=3)
        value = 1 - trainability(trainer, run).worst_alignment
        assert trial.user_attrs["rung_values"][0] == [pytest.approx(value, rel=1e-9)]
        assert trial.intermediate_values[1] == trial.user_attrs["rung_values"][0][0]
        better = sum(other < value for other in earlier)
        earlier.append(value)
        assert (trial.user_attrs["rung"] == 1) is (better < max(1, len(earlier) // 2))
    for event in observer.of(TrialPruned):
        assert (event.rung, event.epochs) == (0, 0)
        assert event.values == tuple(results.study.trials[event.trial].user_attrs["rung_values"][0])
    (gradient, _) = overview(results).ladder
    assert len(gradient.pairs) == summary.complete


def test_a_gradient_too_far_off_is_not_trained(tmp_path: Path) -> None:
    study = laddered(GRADIENT.replace("reduction_factor = 2", "require = 0"), trials=2)
    summary = run_study(study, Settings(out=tmp_path), observer=Record())
    assert summary.pruned == 2
    assert not list(tmp_path.rglob("*.npz"))


def test_within_a_rung_hopeless_trials_are_pruned_between_epochs(tmp_path: Path) -> None:
    ladder = """\
[[ladder.rungs]]
kind = "training"
simulator = "quasistatic"
reduction_factor = 2
[[ladder.rungs]]
kind = "training"
simulator = "transient"
epochs = 5
"""
    study = laddered(
        ladder,
        trials=16,
        sampler="random",
        search='pruner = { kind = "median", startup_trials = 1 }',
    )
    observer = Record()
    run_study(study, Settings(out=tmp_path), observer=observer)
    early = [event for event in observer.of(TrialPruned) if event.rung == 1]
    assert early
    results = open_results(tmp_path)
    for event in early:
        assert event.epochs < 5
        trial = results.study.trials[event.trial]
        assert max(trial.intermediate_values) == 2 + event.epochs
        assert len(trial.user_attrs["rung_values"]) == 1
        assert len(trial.user_attrs["rung_seconds"]) == 2
        assert len(results.epochs(event.trial)) == event.epochs


def test_an_infeasible_design_stops_at_the_foot(tmp_path: Path) -> None:
    lengths = '"synapse.length_p" = { low = "0.15 um", high = "0.8 um", log = true }'
    study = laddered(trials=5, sampler="random", length_p="", space=f"{FLAVOURS}\n{lengths}")
    observer = Record()
    summary = run_study(study, Settings(out=tmp_path), observer=observer)
    assert summary.failed > 0
    for event in observer.of(TrialFailed):
        assert (event.rung, event.status) == (0, "infeasible")


def test_the_simulators_of_a_ladder_are_its_own(tmp_path: Path) -> None:
    with pytest.raises(SimulatorChoiceError, match="has a ladder") as refusal:
        run_study(
            laddered(), Settings(out=tmp_path / "a", simulator="quasistatic"), observer=Record()
        )
    assert refusal.value.exit_code == 2
    assert not (tmp_path / "a").exists()
    out = tmp_path / "out"
    run_study(laddered(trials=1), Settings(out=out, simulator="ngspice"), observer=Record())
    manifest = open_results(out).manifest
    assert [rung["simulator"] for rung in manifest.rungs] == [
        "quasistatic", "quasistatic", "ngspice", "ngspice",
    ]  # fmt: skip
    before = snapshot(out)
    with pytest.raises(StoreError, match="begun with ngspice"):
        run_study(
            laddered(trials=1),
            Settings(out=out, simulator="xyce", resume=True),
            observer=Record(),
        )
    assert snapshot(out) == before


def test_a_ladder_makes_another_study(climbed: Results) -> None:
    assert laddered().fingerprint != tiny(trials=6, sampler="tpe").fingerprint
    changed = LADDER.replace("reduction_factor = 2", "reduction_factor = 3", 1)
    assert laddered(changed).fingerprint != laddered().fingerprint
    with pytest.raises(StoreError, match="another study"):
        run_study(laddered(changed), Settings(out=climbed.out, resume=True), observer=Record())


def test_more_trials_can_be_asked_for_later(climbed: Results, tmp_path: Path) -> None:
    run_study(laddered(trials=3), Settings(out=tmp_path), observer=Record())
    settings = Settings(out=tmp_path, resume=True, trials=6)
    run_study(laddered(trials=3), settings, observer=Record())
    assert digest(tmp_path) == digest(climbed.out)


def test_a_damaged_file_of_the_rung_that_a_trial_is_on_is_seen(tmp_path: Path) -> None:
    out = tmp_path / "out"

    class Halt(BaseException):
        pass

    def halt(event: Event) -> None:
        if isinstance(event, EpochFinished) and event.rung == 2:
            raise Halt

    with pytest.raises(Halt):
        run_study(laddered(trials=2), Settings(out=out), observer=Record(halt))
    path = Layout(out).epoch(0, 0, training="transient_seed0")
    path.write_bytes(path.read_bytes()[:-200])
    observer = Record()
    summary = run_study(laddered(trials=2), Settings(out=out, resume=True), observer=observer)
    (failure,) = observer.of(TrialFailed)
    assert (failure.trial, failure.status, failure.rung) == (0, "damaged", 2)
    assert summary.failed == 0
    assert summary.complete + summary.pruned == 2
    assert observer.of(TrialStarted)[0].trial == 1
    assert math.isfinite(open_results(out).study.best_value)


GRADIENT_LADDER = """\
[[ladder.rungs]]
kind = "gradient"
points = 3
reduction_factor = 2
[[ladder.rungs]]
kind = "training"
simulator = "quasistatic"
trained = "lower"
reduction_factor = 2
[[ladder.rungs]]
kind = "training"
simulator = "quasistatic"
"""


def test_gradients_and_lower_layers_are_rungs_of_their_own(tmp_path: Path) -> None:
    study = laddered(GRADIENT_LADDER, trials=6, workers=1)
    run_study(study, Settings(out=tmp_path / "out"), observer=Record())
    found = open_results(tmp_path / "out")
    reached = [trial.user_attrs["rung"] for trial in found.study.trials]
    assert max(reached) == 2
    assert min(reached) == 0, "the gradient alone stops some"
    for trial in found.study.trials:
        (alignment,) = trial.user_attrs["rung_values"][0]
        assert 0.0 <= alignment <= 2.0
    top = reached.index(2)
    lower, whole = (
        found.epochs(top, f"quasistatic_seed0{suffix}")[-1].arrays["final_weights"]
        for suffix in ("_lower", "")
    )
    first = np.concatenate(
        [w.ravel() for w in study.plan.first_weights(_design(study, found, top))]
    )
    last_layer = slice(first.size - 2, first.size)
    assert np.abs(lower[last_layer] - first[last_layer]).max() < 1e-3, "it couples, no more"
    assert not np.allclose(lower, whole)


STRIDES = """\
[[ladder.rungs]]
kind = "training"
simulator = "quasistatic"
stride = 2
epochs = 3
reduction_factor = 2
[[ladder.rungs]]
kind = "training"
simulator = "quasistatic"
"""


def test_a_rung_of_larger_steps_is_a_training_of_its_own(tmp_path: Path) -> None:
    study = laddered(STRIDES, trials=6, workers=1)
    run_study(study, Settings(out=tmp_path / "out"), observer=Record())
    found = open_results(tmp_path / "out")
    top = found.study.best_trial.number
    (large,) = found.epochs(top, "quasistatic_seed0_stride2")
    (small,) = found.epochs(top, "quasistatic_seed0")
    assert [len(large.scores), len(small.scores)] == [3, 2]
    stopped = next(t.number for t in found.study.trials if t.user_attrs["rung"] == 0)
    export(found, trial=stopped, to=tmp_path / "to", verify=False)
    described = load_design(tmp_path / "to" / "design.toml")
    assert (described.plan.stride, described.plan.epochs) == (2, 3)
    again = simulate(described, make_trainer("quasistatic", pdk.locate()))
    (kept,) = found.epochs(stopped, "quasistatic_seed0_stride2")
    assert np.array_equal(again.weights, kept.arrays["final_weights"])


def _design(study: StudyFile, found: Results, trial: int) -> Design:
    return study.space.design(found.study.trials[trial].params)
