# SPDX-License-Identifier: GPL-3.0-or-later
"""The course of a study: which trial gets which free worker, and what becomes of each epoch."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from circuits import Design, Trainer
from sweep._errors import InfeasibleDesign, SweepError
from sweep.engine._failures import Blame, Failure, failure_of
from sweep.engine._ledger import Attempt, Ledger
from sweep.engine._signals import StopWish
from sweep.engine._task import EpochResult, Equipment
from sweep.engine._training import Training, fresh, restored
from sweep.engine.events import (
    EpochFinished,
    EpochLost,
    EpochStarted,
    Observer,
    TrialFailed,
    TrialFinished,
    TrialPruned,
    TrialStarted,
)
from sweep.engine.executor import Done, RayExecutor
from sweep.results._files import Layout
from sweep.results._records import RecordError
from sweep.study.study_file import StudyFile

_RETRIES = 2
_WAIT_SECONDS = 0.2


class MachineError(SweepError):
    """Something is wrong with this machine, so every epoch would fail; the study can be resumed."""


@dataclass(slots=True)
class Course:
    """Runs trials until as many were asked for as are wanted.

    **Attributes:**

    - `described`: the study file.
    - `layout`, `ledger`: where its results go.
    - `executor`, `equipment`, `trainer`: what simulates them.
    - `observer`: is told of everything.
    - `wish`: may end it early.
    - `target`: how many trials are wanted, those of earlier drivers included.
    - `overheads`: time outside the simulator of every epoch so far, s.
    """

    described: StudyFile
    layout: Layout
    ledger: Ledger
    executor: RayExecutor
    equipment: Equipment
    trainer: Trainer
    observer: Observer
    wish: StopWish
    target: int
    overheads: list[float] = field(default_factory=list)
    _waiting: deque[Training] = field(default_factory=deque)
    _active: dict[int, Training] = field(default_factory=dict)
    _submitted: dict[int, float] = field(default_factory=dict)

    def run(self) -> None:
        """Take up unfinished trials, then run all that is wanted.

        **Raises:** `MachineError`; `OSError` where results cannot be written.
        """
        self._take_up()
        while self.wish.received is None:
            self._fill()
            if not self._active:
                return
            for done in self.executor.wait(_WAIT_SECONDS):
                self._receive(done)

    def _take_up(self) -> None:
        """Go on with the trials that an earlier driver began."""
        for attempt in self.ledger.unfinished():
            design = self._design(attempt)
            if design is None:
                continue
            try:
                training = restored(
                    attempt,
                    design,
                    self.layout,
                    self.ledger.reported(attempt),
                    plan=self.described.plan,
                    trainer=self.trainer,
                )
            except RecordError as error:
                self._give_up(attempt, str(error))
                continue
            for score in training.scores:
                self.ledger.report(attempt, score.epoch + 1, score.nmse)
            self._announce(training)
            if self._goes_on(training):
                self._waiting.append(training)

    def _fill(self) -> None:
        """Give every free worker an epoch."""
        while len(self._active) < self.executor.workers and self.wish.received is None:
            if self._waiting:
                self._submit(self._waiting.popleft())
            elif self.ledger.asked < self.target:
                attempt = self.ledger.ask()
                design = self._design(attempt)
                if design is not None:
                    training = fresh(attempt, design, self.layout)
                    self._announce(training)
                    self._submit(training)
            else:
                return

    def _design(self, attempt: Attempt) -> Design | None:
        """The trial's design; None where there is none, and the trial has failed."""
        try:
            return self.described.space.design(attempt.values)
        except InfeasibleDesign as error:
            failure = Failure(
                blame=Blame.DESIGN, status="infeasible", cause=error.field, words=str(error)
            )
            self._fail(attempt, failure, epoch=0, attributes={"epochs": 0})
            return None

    def _announce(self, training: Training) -> None:
        self.observer(
            TrialStarted(
                trial=training.number,
                epoch=training.next_epoch,
                parameters=training.attempt.values,
            )
        )

    def _submit(self, training: Training) -> None:
        self._active[training.number] = training
        self._submitted[training.number] = time.perf_counter()
        self.executor.submit(training.task(self.described.plan, self.equipment))
        self.observer(
            EpochStarted(trial=training.number, epoch=training.next_epoch, attempt=training.tries)
        )

    def _receive(self, done: Done) -> None:
        """Keep what an epoch gave, and let its trial go on or end."""
        training = self._active.pop(done.task.trial)
        limited = self.equipment.limits.memory_bytes is not None
        failure = failure_of(done, memory_limited=limited)
        if failure is None:
            assert done.result is not None
            self._keep(training, done.result)
            if self._goes_on(training):
                self._waiting.appendleft(training)
        elif failure.blame is Blame.MACHINE:
            msg = (
                f"Trial {training.number}, epoch {training.next_epoch}: {failure.words} Nothing "
                "can be simulated on this machine until that is mended; then go on with --resume."
            )
            raise MachineError(msg)
        elif failure.blame is Blame.CHANCE and training.tries <= _RETRIES:
            self.observer(
                EpochLost(
                    trial=training.number,
                    epoch=training.next_epoch,
                    attempt=training.tries,
                    reason=failure.words,
                )
            )
            self._waiting.appendleft(training)
        else:
            self._fail(
                training.attempt,
                failure,
                epoch=training.next_epoch,
                attributes=training.attributes(),
            )

    def _keep(self, training: Training, result: EpochResult) -> None:
        """File first, report second: what was reported is on disk."""
        assert result.score is not None
        score = result.score
        training.keep(result, score, self.layout, models=self.equipment.models.sha256)
        self.ledger.report(training.attempt, score.epoch + 1, score.nmse)
        spent = time.perf_counter() - self._submitted.pop(training.number)
        self.overheads.append(spent - score.seconds)
        self.observer(
            EpochFinished(
                trial=training.number,
                epoch=score.epoch,
                nmse_before=score.nmse_before,
                nmse=score.nmse,
                seconds=score.seconds,
                overhead=self.overheads[-1],
            )
        )

    def _goes_on(self, training: Training) -> bool:
        """Whether a trial has another epoch; one that has not is told."""
        if training.next_epoch == self.described.plan.epochs:
            names = tuple(self.described.search.objectives)
            values = training.objectives(names)
            self.ledger.complete(training.attempt, values, training.attributes())
            self.observer(
                TrialFinished(
                    trial=training.number,
                    values=tuple(values),
                    nmse=training.scores[-1].nmse,
                    best=training.number in self.ledger.standing().best,
                )
            )
            return False
        if training.scores and self.ledger.is_hopeless(training.attempt):
            self.ledger.prune(training.attempt, training.attributes())
            self.observer(
                TrialPruned(
                    trial=training.number,
                    epochs=training.next_epoch,
                    nmse=training.scores[-1].nmse,
                )
            )
            return False
        return True

    def _fail(
        self, attempt: Attempt, failure: Failure, *, epoch: int, attributes: Mapping[str, Any]
    ) -> None:
        self.ledger.fail(
            attempt,
            {
                **attributes,
                "status": failure.status,
                "cause": failure.cause,
                "words": failure.words,
                "failed_epoch": epoch,
            },
        )
        self._tell_failure(attempt, failure, epoch=epoch)

    def _give_up(self, attempt: Attempt, words: str) -> None:
        """End a trial whose files cannot be used; its parameters are tried once more."""
        epoch = len(self.layout.epochs(attempt.number))
        failure = Failure(blame=Blame.CHANCE, status="damaged", cause="files", words=words)
        self.ledger.replace(
            attempt,
            {
                "status": failure.status,
                "cause": failure.cause,
                "words": words,
                "failed_epoch": epoch,
            },
        )
        self._tell_failure(attempt, failure, epoch=epoch)

    def _tell_failure(self, attempt: Attempt, failure: Failure, *, epoch: int) -> None:
        self.observer(
            TrialFailed(
                trial=attempt.number,
                epoch=epoch,
                status=failure.status,
                cause=failure.cause,
                words=failure.words,
            )
        )
