# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranking of the trials of a study. Only `Ranking` decides which trial is the best one.

A trial can be the best one if it is complete and within all constraints of its study. With one
objective it is the trial with the best value, the earliest one of equals. With several objectives
the best ones are the Pareto front: the trials that no other one beats in all of them. Where one of
these has to be named, it is the one that fits best.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from objectives import METRICS
from sweep.results.stored_study import StoredTrial, violated
from sweep.results.trial_record import TrialRecord
from sweep.study.study_file import StudyFile

_MANY = 9.995  # limits; from here on no percentage reads well

__all__ = [
    "Candidate",
    "Objective",
    "RankedTrials",
    "Ranking",
    "limits_of",
    "objectives_of",
    "violated_words",
]


@dataclass(frozen=True, slots=True)
class Objective:
    """A metric that is minimised or maximised.

    **Attributes:**

    - `name`: as in the study file; `label`: in words; `unit`: SI unit or empty.
    - `maximise`: whether more is better.
    """

    name: str
    label: str
    unit: str
    maximise: bool

    @property
    def title(self) -> str:
        """Label with its unit, as an axis has it."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    def better(self, left: float, right: float) -> bool:
        """Whether `left` is better than `right`."""
        return left > right if self.maximise else left < right

    def cost(self, value: float) -> float:
        """Returns a value as a cost, which is the better the lower it is; infinite for NaN."""
        if math.isnan(value):
            return math.inf
        return -value if self.maximise else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What the rank of a complete trial depends on.

    **Attributes:**

    - `number`: number of the trial.
    - `values`: values of the objectives.
    - `nmse`: held-out NMSE after its training; NaN where unknown.
    - `violated`: the constraints that it violates, by name, each with the excess as a share of the
      limit.
    """

    number: int
    values: tuple[float, ...]
    nmse: float = math.nan
    violated: Mapping[str, float] = field(default_factory=dict)

    @property
    def allowed(self) -> bool:
        """Whether it is within all constraints."""
        return not self.violated

    @property
    def excess(self) -> float:
        """How far it is beyond the constraint that it violates most; 0 within all of them."""
        return max(
            (math.inf if math.isnan(each) else each for each in self.violated.values()), default=0.0
        )

    @classmethod
    def of(cls, trial: StoredTrial) -> Candidate:
        """Returns the candidate for a complete trial in the storage."""
        training = TrialRecord.of(trial).training
        return cls(
            number=trial.number,
            values=tuple(trial.values),
            nmse=math.nan if training is None else training.nmse,
            violated=violated(trial.constraints),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedTrials:
    """The result of a ranking: which of the complete trials are best, and why.

    **Attributes:**

    - `complete`, `allowed`: number of complete trials, and of those within all constraints.
    - `front`: the best ones by number: with one objective one trial, with several the Pareto front.
    - `best`: the one of these that fits best; None where no trial is complete and allowed.
    - `nearest`: the trial that is least beyond the constraints, where none is within them.
    - `reason`: why `best` is the best one, or why there is none: a clause without a full stop.
    """

    complete: int
    allowed: int
    front: tuple[Candidate, ...]
    best: Candidate | None
    nearest: Candidate | None
    reason: str

    @property
    def none_allowed(self) -> bool:
        """Whether trials are complete, and none of them is within the constraints."""
        return bool(self.complete) and not self.allowed


class Ranking:
    """Ranks the complete trials of a study, added one by one in any order.

    **Arguments:**

    - `objectives`: objectives of the study, with their directions.
    - `limits`: the study's constraints in words, by their names in `Candidate.violated`.
    - `candidates`: complete trials to begin with.
    """

    def __init__(
        self,
        objectives: Sequence[Objective],
        limits: Mapping[str, str] | None = None,
        candidates: Iterable[Candidate] = (),
    ) -> None:
        self._objectives = tuple(objectives)
        self._limits = dict(limits or {})
        self._complete = self._allowed = 0
        self._front: list[Candidate] = []
        self._nearest: Candidate | None = None
        for candidate in candidates:
            self.add(candidate)

    @classmethod
    def of(cls, study_file: StudyFile) -> Ranking:
        """The ranking of a study, by its study file."""
        return cls(objectives_of(study_file), limits_of(study_file))

    def add(self, candidate: Candidate) -> None:
        """Take a complete trial into account."""
        self._complete += 1
        if not candidate.allowed:
            if self._nearest is None or _excess(candidate) < _excess(self._nearest):
                self._nearest = candidate
            return
        self._allowed += 1
        if any(map(math.isnan, candidate.values)):
            return  # an unknown value is never the best
        if any(self._beats(kept, candidate) for kept in self._front):
            return
        self._front = [kept for kept in self._front if not self._beats(candidate, kept)]
        self._front.append(candidate)

    def ranked(self) -> RankedTrials:
        """Which trials are best now, and why."""
        front = tuple(sorted(self._front, key=lambda kept: kept.number))
        best = min(front, key=lambda kept: (_or_infinite(kept.nmse), kept.number), default=None)
        nearest = None if self._allowed else self._nearest
        return RankedTrials(
            complete=self._complete,
            allowed=self._allowed,
            front=front,
            best=best,
            nearest=nearest,
            reason=self._reason(front, nearest),
        )

    def ordered(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        """Returns the candidates, the best one first.

        Those within the constraints come before those beyond, the front before what it beats; then
        the objective decides or, of several, the fit. Those beyond come by how far they are.
        """
        front = {kept.number for kept in self._front}
        several = len(self._objectives) > 1

        def place(candidate: Candidate) -> tuple[float, bool, float, int]:
            fit = _or_infinite(candidate.nmse) if several else self._costs(candidate)[0]
            return candidate.excess, candidate.number not in front, fit, candidate.number

        return sorted(candidates, key=place)

    def _costs(self, candidate: Candidate) -> tuple[float, ...]:
        pairs = zip(self._objectives, candidate.values, strict=True)
        return tuple(objective.cost(value) for objective, value in pairs)

    def _beats(self, one: Candidate, other: Candidate) -> bool:
        """Whether one is better than the other; with one objective, the earlier of equals is."""
        mine, its = self._costs(one), self._costs(other)
        if len(mine) == 1:
            return (mine, one.number) < (its, other.number)
        return mine != its and all(left <= right for left, right in zip(mine, its, strict=True))

    def _reason(self, front: Sequence[Candidate], nearest: Candidate | None) -> str:
        if not self._complete:
            return "no trial is complete"
        if nearest is not None:
            all_of = (
                "the only complete trial is not"
                if self._complete == 1
                else f"none of the {self._complete} complete trials is"
            )
            limits = ", ".join(self._limits.values()) or ", ".join(nearest.violated)
            missed = violated_words(nearest.violated, self._limits)
            return (
                f"{all_of} within the constraints ({limits}); nearest is trial {nearest.number}: "
                f"{missed}"
            )
        if not front:
            return "no complete trial has a known value"
        among = f"{self._allowed} complete {'trial' if self._allowed == 1 else 'trials'}"
        if self._limits:
            among += " within the constraints"
        if len(self._objectives) > 1:
            return f"fits best of the {len(front)} on the Pareto front of {among}"
        (objective,) = self._objectives
        return f"{'highest' if objective.maximise else 'lowest'} {objective.label} of {among}"


def objectives_of(study_file: StudyFile) -> tuple[Objective, ...]:
    """The objectives of a study."""
    return tuple(
        Objective(name, METRICS[name].label, METRICS[name].unit, maximise=direction == "maximize")
        for name, direction in study_file.search.objectives.items()
    )


def limits_of(study_file: StudyFile) -> dict[str, str]:
    """Returns the constraints of a study in words, by their names in the storage."""
    return {bound.name: bound.words for bound in study_file.search.constraints}


def violated_words(beyond: Mapping[str, float], limits: Mapping[str, str]) -> str:
    """Violated constraints in words, each with how far the limit is missed."""
    return ", ".join(
        f"{limits.get(name, name)} missed by {_share(by)}" for name, by in beyond.items()
    )


def _share(by: float) -> str:
    """A share of a limit in words."""
    if not math.isfinite(by):
        return "an unknown amount"
    return f"{100.0 * by:.3g} %" if by < _MANY else f"{by:.3g} times itself"


def _excess(candidate: Candidate) -> tuple[float, int]:
    return candidate.excess, candidate.number


def _or_infinite(value: float) -> float:
    return math.inf if math.isnan(value) else value
