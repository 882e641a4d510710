# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens in a study, as typed events, and who may watch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


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
      beats in every objective), empty where none is complete.
    - `best_values`: the objectives of each of these, in the order of the study file.
    - `objectives`: the names of the objectives.
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

    @property
    def exit_code(self) -> int:
        """0, or 130 where a signal stopped the study."""
        return 130 if self.stopped else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyStarted:
    """The study begins or goes on.

    - `simulator`, `version`: with a ladder, of its last rung; `epochs` as well.
    - `rungs`: the rungs of the ladder in a few words each; empty without one.
    - `trials`: how many are wanted; `done`: how many of them are finished already.
    - `best_value`: of the finished ones, None where there is none or there are several objectives.
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
    """A trial went through all its epochs, on the last rung of the ladder; `best` tells whether none is better so far."""

    trial: int
    values: tuple[float, ...]
    nmse: float
    best: bool


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
    """A signal or an error stopped the study; it can be resumed. `reason` says which."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFinished:
    """The driver has come to its end."""

    summary: Summary


Event = (
    StudyStarted
    | TrialStarted
    | EpochStarted
    | EpochFinished
    | EpochLost
    | NodeLeftOut
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
