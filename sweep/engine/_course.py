# SPDX-License-Identifier: GPL-3.0-or-later
"""The course of a study: which trial gets which free worker, and what becomes of each task."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from circuits import CircuitError, Design
from circuits.preparation import Stage, watched
from pdk._notices import notice
from sweep._errors import InfeasibleDesign, SweepError
from sweep.engine._climb import Climb
from sweep.engine._equipment import Bench
from sweep.engine._failures import LOST, Blame, Failure, failure_of
from sweep.engine._ledger import Attempt, Ledger
from sweep.engine._patience import Patience
from sweep.engine._queue import Job, Queue
from sweep.engine._signals import StopWish
from sweep.engine._stopping import StoppingRules
from sweep.engine._task import TaskResult
from sweep.engine._training import Training, clear
from sweep.engine._verdicts import Verdicts
from sweep.engine.events import (
    EpochFinished,
    EpochLost,
    EpochStarted,
    NodeLeftOut,
    Observer,
    Paused,
    Prepared,
    Preparing,
    Stopped,
    Stopping,
    TrialStarted,
)
from sweep.engine.executor import Done, ExecutorError, RayExecutor
from sweep.results._files import Layout
from sweep.results._passed import Passed
from sweep.results._records import RecordError, UnreadableRecordError
from sweep.study.study_file import StudyFile

_RETRIES = 2
_RETRIES_OF_LOST = 5
_FIRST_REST, _LONGEST_REST = 0.5, 30.0
_WAIT_SECONDS = 0.2


class MachineError(SweepError):
    """Something is wrong with this machine, so every task would fail; the study can be resumed."""


@dataclass(slots=True)
class Course:
    """Runs trials until as many were asked for as are wanted.

    **Attributes:**

    - `described`: the study file.
    - `layout`, `ledger`: where its results go.
    - `executor`: runs the tasks; `benches`: what simulates them, for each rung.
    - `observer`: is told of everything.
    - `wish`: may end it early, or hold it.
    - `patience`: says which tasks are stragglers.
    - `target`: how many trials are wanted, those of earlier drivers included.
    - `stopping`: the study's own rules for an early end, if any; `enough`: the one that ended it.
    - `overheads`: time outside the simulator of every epoch so far, s.
    """

    described: StudyFile
    layout: Layout
    ledger: Ledger
    executor: RayExecutor
    benches: Sequence[Bench]
    observer: Observer
    wish: StopWish
    target: int
    patience: Patience
    stopping: StoppingRules | None = None
    enough: str = ""
    overheads: list[float] = field(default_factory=list)
    _queue: Queue = field(default_factory=Queue)
    _tickets: Iterator[int] = field(default_factory=itertools.count)

    @property
    def verdicts(self) -> Verdicts:
        """What judges the trials."""
        return Verdicts(self.described, self.layout, self.ledger, self.observer)

    def run(self) -> None:
        """Take up unfinished trials, then run all that is wanted.

        **Raises:** `MachineError`; `OSError` where results cannot be written.
        """
        self._check_nodes()
        self._take_up()
        paused = stopping = False
        while not self.wish.drops:
            self.wish.look()
            if self.wish.is_paused != paused:
                paused = self.wish.is_paused
                self.observer(Paused(paused=paused))
            if self.wish.received is None:
                if not paused:
                    self._fill()
                if not (self._queue.taken or paused):
                    return
            elif not self._queue.active:
                return
            elif not stopping and not self.wish.drops:
                stopping = True
                self.observer(Stopping(reason=self.wish.received, running=self._queue.active))
            for done in self.executor.wait(_WAIT_SECONDS):
                self._receive(done)
            self._look_at_stages()

    def _look_at_stages(self) -> None:
        """Tell what workers prepare, where that has changed."""
        stages = self.executor.stages()
        for job in self._queue.with_workers:
            self._enter(job, stages.get(job.ticket))

    def _enter(self, job: Job, stage: Stage | None) -> None:
        """Tell the stage that a job has come to; None where nothing more is prepared for it."""
        if stage == job.stage:
            return
        number, rung, now = job.climb.number, job.climb.rung, time.perf_counter()
        if job.stage is None:
            job.preparing_since = now
        job.stage = stage
        if stage is None:
            seconds = now - job.preparing_since
            self.observer(Prepared(trial=number, rung=rung, seconds=seconds))
        else:
            self.observer(Preparing(trial=number, rung=rung, stage=stage))

    def _check_nodes(self) -> None:
        """Leave out the nodes that lack what this study is simulated with."""
        try:
            messages = self.executor.check([bench.equipment for bench in self.benches])
        except ExecutorError as error:
            raise MachineError(str(error)) from error
        for words in messages:
            self.observer(NodeLeftOut(words=words))

    def _take_up(self) -> None:
        """Go on with the trials that an earlier driver began."""
        for attempt in self.ledger.unfinished():
            design = self._design(attempt)
            if design is None:
                continue
            climb = self._climb(
                attempt,
                design,
                rung=self.ledger.rung(attempt),
                passed=self.ledger.passed(attempt),
            )
            try:
                self._restore(climb)
            except (UnreadableRecordError, CircuitError) as error:
                msg = f"Trial {attempt.number} cannot be gone on with: {error}"
                raise MachineError(msg) from error
            except RecordError as error:
                self.verdicts.give_up(attempt, str(error))
                continue
            self._announce(climb)
            if self.verdicts.goes_on(climb):
                self._queue.add(self._jobs(climb))

    def _restore(self, climb: Climb) -> None:
        """Go on from the files of a trial; to check them, the driver itself may have to prepare.

        **Raises:** `RecordError`.
        """
        job = Job(climb, climb.works[0], ticket=-1)
        with watched(lambda stage: self._enter(job, stage)):
            climb.take_up(
                self.layout,
                self.benches[climb.rung].trainer,
                self.ledger.reported(climb.attempt),
            )

    def _fill(self) -> None:
        """Give every free worker a task."""
        for rested in self._queue.rested():
            self._submit(rested)
        while self._queue.taken < self.executor.workers and self.wish.received is None:
            job = self._queue.take()
            if job is not None:
                self._submit(job)
            elif self.ledger.asked < self.target and not self._has_enough():
                attempt = self.ledger.ask()
                design = self._design(attempt)
                if design is not None:
                    clear(attempt.number, self.layout)
                    climb = self._climb(attempt, design)
                    self._announce(climb)
                    self._queue.add(self._jobs(climb))
            else:
                return

    def _has_enough(self) -> bool:
        """Whether a rule of the study file stops it here; told once."""
        if self.stopping is None:
            return False
        reason = self.stopping.reason()
        if reason is None:
            return False
        if not self.enough:
            self.enough = reason
            self.observer(Stopped(reason=reason))
        return True

    def _climb(
        self, attempt: Attempt, design: Design, *, rung: int = 0, passed: Sequence[Passed] = ()
    ) -> Climb:
        study = self.described
        return Climb(attempt, design, study.plan, study.ladder, rung, list(passed))

    def _jobs(self, climb: Climb) -> list[Job]:
        return [Job(climb, work, next(self._tickets)) for work in climb.take_ready()]

    def _design(self, attempt: Attempt) -> Design | None:
        """The trial's design; None where there is none, and the trial has failed."""
        try:
            return self.described.space.design(attempt.values)
        except InfeasibleDesign as error:
            failure = Failure(
                blame=Blame.DESIGN, status="infeasible", cause=error.field, words=str(error)
            )
            self.verdicts.refuse(attempt, failure)
            return None

    def _announce(self, climb: Climb) -> None:
        self.observer(
            TrialStarted(
                trial=climb.number,
                rung=climb.rung,
                epoch=climb.level,
                parameters=climb.attempt.values,
            )
        )

    def _submit(self, job: Job) -> None:
        climb, work = job.climb, job.work
        work.tries += 1
        self._queue.begin(job)
        equipment = self.benches[climb.rung].equipment
        limit = self.patience.limit((climb.rung, work.span))
        design = climb.design.to_values()
        self.executor.submit(work.task(job.ticket, design, equipment, seconds=limit))
        self.observer(
            EpochStarted(
                trial=climb.number,
                rung=climb.rung,
                seed=work.seed,
                epoch=work.next_epoch,
                attempt=work.tries,
            )
        )

    def _receive(self, done: Done) -> None:
        """Keep what a task gave, and let its trial go on or end."""
        job = self._queue.end(done.task.ticket)
        if job is None:
            return  # it came back together with the sister that ended its trial
        self._enter(job, None)
        climb, work = job.climb, job.work
        tries, lost = work.tries, work.lost
        limited = self.benches[climb.rung].equipment.limits.memory_bytes is not None
        failure = failure_of(done, memory_limited=limited)
        result = done.result
        if result is not None:
            self._take(job, result, kept=failure is None or result.epochs is not None)
        if failure is not None and failure.blame is Blame.DESIGN and climb.counts_failures:
            assert isinstance(work, Training)
            self.verdicts.go_on_without(climb, work, failure)
            failure = None
        if failure is None:
            work.busy = False
            if self.verdicts.goes_on(climb):
                self._queue.add(self._jobs(climb), first=True)
            else:
                self._drop(climb)
        elif failure.blame is Blame.CHANCE and _again(failure, tries=tries, lost=lost):
            self._rest(job, failure, tries=tries, lost=lost)
        elif failure.is_of_the_machine:
            self._leave_out(job, done, failure)
        else:
            self._drop(climb)
            self.verdicts.fail(climb, failure, epoch=work.next_epoch)

    def _rest(self, job: Job, failure: Failure, *, tries: int, lost: int) -> None:
        """Have a task done again that came to nothing by no fault of its own."""
        climb, work = job.climb, job.work
        rest = 0.0
        if failure.cause == LOST:
            work.lost += 1
            rest = _rest(lost + 1)
        elif failure.is_of_the_machine:
            rest = _rest(tries - lost)
        self.observer(
            EpochLost(
                trial=climb.number,
                rung=climb.rung,
                seed=work.seed,
                epoch=work.next_epoch,
                attempt=tries,
                reason=failure.words,
                wait=rest,
            )
        )
        self._queue.rest(job, rest)

    def _take(self, job: Job, result: TaskResult, *, kept: bool) -> None:
        """Take note of what a task came to, and keep what it finished."""
        for words in result.notices:
            notice(words)
        if kept:
            self._keep(job, result)
        else:
            job.climb.spend(job.work, result)

    def _drop(self, climb: Climb) -> None:
        """Nothing more of a trial that has ended: a sister of its task waits, or is computed."""
        self.executor.drop(self._queue.remove(climb))

    def _leave_out(self, job: Job, done: Done, failure: Failure) -> None:
        """Have the task of a node that cannot do it done elsewhere, and give that node no others."""
        try:
            words = self.executor.leave_out(done.node, " ".join(failure.words.split()))
        except ExecutorError as error:
            msg = (
                f"Trial {job.climb.number}, epoch {job.work.next_epoch}: {error} Nothing can be "
                "simulated on this machine until that is mended; then go on with --resume."
            )
            raise MachineError(msg) from error
        if words:
            self.observer(NodeLeftOut(words=words))
        job.work.tries -= 1
        self._queue.rest(job, 0.0)

    def _keep(self, job: Job, result: TaskResult) -> None:
        """File first, report second: what was reported is on disk."""
        climb, work = job.climb, job.work
        models = self.benches[climb.rung].equipment.models.sha256
        climb.keep(work, result, self.layout, models=models)
        self.verdicts.report(climb)
        if not isinstance(work, Training) or result.epochs is None:
            return
        scores, cached = result.epochs.scores, result.epochs.cached
        seconds = math.fsum(score.seconds for score in scores)
        overhead = math.nan
        if not cached:
            taken = time.perf_counter() - job.since - result.prepared_seconds
            overhead = (taken - seconds) / len(scores)
            self.patience.note((climb.rung, len(scores)), result.wall_seconds)
        self.overheads += [overhead] * len(scores)
        self.observer(
            EpochFinished(
                trial=climb.number,
                rung=climb.rung,
                seed=work.seed,
                epoch=scores[-1].epoch,
                epochs=len(scores),
                nmse_before=scores[0].nmse_before,
                nmse=scores[-1].nmse,
                seconds=seconds,
                overhead=overhead,
                cached=cached,
            )
        )


def _again(failure: Failure, *, tries: int, lost: int) -> bool:
    """Whether a task is tried again: a machine may be away for a while, a simulator not.

    `tries`: how often it was tried; `lost`: how often its worker had been lost before. These do not
    count among the simulator's failures, nor those among them.
    """
    return lost < _RETRIES_OF_LOST if failure.cause == LOST else tries - lost <= _RETRIES


def _rest(lost: int) -> float:
    """How long a task waits when its worker was lost so often, s: twice as long each time."""
    return float(min(_FIRST_REST * 2.0 ** (lost - 1), _LONGEST_REST))
