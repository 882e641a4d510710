# SPDX-License-Identifier: GPL-3.0-or-later
"""`TrialRecord`: everything that the attributes of a trial in the storage hold.

This is the only place where the names of the attributes are written: each is the name of a field
here, or stands in `sweep.results.rung_results` or `sweep.results.scenario_record`. Versions that
wrote fewer of them are read as well: studies of schema 1 have no rungs, those of schemas 1 and 2
nothing of a run cache, and those up to schema 3 nothing of whether the fit improved.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any, Self

from sweep.results.rung_results import RungRecord, RungResult
from sweep.results.scenario_record import ScenarioRecord
from sweep.results.stored_numbers import stored, stored_number
from sweep.results.stored_study import StoredTrial

__all__ = [
    "TRIAL_ATTRIBUTES",
    "FailureRecord",
    "TrainingRecord",
    "TrialRecord",
    "has_failed",
    "is_replaced",
]

TRIAL_ATTRIBUTES = MappingProxyType(
    {
        "start": "where a design comes from that the search began with",
        "moved": "parameters of such a design that were moved into their range",
        "nmse_before": "held-out NMSE before the first update",
        "nmse": "held-out NMSE after the last epoch",
        "improved": "whether the training made the fit better, by 0.1 % of the NMSE at least",
        "epochs": "finished epochs of the highest training it reached",
        "rung": "the rung it reached, from 0",
        "rung_values": "the values of each rung it finished",
        "rung_seconds": "wall time of each rung it began, of the workers, s",
        "rung_simulated": "time in the circuit simulated on each of these rungs, s",
        "scenarios": "of each finished scenario what it was and its figures",
        "energy_per_point": "mean energy of a training point, J",
        "seconds": "simulator wall time of these epochs, s",
        "cpu_seconds": "simulator processor time of these epochs, s",
        "simulator": "what simulated it",
        "version": "the simulator's version",
        "run_key": "run key of the last epoch",
        "cached": "how many of these epochs came out of the run cache",
        "status": "failed trials: outcome of the simulation, `straggler`, `infeasible` or `damaged`",
        "cause": "failed trials: the finer cause",
        "words": "failed trials: the simulator's own words, or the error's",
        "failed_epoch": "failed trials: the epoch that failed",
        "failed_rung": "failed trials: the rung on which it failed",
        "replaces": "trials that run the parameters of a replaced one again: its number",
        "replaced": "failed trials whose parameters were put in the queue again: does not count",
    }
)
"""Name to meaning of each attribute of a trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRecord:
    """The highest training that a trial reached, its seeds combined as the rung's value is.

    The attributes are those of `TRIAL_ATTRIBUTES`. Before its first epoch there is no more than
    `epochs` = 0; a number that is not known is NaN, an `improved` that is not known None.
    """

    epochs: int = 0
    nmse_before: float = math.nan
    nmse: float = math.nan
    improved: bool | None = None
    energy_per_point: float = math.nan
    seconds: float = math.nan
    cpu_seconds: float = math.nan
    simulator: str = ""
    version: str = ""
    run_key: str = ""
    cached: int = 0

    def to_attributes(self) -> dict[str, Any]:
        """Returns the attributes that hold it."""
        if not self.epochs:
            return {_FIRST_OF_TRAINING: 0}
        content: dict[str, Any] = stored(asdict(self))
        return content

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> Self | None:
        """Reads it; None where a trial has none of the attributes."""
        if _FIRST_OF_TRAINING not in attributes:
            return None
        known: dict[str, Any] = {}
        for each in fields(cls):
            if each.name in attributes:
                value = attributes[each.name]
                known[each.name] = stored_number(value) if _is_number(each.default) else value
        return cls(**known)


_FIRST_OF_TRAINING = fields(TrainingRecord)[0].name


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRecord:
    """Why a trial came to no result; the attributes are those of `TRIAL_ATTRIBUTES`."""

    status: str = "unknown"
    cause: str = ""
    words: str = ""
    failed_rung: int = 0
    failed_epoch: int | None = None

    @property
    def reason(self) -> str:
        """The cause in a word or two, with "infeasible" for a design that cannot exist."""
        cause = self.cause or self.status
        return f"infeasible {cause}" if self.status == "infeasible" else cause

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> Self | None:
        """Reads it; None where a trial has none."""
        if _STATUS not in attributes:
            return None
        return cls(
            **{each.name: attributes[each.name] for each in fields(cls) if each.name in attributes}
        )


