# SPDX-License-Identifier: GPL-3.0-or-later
"""Summary of each rung of a study's ladder, as `status` and `report` show it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sweep.results.stored_study import StoredTrial
from sweep.results.trial_record import TrialRecord, has_failed
from sweep.study.ladder import Rung, TrainingRung
from sweep.study.study_file import StudyFile

__all__ = ["RungView", "rank_correlation", "rung_views"]

_LEAST_PAIRS = 3


@dataclass(frozen=True, slots=True)
class RungView:
    """One rung.

    **Attributes:**

    - `number`: from 1, the lowest; `kind`, `label`: what it is; `is_top`: whether it is the last.
    - `reached`, `finished`, `promoted`: numbers of trials that reached it, finished it, and went on to
      the next rung.
    - `stopped`, `failed`, `running`: numbers of trials that were pruned on it, failed on it, and are on
      it now.
    - `seconds`: wall time of the workers, s; `simulated`: time in the circuit, s.
    - `pairs`: of (value here, value on the next rung) of the trials that finished both, by the first
      objective; less is better, so what is to be maximised has its sign turned.
    - `correlation`: Spearman's, of these pairs; NaN of fewer than three.
    """

    number: int
    kind: str
    label: str
    is_top: bool
    reached: int
    finished: int
    promoted: int
    stopped: int
    failed: int
    running: int
    seconds: float
    simulated: float
    pairs: tuple[tuple[float, float], ...]
    correlation: float

    @property
    def rate(self) -> float:
        """Share of the trials that finished it and went on; NaN where none finished it, and on the last rung."""
        if self.is_top or not self.finished:
            return math.nan
        return self.promoted / self.finished

    def to_json(self) -> dict[str, Any]:
        """The rung as plain values; the pairs as their number."""
        plain = asdict(self) | {"pairs": len(self.pairs), "promotion_rate": self.rate}
        return {name: None if _unknown(value) else value for name, value in plain.items()}


def rung_views(study_file: StudyFile, trials: Sequence[StoredTrial]) -> tuple[RungView, ...]:
    """The rungs of a study's ladder; empty where it has none."""
    ladder = study_file.ladder
    if not ladder.declared:
        return ()
    read = [(trial, TrialRecord.of(trial)) for trial in trials]
    return tuple(_view(study_file, index, rung, read) for index, rung in enumerate(ladder.rungs))


_Read = tuple[StoredTrial, TrialRecord]


def _view(study_file: StudyFile, index: int, rung: Rung, read: Sequence[_Read]) -> RungView:
    begun = [
        (trial, record)
        for trial, record in read
        if trial.state.name != "WAITING" and not record.replaced
    ]
    reached = [(trial, record) for trial, record in begun if record.reached >= index]
    here = [trial for trial, record in reached if record.reached == index]
    pairs = _pairs(study_file, index, [record for _, record in begun])
    spent = [record.begun[index] for _, record in read if len(record.begun) > index]
    return RungView(
        number=index + 1,
        kind=rung.kind,
        label=rung.label,
        is_top=rung is study_file.ladder.top,
        reached=len(reached),
        finished=sum(len(record.finished) > index for _, record in begun),
        promoted=len(reached) - len(here),
        stopped=sum(trial.state.name == "PRUNED" and not has_failed(trial) for trial in here),
        failed=sum(map(has_failed, here)),
        running=sum(trial.state.name == "RUNNING" for trial in here),
        seconds=_total([each.seconds for each in spent]),
        simulated=_total([each.simulated for each in spent]),
        pairs=pairs,
        correlation=rank_correlation(pairs),
    )


def _total(costs: Sequence[float]) -> float:
    """Time that all trials spent on a rung, s, including those that were run again."""
    return math.fsum(value for value in costs if not math.isnan(value))


def _pairs(
    study_file: StudyFile, index: int, records: Sequence[TrialRecord]
) -> tuple[tuple[float, float], ...]:
    both = [
        record.finished[index : index + 2] for record in records if len(record.finished) > index + 1
    ]
    return tuple(
        (_cost(study_file, index, here.values[0]), _cost(study_file, index + 1, above.values[0]))
        for here, above in both
        if here.values and above.values
    )


def _cost(study_file: StudyFile, index: int, value: float) -> float:
    """Returns a rung's first value as a cost, which is the better the lower it is."""
    trains = isinstance(study_file.ladder.rungs[index], TrainingRung)
    return -value if trains and study_file.search.directions[0] == "maximize" else value


def rank_correlation(pairs: Sequence[tuple[float, float]]) -> float:
    """Spearman's rank correlation: 1 where both orders agree; NaN for fewer than three pairs."""
    if len(pairs) < _LEAST_PAIRS or any(len(set(side)) == 1 for side in zip(*pairs, strict=True)):
        return math.nan
    from scipy.stats import spearmanr  # noqa: PLC0415 - half a second, and few need it

    below, above = zip(*pairs, strict=True)
    return float(spearmanr(below, above).statistic)


def _unknown(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
