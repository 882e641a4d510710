# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides whether a trial continues, is promoted, is complete, is pruned or fails; stores and reports it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sweep.driver._failures import Blame, TaskFailure
from sweep.driver._training_run import TrainingRun
from sweep.driver._trial_run import TrialRun
from sweep.driver.events import (
    Observer,
    TrainingFailed,
    TrialFailed,
    TrialFinished,
    TrialPromoted,
    TrialPruned,
)
from sweep.results.files import Layout
from sweep.results.ranking import limits_of, violated_words
from sweep.results.stored_study import violated
from sweep.results.trial_record import FailureRecord, TrainingRecord, TrialRecord
from sweep.search.promotion import goes_on
from sweep.search.study_store import StudyStore, TrialHandle
from sweep.study.ladder import DeviceRung, TrainingRung
from sweep.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class Decisions:
    """Decides about trials, writes each decision to the study store, then sends the observer an event.

    **Attributes:**

    - `study_file`: the study file.
    - `layout`, `store`: paths of its files, and its study store.
    - `observer`: called with an event for each decision.
    """

    study_file: StudyFile
    layout: Layout
    store: StudyStore
    observer: Observer

    @property
    def _directions(self) -> Mapping[str, str]:
        return {str(name): str(way) for name, way in self.study_file.search.objectives.items()}

    def report(self, trial_run: TrialRun) -> None:
        """Reports the NMSE after each epoch or scenario; nothing where all epochs of a training are one task."""
        if not self._is_told_on_the_way(trial_run):
            return
        first = self.study_file.ladder.first_step(trial_run.rung)
        reports = {first + step: nmse for step, nmse in trial_run.reports().items()}
        self.store.report(trial_run.handle, reports)

    def _is_told_on_the_way(self, trial_run: TrialRun) -> bool:
        return trial_run.has_scenarios or not self.study_file.ladder.in_one_go(trial_run.rung)

    def goes_on(self, trial_run: TrialRun) -> bool:
        """Promotes, completes or prunes a trial where that is due. Returns whether it has work left."""
        while True:
            self.report(trial_run)
            if trial_run.is_done:
                if not self._goes_up(trial_run):
                    return False
                continue
            told = len(trial_run.reports()) if self._is_told_on_the_way(trial_run) else 0
            if told > trial_run.judged:
                trial_run.judged = told
                if self.store.is_hopeless(trial_run.handle, trial_run.rung):
                    self._prune(trial_run)
                    return False
            return True

    def _goes_up(self, trial_run: TrialRun) -> bool:
        """Promotes a trial that has finished a rung, or ends it. Returns whether it was promoted."""
        handle, rung = trial_run.handle, trial_run.rung
        values = trial_run.finish(self._directions).values
        if not all(map(math.isfinite, values)):
            words = "A metric is no finite number."
            failure = TaskFailure(
                blame=Blame.DESIGN, status="failed", cause="not_finite", message=words
            )
            self.fail(trial_run, failure, epoch=trial_run.level)
            return False
        record = trial_run.record(self._directions)
        if trial_run.is_at_the_top:
            violations = self._violations(trial_run)
            self.store.constrain(handle, violations)
            self.store.complete(handle, values, record)
            better = None if record.training is None else record.training.improved
            self._tell_finished(trial_run, values, violations, improved=better)
            return False
        if not self._is_promising(trial_run, values):
            self.store.constrain(handle, self._violations(trial_run))
            self.store.stop(handle, rung, values, record)
            self._tell_pruned(trial_run, values)
            return False
        self.store.promote(handle, rung, values, record)
        trial_run.enter(rung + 1)
        self.observer(TrialPromoted(trial=trial_run.number, rung=trial_run.rung, values=values))
        return True

    def _tell_finished(
        self,
        trial_run: TrialRun,
        values: tuple[float, ...],
        violations: Mapping[str, float],
        *,
        improved: bool | None,
    ) -> None:
        progress = self.store.progress()
        beyond = violated(violations)
        self.observer(
            TrialFinished(
                trial=trial_run.number,
                values=values,
                nmse=trial_run.nmse,
                best=trial_run.number in progress.best,
                violates=violated_words(beyond, limits_of(self.study_file)),
                improved=improved,
                best_trial=progress.best_trial,
                best_value=progress.best_value,
            )
        )

    def _violations(self, trial_run: TrialRun) -> dict[str, float]:
        """Returns by which share of its limit each constrained metric of a rung exceeds that limit."""
        if not isinstance(trial_run.current, TrainingRung):
            return {}
        return {
            bound.name: bound.violation(trial_run.metrics({bound.metric: bound.way})[bound.metric])
            for bound in self.study_file.search.constraints
        }

    def _is_promising(self, trial_run: TrialRun, values: Sequence[float]) -> bool:
        """Returns whether a trial that has finished a rung is good enough for the next one."""
        current = trial_run.current
        if isinstance(current, DeviceRung):
            return True
        bounded = trial_run.nmse if isinstance(current, TrainingRung) else values[0]
        if current.require is not None and not bounded < current.require:
            return False
        own = self.store.costs(values, trial_run.rung)
        rivals = self.store.rivals(trial_run.handle, trial_run.rung)
        return goes_on(own, rivals, current.reduction_factor)

    def _prune(self, trial_run: TrialRun) -> None:
        self.store.prune(trial_run.handle, trial_run.record(self._directions))
        self._tell_pruned(trial_run)

    def _tell_pruned(self, trial_run: TrialRun, values: tuple[float, ...] = ()) -> None:
        self.observer(
            TrialPruned(
                trial=trial_run.number,
                rung=trial_run.rung,
                epochs=trial_run.level,
                nmse=trial_run.nmse,
                values=values,
            )
        )

    def go_on_without(
        self, trial_run: TrialRun, training: TrainingRun, failure: TaskFailure
    ) -> None:
        """Lets a trial continue although one of its trainings failed. The training counts as not trained.

        **Arguments:**

        - `trial_run`: the trial.
        - `training`: its training that failed.
        - `failure`: the reason.
        """
        training.failure = failure
        self.observer(
            TrainingFailed(
                trial=trial_run.number,
                rung=trial_run.rung,
                training=training.name,
                epoch=training.next_epoch,
                status=failure.status,
                cause=failure.cause,
                message=failure.message,
            )
        )

    def fail(self, trial_run: TrialRun, failure: TaskFailure, *, epoch: int) -> None:
        """Ends a trial as failed.

        **Arguments:**

        - `trial_run`: the trial.
        - `failure`: the reason. Samplers learn from a failure that the design caused.
        - `epoch`: the epoch that failed, from 0, as it is recorded.
        """
        failed = _recorded(failure, trial_run.rung, epoch)
        record = replace(trial_run.record(self._directions), failure=failed)
        self._end(trial_run.handle, failure, trial_run.rung, record)
        self._tell_failure(trial_run.handle, failure, rung=trial_run.rung, epoch=epoch)

    def _end(
        self, handle: TrialHandle, failure: TaskFailure, rung: int, record: TrialRecord
    ) -> None:
        """Stores a failed trial, so that samplers learn from it if its design caused the failure."""
        if failure.blame is Blame.DESIGN:
            self.store.fail_by_design(handle, rung, record)
        else:
            self.store.fail(handle, record)

    def refuse(self, handle: TrialHandle, failure: TaskFailure) -> None:
        """Ends a trial whose parameters do not make a legal design."""
        record = TrialRecord(training=TrainingRecord(), failure=_recorded(failure, 0, 0))
        self._end(handle, failure, 0, record)
        self._tell_failure(handle, failure, rung=0, epoch=0)

    def give_up(self, handle: TrialHandle, words: str) -> None:
        """Ends a trial whose files cannot be used. A new trial tries its parameters once more."""
        rung = self.store.rung(handle)
        current = self.study_file.ladder.rungs[rung]
        epoch = 0
        if isinstance(current, TrainingRung):
            (name, *_) = self.study_file.ladder.trainings(rung)
            epoch = len(self.layout.epochs(handle.number, name))
        failure = TaskFailure(blame=Blame.CHANCE, status="damaged", cause="files", message=words)
        self.store.replace(handle, TrialRecord(failure=_recorded(failure, rung, epoch)))
        self._tell_failure(handle, failure, rung=rung, epoch=epoch)

    def _tell_failure(
        self, handle: TrialHandle, failure: TaskFailure, *, rung: int, epoch: int
    ) -> None:
        self.observer(
            TrialFailed(
                trial=handle.number,
                rung=rung,
                epoch=epoch,
                status=failure.status,
                cause=failure.cause,
                message=failure.message,
            )
        )


def _recorded(failure: TaskFailure, rung: int, epoch: int) -> FailureRecord:
    """Returns the record of a failure that is stored with the trial."""
    return FailureRecord(
        status=failure.status,
        cause=failure.cause,
        words=failure.message,
        failed_rung=rung,
        failed_epoch=epoch,
    )