_STATUS = fields(FailureRecord)[0].name


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """Everything that the attributes of a trial hold, or a part of it that is to be written.

    **Attributes:**

    - `start`: where a start design comes from, empty for others; `moved`: its parameters that were
      moved into their range.
    - `training`: the highest training it reached; None where there is nothing about one.
    - `scenarios`: each finished scenario of the last rung.
    - `rungs`: the rungs it began; None where there is nothing about them.
    - `rung`: the rung it reached, from 0; None where no attribute says so, which means rung 0.
    - `failure`: why it has no result; None where it did not fail.
    - `replaces`: the number of the trial whose parameters it runs again; None for most trials.
    - `replaced`: whether its parameters are run again by another trial, so that it does not count.
    """

    start: str = ""
    moved: tuple[str, ...] = ()
    training: TrainingRecord | None = None
    scenarios: tuple[ScenarioRecord, ...] = ()
    rungs: RungRecord | None = None
    rung: int | None = None
    failure: FailureRecord | None = None
    replaces: int | None = None
    replaced: bool = False

    @property
    def reached(self) -> int:
        """The rung that the trial reached, from 0."""
        return self.rung or 0

    @property
    def finished(self) -> tuple[RungResult, ...]:
        """The rungs that the trial finished, the lowest first."""
        return () if self.rungs is None else self.rungs.finished

    @property
    def begun(self) -> tuple[RungResult, ...]:
        """The finished rungs, and the rung after them where time was spent on it."""
        return () if self.rungs is None else self.rungs.begun

    def to_attributes(self) -> dict[str, Any]:
        """Returns the attributes that hold it, as JSON can say them.

        What is empty or None is left out, so that a trial's existing attribute stays. The rung comes
        after the results: where a storage writes one attribute after the other, the presence of the
        rung shows that the others are complete.
        """
        parts: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if value is None or value is False or value in ("", ()):
                continue
            if isinstance(value, TrainingRecord | RungRecord):
                parts |= value.to_attributes()
            elif isinstance(value, FailureRecord):
                parts |= asdict(value)
            elif each.name == _SCENARIOS:
                parts[each.name] = [scenario.to_dict() for scenario in value]
            else:
                parts[each.name] = list(value) if isinstance(value, tuple) else value
        return parts

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> Self:
        """Reads the attributes of a trial, whichever version wrote them."""
        own = {name: attributes[name] for name in _PLAIN if name in attributes}
        own |= {name: tuple(value) for name, value in own.items() if isinstance(value, list)}
        own |= {_REPLACED: bool(own.get(_REPLACED))}
        return cls(
            **own,
            training=TrainingRecord.from_attributes(attributes),
            scenarios=tuple(map(ScenarioRecord.from_dict, attributes.get(_SCENARIOS, ()))),
            rungs=RungRecord.from_attributes(attributes),
            failure=FailureRecord.from_attributes(attributes),
        )

    @classmethod
    def of(cls, trial: StoredTrial) -> Self:
        """Reads the attributes of a trial in the storage."""
        return cls.from_attributes(trial.user_attrs)


_SCENARIOS = "scenarios"
_REPLACED = "replaced"
_PLAIN = frozenset(("start", "moved", "rung", "replaces", _REPLACED))


def has_failed(trial: StoredTrial) -> bool:
    """Whether a trial has no result, because its design cannot be simulated or it was lost."""
    state = trial.state.name
    return state == "FAIL" or (state == "PRUNED" and _STATUS in trial.user_attrs)


def is_replaced(trial: StoredTrial) -> bool:
    """Whether another trial runs the parameters of this one again, so that it does not count."""
    return bool(trial.user_attrs.get(_REPLACED))


def _is_number(default: object) -> bool:
    return isinstance(default, float)
