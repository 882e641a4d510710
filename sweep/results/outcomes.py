# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts of the trials without a value by outcome, with the most frequent message of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sweep.results.stored_study import StoredTrial
from sweep.results.trial_record import FailureRecord, TrialRecord, has_failed

__all__ = ["OutcomeCount", "Outcomes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCount:
    """Number of trials without a value that ended in the same way.

    - `state`: `failed` or `pruned`.
    - `cause`: cause of the failure; for pruned trials their rung, as in `rung 1`.
    - `trials`: how many.
    - `message`: first line of the most frequent message of a failure.
    """

    state: str
    cause: str
    trials: int
    message: str = ""


class Outcomes:
    """Counts trials without a value as they are added."""

    def __init__(self) -> None:
        self._trials: Counter[tuple[str, str]] = Counter()
        self._words: dict[tuple[str, str], Counter[str]] = {}

    def add(self, trial: StoredTrial) -> None:
        """Count a trial that has ended and is not complete."""
        record = TrialRecord.of(trial)
        if has_failed(trial):
            failure = record.failure or FailureRecord()
            ended = ("failed", failure.reason)
            first = failure.words.strip().partition("\n")[0]
            self._words.setdefault(ended, Counter())[first] += 1
        else:
            ended = ("pruned", f"rung {record.reached + 1}")
        self._trials[ended] += 1

    def counts(self) -> tuple[OutcomeCount, ...]:
        """The outcomes, the most frequent first."""
        return tuple(
            OutcomeCount(
                state=ended[0],
                cause=ended[1],
                trials=trials,
                message=self._words[ended].most_common(1)[0][0] if ended in self._words else "",
            )
            for ended, trials in sorted(
                self._trials.items(), key=lambda entry: (-entry[1], entry[0])
            )
        )
