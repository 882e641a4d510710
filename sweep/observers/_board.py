# SPDX-License-Identifier: GPL-3.0-or-later
"""`Board`: the progress of a running study, collected from its events."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from circuits.preparation import Stage
from sweep.driver.events import (
    EpochFinished,
    EpochStarted,
    Event,
    Prepared,
    Preparing,
    StudyStarted,
    TrialFailed,
    TrialFinished,
    TrialPromoted,
    TrialPruned,
    TrialStarted,
)


@dataclass(slots=True)
class Lane:
    """A running trial: finished epochs, last NMSE, start of its current task, and rung."""

    epochs: int
    nmse: float | None = None
    since: float | None = None
    rung: int = 0


@dataclass(slots=True)
class Board:
    """Counts and times of a study; `note` every event.

    **Attributes:**

    - `started`: the first event; None before it.
    - `complete`, `pruned`, `failed`: trials that ended while this driver ran.
    - `best`: number and value of the best trial, as the driver reports; None before one.
    - `lanes`: the running trials, by number; `stages`: what is being prepared for them.
    - `clock`: returns the time, s, from any origin.
    """

    clock: Callable[[], float] = time.monotonic
    started: StudyStarted | None = None
    complete: int = 0
    pruned: int = 0
    failed: int = 0
    best: tuple[int, float] | None = None
    lanes: dict[int, Lane] = field(default_factory=dict)
    stages: dict[int, Stage] = field(default_factory=dict)
    _begun: float = 0.0
    _headstart: float = 0.0

    def note(self, event: Event) -> None:
        """Updates the board with an event."""
        self._note_stage(event)
        match event:
            case StudyStarted():
                self.started = event
                self._begun = self.clock()
                self._lead(event)
            case TrialStarted():
                self.lanes[event.trial] = Lane(event.epoch, rung=event.rung)
                self._headstart += self._share(event.epoch)
            case EpochStarted():
                self.lanes[event.trial].since = self.clock()
            case TrialPromoted():
                self.lanes[event.trial] = Lane(0, rung=event.rung)
            case EpochFinished():
                self.lanes[event.trial] = Lane(event.epoch + 1, event.nmse, rung=event.rung)
            case TrialFinished():
                self.complete += 1
                self._end(event.trial)
                self._lead(event)
            case TrialPruned():
                self.pruned += 1
                self._end(event.trial)
            case TrialFailed():
                self.failed += 1
                self._end(event.trial)
            case _:
                pass

    def _note_stage(self, event: Event) -> None:
        """Notes the stage of preparation of a trial, whose time does not count as time of its task."""
        match event:
            case Preparing():
                self.stages[event.trial] = event.stage
            case Prepared():
                self.stages.pop(event.trial, None)
                if event.trial in self.lanes:
                    self.lanes[event.trial].since = self.clock()
            case _:
                pass

    @property
    def elapsed(self) -> float:
        """Seconds since the study started."""
        return self.clock() - self._begun

    @property
    def done(self) -> int:
        """Trials that have ended, those of earlier drivers included."""
        before = self.started.done if self.started else 0
        return before + self.complete + self.pruned + self.failed

    @property
    def with_values(self) -> int:
        """Complete trials, those of earlier drivers included."""
        return self.complete + (self.started.complete if self.started else 0)

    @property
    def left(self) -> float | None:
        """Seconds until the study ends at the rate so far; None while unknown."""
        if self.started is None:
            return None
        partial = sum(self._share(lane.epochs) for lane in self.lanes.values())
        ended = self.complete + self.pruned + self.failed
        progress = ended + partial - self._headstart
        if progress <= 0.0:
            return None
        remaining = max(0.0, self.started.trials - self.done - partial)
        return remaining * self.elapsed / progress

    def _share(self, epochs: int) -> float:
        """Returns the finished share of a trial after some epochs; on a ladder 0, as its end is unknown."""
        if self.started is None or self.started.rungs:
            return 0.0
        return epochs / self.started.epochs

    def _end(self, trial: int) -> None:
        self.lanes.pop(trial, None)
        self.stages.pop(trial, None)

    def _lead(self, event: StudyStarted | TrialFinished) -> None:
        if event.best_trial is not None and event.best_value is not None:
            self.best = (event.best_trial, event.best_value)
