# SPDX-License-Identifier: GPL-3.0-or-later
"""`TrialRun`: a trial while it is executed, rung by rung, new or restored from its files."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from circuits import Design, Trainer
from objectives import METRICS, Measured, TrainingPlan, improved
from sweep.driver._training_run import Cost, TrainingRun, restore
from sweep.results.epoch_records import RecordError
from sweep.results.files import Layout
from sweep.results.rung_results import RungRecord, RungResult
from sweep.results.scenario_record import ScenarioRecord
from sweep.results.trial_record import TrainingRecord, TrialRecord
from sweep.search.study_store import TrialHandle
from sweep.study.ladder import Ladder, Rung, TrainingRung
from sweep.worker.simulator_spec import SimulatorSpec
from sweep.worker.task import CheckTask, TaskResult, WorkerTask

_NMSE = "nmse"


@dataclass(slots=True)
class CheckRun:
    """State of a check. Its values are in memory only, until the study store has those of the rung.

    - `plan`: the study's training plan; `check`: name of the check; `points`: number of training points.
    - `values`: the result; None before.
    - `cost`: what it took so far.
    - `tries`, `lost`, `busy`: as in `TrainingRun`.
    """

    plan: TrainingPlan
    check: str
    points: int
    values: tuple[float, ...] | None = None
    cost: Cost = field(default_factory=Cost)
    tries: int = 0
    lost: int = 0
    busy: bool = False

    next_epoch = 0
    span = 0

    @property
    def seed(self) -> int:
        """Seed of the weights with which the circuit is checked."""
        return self.plan.weight_seed

    @property
    def is_done(self) -> bool:
        """Whether the check has its result."""
        return self.values is not None

    def task(
        self, ticket: int, design: Mapping[str, Any], spec: SimulatorSpec, *, seconds: float
    ) -> WorkerTask:
        """Returns the check as a task for a worker.

        **Arguments:**

        - `ticket`, `design`, `spec`: as in `TrainingRun.task`.
        - `seconds`: not used, as all checks are short and have no straggler timeout.
        """
        del seconds
        return CheckTask(
            ticket=ticket,
            plan=self.plan,
            design=design,
            spec=spec,
            check=self.check,
            points=self.points,
        )


Work = TrainingRun | CheckRun


@dataclass(slots=True)
class TrialRun:
    """State of a trial between two of its tasks.

    **Attributes:**

    - `handle`: its entry in the study store.
    - `design`: made from its parameters; `plan`: the study's training plan.
    - `ladder`: of the study; `rung`: index of its current rung, from 0.
    - `finished`: results of the rungs that it has finished.
    - `works`: the trainings of the current rung, or its check.
    - `judged`: number of epochs (or scenarios) of this rung after which the pruner was last asked.
    """

    handle: TrialHandle
    design: Design
    plan: TrainingPlan
    ladder: Ladder
    rung: int = 0
    finished: list[RungResult] = field(default_factory=list)
    works: Sequence[Work] = ()
    judged: int = 0

    def __post_init__(self) -> None:
        self.enter(self.rung)

    @property
    def number(self) -> int:
        """The trial's number."""
        return self.handle.number

    @property
    def current(self) -> Rung:
        """The rung that it is on."""
        return self.ladder.rungs[self.rung]

    @property
    def is_at_the_top(self) -> bool:
        """Whether this is the last rung."""
        return self.rung == len(self.ladder.rungs) - 1

    @property
    def trainings(self) -> list[TrainingRun]:
        """The trainings of this rung."""
        return [work for work in self.works if isinstance(work, TrainingRun)]

    @property
    def results(self) -> list[TrainingRun]:
        """The trainings of this rung that have not failed."""
        return [training for training in self.trainings if training.failure is None]

    @property
    def counts_failures(self) -> bool:
        """Whether the trial continues although a training of this rung has failed."""
        return isinstance(self.current, TrainingRung) and self.current.counts_failures

    @property
    def level(self) -> int:
        """Number of epochs that every training of this rung has finished."""
        return min((training.next_epoch for training in self.results), default=0)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do on this rung."""
        return all(work.is_done for work in self.works)

    @property
    def nmse(self) -> float:
        """Held-out NMSE after the last epoch that all trainings have finished; NaN before one."""
        curve = self.curve()
        return curve[-1] if curve else math.nan

    @property
    def has_scenarios(self) -> bool:
        """Whether this rung trains in scenarios."""
        return isinstance(self.current, TrainingRung) and self.current.robustness is not None

    def enter(self, rung: int) -> None:
        """Begins a rung. Trainings that it shares with the rung below continue."""
        known = {training.name: training for training in self.trainings}
        self.rung, self.judged = rung, 0
        current = self.current
        if not isinstance(current, TrainingRung):
            self.works = (CheckRun(self.plan, current.kind, current.points),)
            return
        trainings = []
        for scenario in current.scenarios:
            name = self.ladder.training(rung, scenario)
            plan = current.plan(self.plan, scenario)
            training = known.get(name) or TrainingRun(self.number, name, plan)
            training.plan, training.in_one_go = plan, self.ladder.in_one_go(rung)
            trainings.append(training)
        self.works = trainings

    def take_ready(self) -> list[Work]:
        """Returns the work that can start now, and marks it as busy.

        Trainings that run epoch by epoch wait for each other, so that the pruner stops a bad trial after
        as few epochs as possible. Scenarios do not wait, as the pruner compares finished scenarios.
        """
        level = self.level
        ready = [
            work
            for work in self.works
            if not (work.busy or work.is_done)
            and (
                isinstance(work, CheckRun)
                or work.in_one_go
                or self.has_scenarios
                or work.next_epoch == level
            )
        ]
        for work in ready:
            work.busy = True
        return ready

    def keep(self, work: Work, result: TaskResult, layout: Layout, *, models: str) -> None:
        """Stores the result of a task: of a training on disk, of a check in memory.

        **Arguments:**

        - `work`: the training or check that the task belongs to.
        - `result`: of the task; for a training with at least one finished epoch.
        - `layout`: paths of the study's files.
        - `models`: SHA-256 of the transistor models.

        **Raises:** `OSError` where the file cannot be written.
        """
        if isinstance(work, CheckRun):
            work.values = result.values
            work.cost.add(result.wall_seconds, result.simulated_seconds)
            return
        work.keep(result, layout, rung=self.rung, models=models)

    def spend(self, work: Work, result: TaskResult) -> None:
        """Adds the cost of a task without a usable result to that of its work."""
        if isinstance(work, CheckRun):
            work.cost.add(result.wall_seconds, result.simulated_seconds)
        else:
            work.spend(self.rung, result.wall_seconds, result.simulated_seconds)

    def curve(self) -> list[float]:
        """Held-out NMSE of this rung after each epoch that all its trainings have finished."""
        current, trainings = self.current, self.results
        if not isinstance(current, TrainingRung):
            return []
        return [
            current.combined([training.scores[epoch].nmse for training in trainings])
            for epoch in range(self.level)
        ]

    def reports(self) -> dict[int, float]:
        """Held-out NMSE at each step of this rung, from 1.

        After each epoch that all trainings have finished or, of scenarios, of each finished one.
        """
        if not self.has_scenarios:
            return dict(enumerate(self.curve(), start=1))
        return {
            step: training.scores[-1].nmse
            for step, training in enumerate(self.trainings, start=1)
            if training.is_done and training.failure is None
        }

    def metrics(self, ways: Mapping[str, str]) -> dict[str, float]:
        """Returns metrics of this rung, by name.

        For a training without a result, the NMSE and every metric over scenarios are infinite; all other
        metrics leave the training out.

        **Arguments:**

        - `ways`: `minimize` or `maximize` for each metric, by name.
        """
        current = self.current
        assert isinstance(current, TrainingRung)
        each = [Measured(training.plan, self.design, training.scores) for training in self.results]
        lost = [math.inf] * (len(self.trainings) - len(each))
        found = {}
        for name, way in ways.items():
            metric = METRICS[name]
            values = [metric.measure(training) for training in each]
            values += lost if metric.name == _NMSE or metric.over != "rung" else []
            maximise = way == "maximize"
            found[name] = current.value(metric, values, maximise=maximise) if values else math.nan
        return found

    def values(self, directions: Mapping[str, str]) -> tuple[float, ...]:
        """Returns the values of this rung: those of the objectives, or those of its check."""
        (first, *_) = self.works
        if isinstance(first, CheckRun):
            assert first.values is not None
            return first.values
        return tuple(self.metrics(directions).values())

    def spent(self) -> Cost:
        """Returns the cost of this rung so far."""
        total = Cost()
        for work in self.works:
            cost = work.cost if isinstance(work, CheckRun) else work.costs.get(self.rung)
            if cost is not None:
                total.add(cost.wall, cost.simulated)
        return total

    def finish(self, directions: Mapping[str, str]) -> RungResult:
        """Adds the result of this rung, whose work is done, to `finished`, and returns it."""
        spent = self.spent()
        result = RungResult(
            values=self.values(directions), seconds=spent.wall, simulated=spent.simulated
        )
        self.finished.append(result)
        return result

    def record(self, directions: Mapping[str, str]) -> TrialRecord:
        """Returns the record of this trial for the study store.

        **Arguments:**

        - `directions`: `minimize` or `maximize` for each objective, by name.
        """
        spent = self.spent()
        begun = len(self.finished) == self.rung and (spent.wall or spent.simulated)
        unfinished = RungResult(seconds=spent.wall, simulated=spent.simulated) if begun else None
        return TrialRecord(
            training=self._training_record(),
            scenarios=self._scenario_records(directions),
            rungs=RungRecord(tuple(self.finished), unfinished),
            rung=self.rung,
        )

    def _scenario_records(self, directions: Mapping[str, str]) -> tuple[ScenarioRecord, ...]:
        """Returns a record of each finished scenario of this rung."""
        if not self.has_scenarios:
            return ()
        current = self.current
        assert isinstance(current, TrainingRung)
        names = [name for name in directions if METRICS[name].over == "rung" and name != _NMSE]
        found = []
        for scenario, training in zip(current.scenarios, self.trainings, strict=True):
            if not training.is_done:
                continue
            silicon = {**scenario.told(self.plan), "training": training.name}
            failure = training.failure
            if failure is not None:
                found.append(
                    ScenarioRecord(
                        **silicon, nmse=math.inf, status=failure.status, cause=failure.cause
                    )
                )
                continue
            measured = Measured(training.plan, self.design, training.scores)
            nmse = METRICS[_NMSE].measure(measured)
            metrics = {name: METRICS[name].measure(measured) for name in names}
            found.append(ScenarioRecord(**silicon, nmse=nmse, metrics=metrics))
        return tuple(found)

    def _training_record(self) -> TrainingRecord | None:
        """Returns the part of the record about the training of the highest rung.

        It is None before the first epoch of this rung where an earlier rung has trained: the study store
        has that rung's record already.
        """
        trainings = self.results
        if not self.level:
            below = self.ladder.rungs[: self.rung]
            trained = any(isinstance(rung, TrainingRung) for rung in below)
            return None if trained else TrainingRecord()
        current = self.current
        assert isinstance(current, TrainingRung)
        metrics = self.metrics({"energy": "minimize", "seconds": "minimize"})
        before = [training.scores[0].nmse_before for training in trainings]
        cpu = [math.fsum(s.cpu_seconds for s in training.scores) for training in trainings]
        nmse_before = current.combined(before)
        return TrainingRecord(
            epochs=self.level,
            nmse_before=nmse_before,
            nmse=self.nmse,
            improved=improved(nmse_before, self.nmse),
            energy_per_point=metrics["energy"],
            seconds=metrics["seconds"],
            cpu_seconds=current.combined(cpu),
            simulator=trainings[0].simulator,
            version=trainings[0].version,
            run_key=trainings[0].run_key,
            cached=sum(training.cached for training in trainings),
        )

    def take_up(self, layout: Layout, trainer: Trainer, reported: Mapping[int, float]) -> None:
        """Restores the trainings of this rung from their files, and compares them with what was reported.

        **Arguments:**

        - `layout`: paths of the study's files.
        - `trainer`: of this rung.
        - `reported`: held-out NMSE at each step of the study's reports, as the storage has it.

        **Raises:** `RecordError` where a file is damaged or missing, belongs to another study, or gives
        another NMSE than the storage; `CircuitError` as `restore`.
        """
        for training in self.trainings:
            restore(training, self.design, layout, trainer)
        first, own = self.ladder.first_step(self.rung), self.reports()
        last = self.current.span if self.has_scenarios else None  # the value of all scenarios
        for step, nmse in reported.items():
            here = step - first
            if not 0 < here <= self.current.span or here == last:
                continue
            if here not in own:
                what = "Scenario" if self.has_scenarios else "Epoch"
                msg = (
                    f"{what} {here - 1} of trial {self.number} was finished, and its file or one "
                    f"before it is missing in {layout.trial(self.number)}."
                )
                raise RecordError(msg)
            if not math.isclose(own[here], nmse):
                msg = (
                    f"The files in {layout.trial(self.number)} have another NMSE after "
                    f"{here} {'scenarios' if self.has_scenarios else 'epochs'} than the storage."
                )
                raise RecordError(msg)
