# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a trial: it goes on, goes up, is complete, hopeless or failed; told and kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweep.engine._climb import Climb
from sweep.engine._failures import Blame, Failure
from sweep.engine._ledger import Attempt, Ledger
from sweep.engine._promotion import goes_on
from sweep.engine._training import Training
from sweep.engine.events import (
    Observer,
    TrainingFailed,
    TrialFailed,
    TrialFinished,
    TrialPromoted,
    TrialPruned,
)
from sweep.results._files import Layout
from sweep.results._passed import violated
from sweep.results.ranking import limits_of, violated_words
from sweep.study.ladder import DeviceRung, TrainingRung
from sweep.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Judges trials, tells the ledger, and then the observer.

    **Attributes:**

    - `described`: the study file.
    - `layout`, `ledger`: where its results are.
    - `observer`: is told of everything.
    """

    described: StudyFile
    layout: Layout
    ledger: Ledger
    observer: Observer

    @property
    def _directions(self) -> Mapping[str, str]:
        return {str(name): str(way) for name, way in self.described.search.objectives.items()}

    def report(self, climb: Climb) -> None:
        """The NMSE after each epoch or scenario; of other trainings in one go only the end is told."""
        if not self._is_told_on_the_way(climb):
            return
        first = self.described.ladder.first_step(climb.rung)
        reports = {first + step: nmse for step, nmse in climb.reports().items()}
        self.ledger.report(climb.attempt, reports)

    def _is_told_on_the_way(self, climb: Climb) -> bool:
        return climb.has_scenarios or not self.described.ladder.in_one_go(climb.rung)

    def goes_on(self, climb: Climb) -> bool:
        """Whether a trial has something left to do; one that has not is told."""
        while True:
            self.report(climb)
            if climb.is_done:
                if not self._goes_up(climb):
                    return False
                continue
            told = len(climb.reports()) if self._is_told_on_the_way(climb) else 0
            if told > climb.judged:
                climb.judged = told
                if self.ledger.is_hopeless(climb.attempt, climb.rung):
                    self._prune(climb)
                    return False
            return True

    def _goes_up(self, climb: Climb) -> bool:
        """Whether a trial that has finished a rung is on the next one now; else it is told."""
        attempt, rung = climb.attempt, climb.rung
        values = climb.finish(self._directions).values
        if not all(map(math.isfinite, values)):
            words = "A figure of merit is no finite number."
            failure = Failure(blame=Blame.DESIGN, status="failed", cause="not_finite", words=words)
            self.fail(climb, failure, epoch=climb.level)
            return False
        attributes = climb.attributes(self._directions)
        if climb.is_at_the_top:
            violations = self._violations(climb)
            self.ledger.constrain(attempt, violations)
            self.ledger.complete(attempt, values, attributes)
            self._tell_finished(climb, values, violations, improved=attributes.get("improved"))
            return False
        if not self._is_promising(climb, values):
            self.ledger.constrain(attempt, self._violations(climb))
            self.ledger.stop(attempt, rung, values, attributes)
            self._tell_pruned(climb, values)
            return False
        self.ledger.promote(attempt, rung, values, attributes)
        climb.enter(rung + 1)
        self.observer(TrialPromoted(trial=climb.number, rung=climb.rung, values=values))
        return True

    def _tell_finished(
        self,
        climb: Climb,
        values: tuple[float, ...],
        violations: Mapping[str, float],
        *,
        improved: bool | None,
    ) -> None:
        standing = self.ledger.standing()
        beyond = violated(violations)
        self.observer(
            TrialFinished(
                trial=climb.number,
                values=values,
                nmse=climb.nmse,
                best=climb.number in standing.best,
                violates=violated_words(beyond, limits_of(self.described)),
                improved=improved,
                best_trial=standing.best_trial,
                best_value=standing.best_value,
            )
        )

    def _violations(self, climb: Climb) -> dict[str, float]:
        """How far a rung's figures are beyond what the study allows, as shares of it; 0 is the limit."""
        if not isinstance(climb.current, TrainingRung):
            return {}
        return {
            bound.name: bound.violation(climb.figures({bound.figure: bound.way})[bound.figure])
            for bound in self.described.search.constraints
        }

    def _is_promising(self, climb: Climb, values: Sequence[float]) -> bool:
        """Whether a trial goes on from the rung that it has finished."""
        current = climb.current
        if isinstance(current, DeviceRung):
            return True
        bounded = climb.nmse if isinstance(current, TrainingRung) else values[0]
        if current.require is not None and not bounded < current.require:
            return False
        own = self.ledger.costs(values, climb.rung)
        rivals = self.ledger.rivals(climb.attempt, climb.rung)
        return goes_on(own, rivals, current.reduction_factor)

    def _prune(self, climb: Climb) -> None:
        self.ledger.prune(climb.attempt, climb.attributes(self._directions))
        self._tell_pruned(climb)

    def _tell_pruned(self, climb: Climb, values: tuple[float, ...] = ()) -> None:
        self.observer(
            TrialPruned(
                trial=climb.number,
                rung=climb.rung,
                epochs=climb.level,
                nmse=climb.nmse,
                values=values,
            )
        )

    def go_on_without(self, climb: Climb, training: Training, failure: Failure) -> None:
        """Count a training without a result as one that does not train."""
        training.failure = failure
        self.observer(
            TrainingFailed(
                trial=climb.number,
                rung=climb.rung,
                training=training.name,
                epoch=training.next_epoch,
                status=failure.status,
                cause=failure.cause,
                words=failure.words,
            )
        )

    def fail(self, climb: Climb, failure: Failure, *, epoch: int) -> None:
        """End a trial of which a task came to nothing."""
        told = _told(failure, climb.rung, epoch)
        attributes = {**climb.attributes(self._directions), **told}
        self._end(climb.attempt, failure, climb.rung, attributes)
        self._tell_failure(climb.attempt, failure, rung=climb.rung, epoch=epoch)

    def _end(
        self, attempt: Attempt, failure: Failure, rung: int, attributes: Mapping[str, Any]
    ) -> None:
        """Tell a failure: one of the design's own is something to learn from."""
        if failure.blame is Blame.DESIGN:
            self.ledger.fail_by_design(attempt, rung, attributes)
        else:
            self.ledger.fail(attempt, attributes)

    def refuse(self, attempt: Attempt, failure: Failure) -> None:
        """End a trial whose parameters make no design."""
        self._end(attempt, failure, 0, {"epochs": 0, **_told(failure, 0, 0)})
        self._tell_failure(attempt, failure, rung=0, epoch=0)

    def give_up(self, attempt: Attempt, words: str) -> None:
        """End a trial whose files cannot be used; its parameters are tried once more."""
        rung = self.ledger.rung(attempt)
        current = self.described.ladder.rungs[rung]
        epoch = 0
        if isinstance(current, TrainingRung):
            (name, *_) = self.described.ladder.trainings(rung)
            epoch = len(self.layout.epochs(attempt.number, name))
        failure = Failure(blame=Blame.CHANCE, status="damaged", cause="files", words=words)
        self.ledger.replace(attempt, _told(failure, rung, epoch))
        self._tell_failure(attempt, failure, rung=rung, epoch=epoch)

    def _tell_failure(self, attempt: Attempt, failure: Failure, *, rung: int, epoch: int) -> None:
        self.observer(
            TrialFailed(
                trial=attempt.number,
                rung=rung,
                epoch=epoch,
                status=failure.status,
                cause=failure.cause,
                words=failure.words,
            )
        )


def _told(failure: Failure, rung: int, epoch: int) -> dict[str, Any]:
    """A failure as user attributes of the Optuna trial."""
    return {
        "status": failure.status,
        "cause": failure.cause,
        "words": failure.words,
        "failed_rung": rung,
        "failed_epoch": epoch,
    }
