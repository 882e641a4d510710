# SPDX-License-Identifier: GPL-3.0-or-later
"""The study loop: gives tasks to free workers, receives their results, and decides what comes next."""

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
from sweep.driver._decisions import Decisions
from sweep.driver._failures import LOST, Blame, TaskFailure, failure_of
from sweep.driver._job_queue import Job, JobQueue
from sweep.driver._stop_request import StopRequest
from sweep.driver._straggler_timeout import StragglerTimeout
from sweep.driver._training_run import TrainingRun, clear
from sweep.driver._trial_run import TrialRun
from sweep.driver.events import (
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
from sweep.results.epoch_records import RecordError, UnreadableRecordError
from sweep.results.files import Layout
from sweep.results.rung_results import RungResult
from sweep.search.stopping_rules import StoppingRules
from sweep.search.study_store import StudyStore, TrialHandle
from sweep.study.study_file import StudyFile
from sweep.worker.executor import Done, ExecutorError, RayExecutor
from sweep.worker.simulator_spec import RungSimulator
from sweep.worker.task import TaskResult

_RETRIES = 2
_RETRIES_OF_LOST = 5
_FIRST_REST, _LONGEST_REST = 0.5, 30.0
_WAIT_SECONDS = 0.2


class MachineError(SweepError):
    """Every task would fail on this machine. The study can be resumed after a repair."""


@dataclass(slots=True)
class StudyLoop:
    """Runs trials until the requested number is reached, or the study is stopped.

    **Attributes:**

    - `study_file`: the study file.
    - `layout`, `store`: paths of the study's files, and its study store.
    - `executor`: runs the tasks; `rung_simulators`: trainer and simulator spec of each rung.
    - `observer`: called with each event.
    - `stop_request`: may end the study early, or pause it.
    - `straggler_timeout`: gives the time limit of each task.
    - `target`: number of trials wanted, those of earlier drivers included.
    - `stopping`: the study's own rules for an early end; None for none. `enough`: the reason of the rule
      that ended it, empty before.
    - `overheads`: time outside the simulator for each epoch so far, s; NaN for cached epochs.
    """

    study_file: StudyFile
    layout: Layout
    store: StudyStore
    executor: RayExecutor
    rung_simulators: Sequence[RungSimulator]
    observer: Observer
    stop_request: StopRequest
    target: int
    straggler_timeout: StragglerTimeout
    stopping: StoppingRules | None = None
    enough: str = ""
    overheads: list[float] = field(default_factory=list)
    _queue: JobQueue = field(default_factory=JobQueue)
    _tickets: Iterator[int] = field(default_factory=itertools.count)

    @property
    def decisions(self) -> Decisions:
        """Decides what happens to each trial after a task."""
        return Decisions(self.study_file, self.layout, self.store, self.observer)

    def run(self) -> None:
        """Resumes unfinished trials, then runs new ones.

        **Raises:** `MachineError` where nothing can be simulated; `OSError` where results cannot be written.
        """
        self._check_nodes()
        self._take_up()
        paused = stopping = False
        while not self.stop_request.drops:
            self.stop_request.look()
            if self.stop_request.is_paused != paused:
                paused = self.stop_request.is_paused
                self.observer(Paused(paused=paused))
            if self.stop_request.received is None:
                if not paused:
                    self._fill()
                if not (self._queue.taken or paused):
                    return
            elif not self._queue.active:
                return
            elif not stopping and not self.stop_request.drops:
                stopping = True
                self.observer(
                    Stopping(reason=self.stop_request.received, running=self._queue.active)
                )
            for done in self.executor.wait(_WAIT_SECONDS):
                self._receive(done)
            self._look_at_stages()

    def _look_at_stages(self) -> None:
        """Reports changes in what workers are preparing."""
        stages = self.executor.stages()
        for job in self._queue.with_workers:
            self._enter(job, stages.get(job.ticket))

    def _enter(self, job: Job, stage: Stage | None) -> None:
        """Reports the stage of preparation that a job has reached; None where its preparation has ended."""
        if stage == job.stage:
            return
        number, rung, now = job.trial_run.number, job.trial_run.rung, time.perf_counter()
        if job.stage is None:
            job.preparing_since = now
        job.stage = stage
        if stage is None:
            seconds = now - job.preparing_since
            self.observer(Prepared(trial=number, rung=rung, seconds=seconds))
        else:
            self.observer(Preparing(trial=number, rung=rung, stage=stage))

    def _check_nodes(self) -> None:
        """Excludes the nodes of a cluster that lack what this study needs."""
        try:
            messages = self.executor.check(
                [rung_simulator.spec for rung_simulator in self.rung_simulators]
            )
        except ExecutorError as error:
            raise MachineError(str(error)) from error
        for words in messages:
            self.observer(NodeLeftOut(message=words))

    def _take_up(self) -> None:
        """Resumes the trials that an earlier driver left unfinished."""
        for handle in self.store.unfinished():
            design = self._design(handle)
            if design is None:
                continue
            trial_run = self._trial_run(
                handle,
                design,
                rung=self.store.rung(handle),
                finished=self.store.rung_results(handle),
            )
            try:
                self._restore(trial_run)
            except (UnreadableRecordError, CircuitError) as error:
                msg = f"Trial {handle.number} cannot be gone on with: {error}"
                raise MachineError(msg) from error
            except RecordError as error:
                self.decisions.give_up(handle, str(error))
                continue
            self._announce(trial_run)
            if self.decisions.goes_on(trial_run):
                self._queue.add(self._jobs(trial_run))

    def _restore(self, trial_run: TrialRun) -> None:
        """Restores a trial from its files. To check them, the driver itself may have to prepare a simulator.

        **Raises:** as `TrialRun.take_up`.
        """
        job = Job(trial_run, trial_run.works[0], ticket=-1)
        with watched(lambda stage: self._enter(job, stage)):
            trial_run.take_up(
                self.layout,
                self.rung_simulators[trial_run.rung].trainer,
                self.store.reported(trial_run.handle),
            )

    def _fill(self) -> None:
        """Gives every free worker a task."""
        for rested in self._queue.rested():
            self._submit(rested)
        while self._queue.taken < self.executor.workers and self.stop_request.received is None:
            job = self._queue.take()
            if job is not None:
                self._submit(job)
            elif self.store.asked < self.target and not self._has_enough():
                handle = self.store.ask()
                design = self._design(handle)
                if design is not None:
                    clear(handle.number, self.layout)
                    trial_run = self._trial_run(handle, design)
                    self._announce(trial_run)
                    self._queue.add(self._jobs(trial_run))
            else:
                return

    def _has_enough(self) -> bool:
        """Returns whether a rule of the study file ends the study. The first time, the observer is told."""
        if self.stopping is None:
            return False
        reason = self.stopping.reason()
        if reason is None:
            return False
        if not self.enough:
            self.enough = reason
            self.observer(Stopped(reason=reason))
        return True

    def _trial_run(
        self,
        handle: TrialHandle,
        design: Design,
        *,
        rung: int = 0,
        finished: Sequence[RungResult] = (),
    ) -> TrialRun:
        study = self.study_file
        return TrialRun(handle, design, study.plan, study.ladder, rung, list(finished))

    def _jobs(self, trial_run: TrialRun) -> list[Job]:
        return [Job(trial_run, work, next(self._tickets)) for work in trial_run.take_ready()]

    def _design(self, handle: TrialHandle) -> Design | None:
        """Returns the design of a trial; None where its parameters give none, and the trial has failed."""
        try:
            return self.study_file.space.design(handle.values)
        except InfeasibleDesign as error:
            failure = TaskFailure(
                blame=Blame.DESIGN, status="infeasible", cause=error.field, message=str(error)
            )
            self.decisions.refuse(handle, failure)
            return None

    def _announce(self, trial_run: TrialRun) -> None:
        self.observer(
            TrialStarted(
                trial=trial_run.number,
                rung=trial_run.rung,
                epoch=trial_run.level,
                parameters=trial_run.handle.values,
            )
        )

    def _submit(self, job: Job) -> None:
        trial_run, work = job.trial_run, job.work
        work.tries += 1
        self._queue.begin(job)
        spec = self.rung_simulators[trial_run.rung].spec
        limit = self.straggler_timeout.limit((trial_run.rung, work.span))
        design = trial_run.design.to_values()
        self.executor.submit(work.task(job.ticket, design, spec, seconds=limit))
        self.observer(
            EpochStarted(
                trial=trial_run.number,
                rung=trial_run.rung,
                seed=work.seed,
                epoch=work.next_epoch,
                attempt=work.tries,
            )
        )

    def _receive(self, done: Done) -> None:
        """Stores the result of a task, then continues or ends its trial."""
        job = self._queue.end(done.task.ticket)
        if job is None:
            return  # another task of the same trial has just ended that trial
        self._enter(job, None)
        trial_run, work = job.trial_run, job.work
        tries, lost = work.tries, work.lost
        limited = self.rung_simulators[trial_run.rung].spec.limits.memory_bytes is not None
        failure = failure_of(done, memory_limited=limited)
        result = done.result
        if result is not None:
            self._take(job, result, kept=failure is None or result.epochs is not None)
        if failure is not None and failure.blame is Blame.DESIGN and trial_run.counts_failures:
            assert isinstance(work, TrainingRun)
            self.decisions.go_on_without(trial_run, work, failure)
            failure = None
        if failure is None:
            work.busy = False
            if self.decisions.goes_on(trial_run):
                self._queue.add(self._jobs(trial_run), first=True)
            else:
                self._drop(trial_run)
        elif failure.blame is Blame.CHANCE and _again(failure, tries=tries, lost=lost):
            self._rest(job, failure, tries=tries, lost=lost)
        elif failure.is_of_the_machine:
            self._leave_out(job, done, failure)
        else:
            self._drop(trial_run)
            self.decisions.fail(trial_run, failure, epoch=work.next_epoch)

    def _rest(self, job: Job, failure: TaskFailure, *, tries: int, lost: int) -> None:
        """Queues a task again that failed by chance, such as with a lost worker."""
        trial_run, work = job.trial_run, job.work
        rest = 0.0
        if failure.cause == LOST:
            work.lost += 1
            rest = _rest(lost + 1)
        elif failure.is_of_the_machine:
            rest = _rest(tries - lost)
        self.observer(
            EpochLost(
                trial=trial_run.number,
                rung=trial_run.rung,
                seed=work.seed,
                epoch=work.next_epoch,
                attempt=tries,
                reason=failure.message,
                wait=rest,
            )
        )
        self._queue.rest(job, rest)

    def _take(self, job: Job, result: TaskResult, *, kept: bool) -> None:
        """Shows the notices of a task, and stores its finished epochs, or only its cost if `kept` is False."""
        for words in result.notices:
            notice(words)
        if kept:
            self._keep(job, result)
        else:
            job.trial_run.spend(job.work, result)

    def _drop(self, trial_run: TrialRun) -> None:
        """Removes the waiting and running tasks of a trial that has ended."""
        self.executor.drop(self._queue.remove(trial_run))

    def _leave_out(self, job: Job, done: Done, failure: TaskFailure) -> None:
        """Excludes a node that cannot do its task, and queues the task for another node."""
        try:
            words = self.executor.leave_out(done.node, " ".join(failure.message.split()))
        except ExecutorError as error:
            msg = (
                f"Trial {job.trial_run.number}, epoch {job.work.next_epoch}: {error} Nothing can be "
                "simulated on this machine until that is mended; then go on with --resume."
            )
            raise MachineError(msg) from error
        if words:
            self.observer(NodeLeftOut(message=words))
        job.work.tries -= 1
        self._queue.rest(job, 0.0)

    def _keep(self, job: Job, result: TaskResult) -> None:
        """Writes a result to its file, then reports it, so that everything reported is on disk."""
        trial_run, work = job.trial_run, job.work
        models = self.rung_simulators[trial_run.rung].spec.models.sha256
        trial_run.keep(work, result, self.layout, models=models)
        self.decisions.report(trial_run)
        if not isinstance(work, TrainingRun) or result.epochs is None:
            return
        scores, cached = result.epochs.scores, result.epochs.cached
        seconds = math.fsum(score.seconds for score in scores)
        overhead = math.nan
        if not cached:
            taken = time.perf_counter() - job.since - result.prepared_seconds
            overhead = (taken - seconds) / len(scores)
            self.straggler_timeout.note((trial_run.rung, len(scores)), result.wall_seconds)
        self.overheads += [overhead] * len(scores)
        self.observer(
            EpochFinished(
                trial=trial_run.number,
                rung=trial_run.rung,
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


def _again(failure: TaskFailure, *, tries: int, lost: int) -> bool:
    """Returns whether a failed task is tried again.

    A lost worker is tried more often than a simulator that fails, as a machine may come back. `tries` counts
    all tries, `lost` those of earlier tries whose worker was lost. Each kind of failure has its own limit.
    """
    return lost < _RETRIES_OF_LOST if failure.cause == LOST else tries - lost <= _RETRIES


def _rest(lost: int) -> float:
    """Returns how long a task waits after `lost` failures, s. Each further failure doubles the time."""
    return float(min(_FIRST_REST * 2.0 ** (lost - 1), _LONGEST_REST))
