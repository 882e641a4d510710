# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens in a study, as typed events, and who may watch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from circuits.preparation import Stage
from sweep.results.outcomes import OutcomeCount


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How a study stands when its driver ends.

    **Attributes:**

    - `out`, `name`: directory and name of the study.
    - `simulator`, `version`: what simulated it.
    - `asked`: how many trials were wanted.
    - `complete`, `pruned`, `failed`, `running`: trials in these states; `running` ones go on when
      the study is resumed.
    - `best`: number of the best trial (of several objectives: of all trials that no other one
      beats in every objective), empty where none is complete and within all constraints.
    - `best_values`: the objectives of each of these, in the order of the study file.
    - `best_trial`: the one of them that `sweep export` takes, None where there is none; `reason`:
      why it is that one, or why there is none.
    - `objectives`: the names of the objectives.
    - `allowed`: complete trials within all constraints of the study.
    - `learned`: complete trials whose fit is better than before their training.
    - `outcomes`: what became of the trials that failed or were pruned, the most frequent first.
    - `epochs`: epochs simulated by this driver.
    - `seconds`: wall time of this driver, s.
    - `overhead`: mean time of an epoch outside its simulator, s; NaN before the first.
    - `stopped`: whether a signal ended it before its time.
    """

    out: Path
    name: str
    simulator: str
    version: str
    asked: int
    complete: int
    pruned: int
    failed: int
    running: int
    best: tuple[int, ...]
    best_values: tuple[tuple[float, ...], ...]
    objectives: tuple[str, ...]
    epochs: int
    seconds: float
    overhead: float
    stopped: bool
    best_trial: int | None = None
    reason: str = ""
    allowed: int = 0
    learned: int = 0
    outcomes: tuple[OutcomeCount, ...] = ()

    @property
    def exit_code(self) -> int:
        """0; 130 where a signal stopped the study, 1 where it ended without a complete trial."""
        if self.stopped:
            return 130
        return 0 if self.complete else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyStarted:
    """The study begins or goes on.

    - `simulator`, `version`: with a ladder, of its last rung; `epochs` as well.
    - `rungs`: the rungs of the ladder in a few words each; empty without one.
    - `trials`: how many are wanted; `done`: how many of them are finished already.
    - `complete`: how many of these have values; `best_trial`: the best one of them, None where none
      is within the constraints; `best_value`: its objective or, of several objectives, its NMSE.
    - `resumed`: whether it was begun before.
    """

    out: Path
    name: str
    simulator: str
    version: str
    workers: int
    trials: int
    epochs: int
    done: int
    resumed: bool
    linear_fit: float
    objectives: tuple[str, ...]
    best_value: float | None
    rungs: tuple[str, ...] = ()
    complete: int = 0
    best_trial: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRefused:
    """A part of the space is refused by the study's own simulators: such trials will fail.

    - `field`, `choices`, `rung`: as of `sweep.study.refusals.Refusal`; `words` say all of it.
    """

    field: str
    choices: tuple[str, ...]
    rung: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialStarted:
    """A trial begins, or goes on from its last finished epoch (`epoch` is the next one)."""

    trial: int
    epoch: int
    parameters: Mapping[str, object]
    rung: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochStarted:
    """An epoch was given to a worker, with those after it where they are computed in one go.

    - `attempt`: counts from 1.
    - `rung`, `seed`: the trial's rung, and the seed of its weights. On a rung that only checks the
      circuit, the check is told of as epoch 0.
    """

    trial: int
    epoch: int
    attempt: int
    rung: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparing:
    """A trial waits for what a machine does once and keeps (`circuits.preparation`).

    It is no part of any trial's time. What another machine of a cluster prepares is not told.
    """

    trial: int
    stage: Stage
    rung: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What a trial waited for is done, after `seconds`; its task goes on."""

    trial: int
    seconds: float
    rung: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochFinished:
    """An epoch is done, and on disk.

    - `epochs`: how many were computed in one go; `epoch` is the last of them, and `seconds` and
      `nmse_before` are those of all.
    - `seconds`: wall time of the simulator; `overhead`: of all else that an epoch took.
    - `cached`: how many of them were not simulated but came out of the run cache; `seconds` is
      what they took when they were, and there is no `overhead` then (NaN).
    - `rung`, `seed`: as in `EpochStarted`.
    """

    trial: int
    epoch: int
    nmse_before: float
    nmse: float
    seconds: float
    overhead: float
    epochs: int = 1
    cached: int = 0
    rung: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochLost:
    """An epoch came to nothing by no fault of its own and is simulated again, after `wait` s."""

    trial: int
    epoch: int
    attempt: int
    reason: str
    wait: float = 0.0
    rung: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLeftOut:
    """A node of the cluster gets no tasks, as it cannot run this study; `words` say which and why."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """Something that a user should know although the study goes on: `words`, in one line."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageAway:
    """The study's database does not answer, for the reason in `words`; asked again after `wait` s."""

    words: str
    wait: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """Nothing is begun until further notice, or (`paused` is false) again from now on."""

    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopping:
    """The study ends when its `running` tasks have; nothing is begun any more."""

    reason: str
    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPromoted:
    """A trial has finished a rung of the ladder, with these values, and goes on to `rung`."""

    trial: int
    rung: int
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFinished:
    """A trial went through all its epochs, on the last rung of the ladder.

    - `best`: whether none is better so far.
    - `violates`: the constraints that it is beyond, in words; empty within all of them.
    - `improved`: whether it fits better than before its training; None where that is not known.
    - `best_trial`, `best_value`: the best trial now, as in `StudyStarted`.
    """

    trial: int
    values: tuple[float, ...]
    nmse: float
    best: bool
    violates: str = ""
    improved: bool | None = None
    best_trial: int | None = None
    best_value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPruned:
    """A trial was given up as hopeless after `epochs` epochs of a rung.

    - `values`: of the rung, where that was its end.
    """

    trial: int
    epochs: int
    nmse: float
    rung: int = 0
    values: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingFailed:
    """A training came to no result, and counts as one that does not train: as of `TrialFailed`.

    - `training`: its name; `epoch`: the one that failed.
    """

    trial: int
    training: str
    epoch: int
    status: str
    cause: str
    words: str
    rung: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFailed:
    """A trial came to no result: outcome, finer cause and the simulator's words."""

    trial: int
    epoch: int
    status: str
    cause: str
    words: str
    rung: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A signal or an error stopped the study. `reason` says which.

    - `begun`: whether there is a study to go on with; else nothing was left on disk.
    """

    reason: str
    begun: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFinished:
    """The driver has come to its end."""

    summary: Summary


Event = (
    StudyStarted
    | PartRefused
    | TrialStarted
    | EpochStarted
    | Preparing
    | Prepared
    | EpochFinished
    | EpochLost
    | NodeLeftOut
    | Noticed
    | StorageAway
    | Paused
    | Stopping
    | TrainingFailed
    | TrialPromoted
    | TrialFinished
    | TrialPruned
    | TrialFailed
    | Stopped
    | StudyFinished
)


class Observer(Protocol):
    """Watches a study. Used as a context manager around it, and called with each event."""

    def __call__(self, event: Event) -> None:
        """Take note of an event. Called in the driver's thread."""
        ...
