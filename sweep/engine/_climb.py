# SPDX-License-Identifier: GPL-3.0-or-later
"""`Climb`: a trial on its way up the ladder, begun or taken up again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from circuits import Design, Trainer
from objectives import TrainingPlan
from sweep.engine._equipment import Equipment
from sweep.engine._ledger import Attempt
from sweep.engine._task import CheckTask, Task, TaskResult
from sweep.engine._training import Cost, Training, restore
from sweep.results._files import Layout
from sweep.results._passed import Passed, attributes_of
from sweep.results._records import RecordError
from sweep.study.ladder import Ladder, Rung, TrainingRung


@dataclass(slots=True)
class Checking:
    """A check that a trial has to pass; kept in memory until its rung is in the ledger.

    - `values`: what it gave; None before.
    - `tries`, `busy`: as in `Training`.
    """

    plan: TrainingPlan
    check: str
    points: int
    values: tuple[float, ...] | None = None
    cost: Cost = field(default_factory=Cost)
    tries: int = 0
    busy: bool = False

    next_epoch = 0
    span = 0

    @property
    def seed(self) -> int:
        """The seed of the weights that are looked at."""
        return self.plan.weight_seed

    @property
    def is_done(self) -> bool:
        """Whether it has given its values."""
        return self.values is not None

    def task(
        self, ticket: int, design: Mapping[str, Any], equipment: Equipment, *, seconds: float
    ) -> Task:
        """The check, for a worker. It is never cut, as all are short."""
        del seconds
        return CheckTask(
            ticket=ticket,
            plan=self.plan,
            design=design,
            equipment=equipment,
            check=self.check,
            points=self.points,
        )


Work = Training | Checking


@dataclass(slots=True)
class Climb:
    """A trial between two of its tasks.

    **Attributes:**

    - `attempt`: its entry in the ledger.
    - `design`: what its parameters make; `plan`: the study's training.
    - `ladder`: what it climbs; `rung`: where it is, from 0.
    - `passed`: the rungs below, as far as it has been on the ladder.
    - `works`: what is to be done on this rung: its trainings, or its check.
    - `judged`: after how many epochs of this rung the pruner was last asked.
    """

    attempt: Attempt
    design: Design
    plan: TrainingPlan
    ladder: Ladder
    rung: int = 0
    passed: list[Passed] = field(default_factory=list)
    works: Sequence[Work] = ()
    judged: int = 0

    def __post_init__(self) -> None:
        self.enter(self.rung)

    @property
    def number(self) -> int:
        """The trial's number."""
        return self.attempt.number

    @property
    def current(self) -> Rung:
        """The rung it is on."""
        return self.ladder.rungs[self.rung]

    @property
    def is_at_the_top(self) -> bool:
        """Whether this is the last rung."""
        return self.rung == len(self.ladder.rungs) - 1

    @property
    def trainings(self) -> list[Training]:
        """The trainings of this rung."""
        return [work for work in self.works if isinstance(work, Training)]

    @property
    def level(self) -> int:
        """How many epochs all trainings of this rung have finished."""
        return min((training.next_epoch for training in self.trainings), default=0)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do on this rung."""
        return all(work.is_done for work in self.works)

    @property
    def nmse(self) -> float:
        """Held-out NMSE after the last epoch that all trainings have finished; NaN before one."""
        curve = self.curve()
        return curve[-1] if curve else math.nan

    def enter(self, rung: int) -> None:
        """Begin a rung. Trainings that the rung below has in common with it go on."""
        known = {training.name: training for training in self.trainings}
        self.rung, self.judged = rung, 0
        current = self.current
        if not isinstance(current, TrainingRung):
            self.works = (Checking(self.plan, current.kind, current.points),)
            return
        trainings = []
        for seed in current.weight_seeds:
            name, plan = self.ladder.training(rung, seed), current.plan(self.plan, seed)
            training = known.get(name) or Training(self.number, name, plan)
            training.plan, training.in_one_go = plan, self.ladder.in_one_go(rung)
            trainings.append(training)
        self.works = trainings

    def take_ready(self) -> list[Work]:
        """What can be done now, and is not being done; it counts as being done from now on.

        Trainings epoch by epoch keep step, so that a hopeless trial ends after as few as possible.
        """
        level = self.level
        ready = [
            work
            for work in self.works
            if not (work.busy or work.is_done)
            and (isinstance(work, Checking) or work.in_one_go or work.next_epoch == level)
        ]
        for work in ready:
            work.busy = True
        return ready

    def keep(self, work: Work, result: TaskResult, layout: Layout, *, models: str) -> None:
        """Take up what a task gave; what it gave for a training is on disk then.

        **Raises:** `OSError`.
        """
        if isinstance(work, Checking):
            work.values = result.values
            work.cost.add(result.wall_seconds, result.simulated_seconds)
            return
        work.keep(result, layout, rung=self.rung, models=models)

    def spend(self, work: Work, result: TaskResult) -> None:
        """Take note of what was spent on a task that left no file."""
        if isinstance(work, Checking):
            work.cost.add(result.wall_seconds, result.simulated_seconds)
        else:
            work.spend(self.rung, result.wall_seconds, result.simulated_seconds)

    def curve(self) -> list[float]:
        """Held-out NMSE of this rung after each epoch that all its trainings have finished."""
        current, trainings = self.current, self.trainings
        if not isinstance(current, TrainingRung):
            return []
        return [
            current.combined([training.scores[epoch].nmse for training in trainings])
            for epoch in range(self.level)
        ]

    def figures(self, directions: Mapping[str, str]) -> dict[str, float]:
        """The rung's values of all objectives; `directions` of those that are searched for."""
        current = self.current
        assert isinstance(current, TrainingRung)
        each = [training.figures() for training in self.trainings]
        return {
            name: current.combined(
                [figures[name] for figures in each],
                maximise=directions.get(name) == "maximize",
            )
            for name in each[0]
        }

    def values(self, directions: Mapping[str, str]) -> tuple[float, ...]:
        """What this rung gave: the objectives' values, or a check's."""
        (first, *_) = self.works
        if isinstance(first, Checking):
            assert first.values is not None
            return first.values
        figures = self.figures(directions)
        return tuple(figures[name] for name in directions)

    def spent(self) -> Cost:
        """What was spent on this rung so far."""
        total = Cost()
        for work in self.works:
            cost = work.cost if isinstance(work, Checking) else work.costs.get(self.rung)
            if cost is not None:
                total.add(cost.wall, cost.simulated)
        return total

    def finish(self, directions: Mapping[str, str]) -> Passed:
        """Note what this rung, on which nothing is left to be done, gave and took."""
        spent = self.spent()
        passed = Passed(
            values=self.values(directions), seconds=spent.wall, simulated=spent.simulated
        )
        self.passed.append(passed)
        return passed

    def attributes(self, directions: Mapping[str, str]) -> dict[str, Any]:
        """What is kept of it as user attributes of the Optuna trial."""
        spent = self.spent()
        begun = len(self.passed) == self.rung and (spent.wall or spent.simulated)
        rungs = attributes_of(
            self.passed,
            seconds=spent.wall if begun else None,
            simulated=spent.simulated if begun else None,
        )
        # The rung last: where a storage writes one after the other, it says that the others are there.
        return {**self._training_attributes(directions), **rungs, "rung": self.rung}

    def _training_attributes(self, directions: Mapping[str, str]) -> dict[str, Any]:
        """The highest training's part of them.

        Nothing before this rung's first epoch: what the rung below left is there already.
        """
        trainings = self.trainings
        if not self.level:
            below = self.ladder.rungs[: self.rung]
            return {} if any(isinstance(r, TrainingRung) for r in below) else {"epochs": 0}
        current = self.current
        assert isinstance(current, TrainingRung)
        figures = self.figures(directions)
        before = [training.scores[0].nmse_before for training in trainings]
        cpu = [math.fsum(s.cpu_seconds for s in training.scores) for training in trainings]
        return {
            "epochs": self.level,
            "nmse_before": current.combined(before),
            "nmse": self.nmse,
            "energy_per_point": figures["energy"],
            "seconds": figures["seconds"],
            "cpu_seconds": current.combined(cpu),
            "simulator": trainings[0].simulator,
            "version": trainings[0].version,
            "run_key": trainings[0].run_key,
            "cached": sum(training.cached for training in trainings),
        }

    def take_up(self, layout: Layout, trainer: Trainer, reported: Mapping[int, float]) -> None:
        """Go on from the files of this rung, checked against what was reported.

        **Raises:** `RecordError` where files are damaged, missing or another study's.
        """
        for training in self.trainings:
            restore(training, self.design, layout, trainer)
        first, curve = self.ladder.first_step(self.rung), self.curve()
        for step, nmse in reported.items():
            epochs = step - first
            if not 0 < epochs <= self.current.span:
                continue
            if epochs > len(curve):
                msg = (
                    f"Epoch {epochs - 1} of trial {self.number} was finished, and its file or one "
                    f"before it is missing in {layout.trial(self.number)}."
                )
                raise RecordError(msg)
            if not math.isclose(curve[epochs - 1], nmse):
                msg = (
                    f"The files in {layout.trial(self.number)} have another NMSE after "
                    f"{epochs} epochs than the storage."
                )
                raise RecordError(msg)
