# SPDX-License-Identifier: GPL-3.0-or-later
"""The events of a study, and the protocol of observers that receive them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from circuits.preparation import Stage
from sweep.results.outcomes import OutcomeCount


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """State of a study when its driver ends.

    **Attributes:**

    - `out`, `name`: directory and name of the study.
    - `simulator`, `version`: that simulated it; on a ladder, those of its last rung.
    - `asked`: number of trials wanted.
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
    - `outcomes`: states and causes of the trials that failed or were pruned, the most frequent first.
    - `epochs`: epochs simulated by this driver.
    - `seconds`: wall time of this driver, s.
    - `overhead`: median time of an epoch outside its simulator, s, without cached epochs; NaN for none.
    - `stopped`: whether a signal or a stop request ended it early.
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
        """Exit code: 130 if the study was stopped, 1 if it ended without a complete trial, otherwise 0."""
        if self.stopped:
            return 130
        return 0 if self.complete else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyStarted:
    """The study begins or is resumed.

    - `simulator`, `version`: with a ladder, of its last rung; `epochs` as well.
    - `rungs`: a short description of each rung; empty without a ladder.
    - `trials`: number of trials wanted; `done`: how many of them have ended already.
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
    """A simulator of the study refuses a part of its search space: trials there will fail.

    - `field`, `choices`, `rung`: as in `sweep.study.refusals.Refusal`; `message`: its message.
    """

    field: str
    choices: tuple[str, ...]
    rung: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialStarted:
    """A trial begins, or continues after its last finished epoch. `epoch` is the next one."""

    trial: int
    epoch: int
    parameters: Mapping[str, object]
    rung: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochStarted:
    """An epoch was given to a worker, with the following ones where they are one task.

    - `attempt`: counts from 1.
    - `rung`, `seed`: the trial's rung, and the seed of its weights. On a rung that only checks the
      circuit, the check is reported as epoch 0.
    """

    trial: int
    epoch: int
    attempt: int
    rung: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparing:
    """A trial waits for a preparation that a machine does once, such as compilation (`circuits.preparation`).

    The time of preparation counts for no trial. Preparations on other machines of a cluster are not
    reported.
    """

    trial: int
    stage: Stage
    rung: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The preparation that a trial waited for is done, after `seconds`. Its task continues."""

    trial: int
    seconds: float
    rung: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochFinished:
    """An epoch is finished, and its result is on disk.

    - `epochs`: how many were one task; `epoch` is the last of them, and `seconds` and
      `nmse_before` are those of all.
    - `seconds`: wall time of the simulator, s; `overhead`: all other time that an epoch took, s.
    - `cached`: how many of them came from the run cache. `seconds` is then the time of their original
      simulation, and `overhead` is NaN.
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
    """An epoch failed by chance, such as with a lost worker, and is simulated again after `wait` s."""

    trial: int
    epoch: int
    attempt: int
    reason: str
    wait: float = 0.0
    rung: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLeftOut:
    """A node of the cluster gets no tasks, as it cannot run this study. `message` name node and reason."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """A notice for the user while the study continues: `message`, in one line."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageAway:
    """The study's database does not answer, for the reason in `message`. It is tried again after `wait` s."""

    message: str
    wait: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """The study is paused and begins no task, or (`paused` is False) continues."""

    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopping:
    """The study ends when its `running` tasks have ended, and begins no other. `reason`: signal or command."""

    reason: str
    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPromoted:
    """A trial has finished a rung of the ladder, with these values, and continues on `rung`."""

    trial: int
    rung: int
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFinished:
    """A trial is complete: it has finished the last rung of the ladder.

    - `best`: whether none is better so far.
    - `violates`: the constraints that it violates, as text; empty for none.
    - `improved`: whether it fits better than before its training; None where unknown.
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
    """A trial was pruned after `epochs` epochs of a rung.

    - `values`: of the rung, if the trial had finished it; otherwise empty.
    """

    trial: int
    epochs: int
    nmse: float
    rung: int = 0
    values: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingFailed:
    """A training failed, and its trial continues. Fields as in `TrialFailed`.

    - `training`: its name; `epoch`: the one that failed.
    """

    trial: int
    training: str
    epoch: int
    status: str
    cause: str
    message: str
    rung: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFailed:
    """A trial failed. `status` and `cause` of its outcome, and the simulator's `message`."""

    trial: int
    epoch: int
    status: str
    cause: str
    message: str
    rung: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A signal, an error or a stopping rule ended the study. `reason` says which.

    - `begun`: whether there is a study that can be resumed. If not, nothing was left on disk.
    """

    reason: str
    begun: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFinished:
    """The driver has ended without an error."""

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
    """Receives the events of a study."""

    def __call__(self, event: Event) -> None:
        """Receives an event, in the driver's thread."""
        ...
