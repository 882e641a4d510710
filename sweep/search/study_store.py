# SPDX-License-Identifier: GPL-3.0-or-later
"""`StudyStore`: the study's Optuna side. It alone asks, reports and tells; the driver knows no Optuna.

Everything is in the storage before a method returns. The order within a trial is: ask; on each rung
(file of an epoch, report) for each epoch, then the rung's values and the next rung; attributes, tell.
Whatever the moment at which the driver is killed, `unfinished` returns the trials that were begun
and not told, `StudyStore.rung_results` the rungs behind them, and `StudyStore.reported` how far they came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler
from optuna.trial import TrialState

from sweep.results.ranking import Ranking
from sweep.results.rung_results import RungResult
from sweep.results.trial_record import TrialRecord, is_replaced
from sweep.search._pruners import WithinRung, make_pruner, make_scenario_pruner
from sweep.search.distributions import distributions
from sweep.search.progress import ProgressCounter, Rivals, StudyProgress, sign_of
from sweep.search.promotion import Costs, places_ahead
from sweep.search.samplers import make_sampler
from sweep.search.storage import Group
from sweep.study.ladder import TrainingRung
from sweep.study.study_file import StudyFile

_LACKING = "rungs above"
_SIMULATES = "simulates"


@dataclass(frozen=True, slots=True)
class TrialHandle:
    """A trial that is being worked on: its handle in the study store.

    - `reports`: what was reported of it, by step.
    """

    trial: optuna.Trial
    reports: dict[int, float] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The trial's number."""
        return self.trial.number

    @property
    def values(self) -> dict[str, Any]:
        """The values of its parameters."""
        return self.trial.params


class StudyStore:
    """Asks for trials and keeps book of them.

    **Arguments:**

    - `study`: the Optuna study, in its storage.
    - `described`: the study file.
    - `group`: a context manager within which writes to the storage belong together.
    - `sampler`: what proposes the trials; by default what the study file asks for.
    """

    def __init__(
        self,
        study: optuna.Study,
        described: StudyFile,
        group: Group,
        sampler: BaseSampler | None = None,
    ) -> None:
        self._group = group
        self._distributions = distributions(described.space)
        self._study = study
        study.sampler = sampler or make_sampler(described.search, self._distributions)
        self._pruners = [
            make_scenario_pruner(rung.robustness)
            if isinstance(rung, TrainingRung) and rung.robustness is not None
            else make_pruner(described.search)
            for rung in described.ladder.rungs
        ]
        self._ladder = described.ladder
        self._views = [
            WithinRung(study, rung, *self._judged_steps(rung))
            for rung in range(len(described.ladder.rungs))
        ]
        self._progress = ProgressCounter(study, Ranking.of(described))
        self._signs = [sign_of(direction) for direction in study.directions]
        self._rivals = Rivals(study, self.costs)
        self._single = len(study.directions) == 1
        # A rung's last report is its value, so that of other objectives no NMSE stands beside it.
        self._reports = self._single and (
            not described.ladder.declared or "nmse" in described.search.objectives
        )
        trials = study.get_trials(deepcopy=False)
        self._asked = sum(
            trial.state is not TrialState.WAITING and not is_replaced(trial) for trial in trials
        )

    @property
    def asked(self) -> int:
        """Trials that were begun, without those that were replaced."""
        return self._asked

    def aim(self, trials: int) -> None:
        """Note how many trials are wanted in all."""
        if self._study.user_attrs.get("asked") != trials:
            self._study.set_user_attr("asked", trials)

    def ask(self) -> TrialHandle:
        """Begin a trial."""
        with self._group():
            trial = self._study.ask(self._distributions)
        self._asked += 1
        return TrialHandle(trial)

    def unfinished(self) -> list[TrialHandle]:
        """Trials that an earlier driver began and did not end, in the order of their numbers.

        One that was killed while it asked gets the parameters it lacks.
        """
        handles = []
        for frozen in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            trial = optuna.Trial(self._study, frozen._trial_id)  # noqa: SLF001 - Optuna has no other way
            for name, distribution in self._distributions.items():
                _suggest(trial, name, distribution)
            handles.append(TrialHandle(trial, dict(frozen.intermediate_values)))
        return handles

    def reported(self, handle: TrialHandle) -> dict[int, float]:
        """The NMSE that was reported at each step."""
        return dict(handle.reports) if self._reports else {}

    def report(self, handle: TrialHandle, curve: Mapping[int, float]) -> None:
        """The NMSE at some steps, as far as it is not there yet.

        Of several objectives Optuna keeps no reports.
        """
        if self._reports:
            self._report(handle, curve)

    def is_hopeless(self, handle: TrialHandle, rung: int) -> bool:
        """Whether the pruner gives up the trial after its last report, judged by this rung alone."""
        return self._reports and self._views[rung].prunes(self._pruners[rung], handle.number)

    def _judged_steps(self, rung: int) -> tuple[int, int]:
        """The steps before and at the end of the reports by which a rung's pruner judges."""
        current = self._ladder.rungs[rung]
        first, last = self._ladder.first_step(rung), self._ladder.last_step(rung)
        if isinstance(current, TrainingRung) and current.robustness is not None:
            last -= 1  # the value of all scenarios is none of them
        return first, last

    def rung(self, handle: TrialHandle) -> int:
        """The rung that a trial is on."""
        return TrialRecord.from_attributes(handle.trial.user_attrs).reached

    def rung_results(self, handle: TrialHandle) -> list[RungResult]:
        """The rungs below it, as far as it has been on the ladder."""
        record = TrialRecord.from_attributes(handle.trial.user_attrs)
        return list(record.finished[: record.reached])

    def costs(self, values: Sequence[float], rung: int) -> Costs:
        """What trials are ranked by on a rung: of a training's values, those to be maximised turn."""
        if not isinstance(self._ladder.rungs[rung], TrainingRung):
            return tuple(values)
        return tuple(sign * value for sign, value in zip(self._signs, values, strict=True))

    def rivals(self, handle: TrialHandle, rung: int) -> list[Costs]:
        """What all other trials that finished a rung, and did not fail, are ranked by."""
        return self._rivals.of(handle.number, rung)

    def _lacking(self, handle: TrialHandle, rung: int, values: Sequence[float]) -> float:
        rivals = self.rivals(handle, rung)
        ahead = places_ahead(self.costs(values, rung), rivals)
        return len(self._ladder.rungs) - 1 - rung + ahead / (len(rivals) + 1)

    def promote(
        self, handle: TrialHandle, rung: int, values: Sequence[float], record: TrialRecord
    ) -> None:
        """Note that a trial has finished a rung, and goes on to the next one."""
        with self._group():
            self._report_rung(handle, rung, values)
            self._write(handle, replace(record, rung=rung + 1))

    def stop(
        self, handle: TrialHandle, rung: int, values: Sequence[float], record: TrialRecord
    ) -> None:
        """End a trial that has finished a rung and does not go on.

        TPE ranks such trials by their last report. Where there are several objectives, and so no
        reports, it ranks them by how much they lack of what they should be: the rungs above, and
        the share of this rung's trials that are better.
        """
        with self._group():
            self._report_rung(handle, rung, values)
            if not self._single:
                handle.trial.set_constraint(_LACKING, self._lacking(handle, rung, values))
            self._write(handle, record)
            self._study.tell(handle.trial, state=TrialState.PRUNED)

    def complete(self, handle: TrialHandle, values: Sequence[float], record: TrialRecord) -> None:
        """End a trial that has finished the last rung."""
        with self._group():
            self._write(handle, record)
            self._study.tell(handle.trial, list(values))

    def prune(self, handle: TrialHandle, record: TrialRecord) -> None:
        """End a trial that is hopeless, in the middle of a rung."""
        with self._group():
            self._write(handle, record)
            self._study.tell(handle.trial, state=TrialState.PRUNED)

    def constrain(self, handle: TrialHandle, violations: Mapping[str, float]) -> None:
        """Note what of a trial must be 0 or less for its design to be allowed."""
        with self._group():
            for name, value in violations.items():
                handle.trial.set_constraint(name, value)

    def fail_by_design(self, handle: TrialHandle, rung: int, record: TrialRecord) -> None:
        """End a trial whose design cannot be simulated, such that samplers learn from it.

        Optuna's samplers pass over failed trials. So this one is told as pruned, with a violated
        constraint: the number of rungs that it did not finish. The failure in its record says that it
        failed.
        """
        with self._group():
            handle.trial.set_constraint(_SIMULATES, float(len(self._ladder.rungs) - rung))
            self._write(handle, record)
            self._study.tell(handle.trial, state=TrialState.PRUNED)

    def fail(self, handle: TrialHandle, record: TrialRecord) -> None:
        """End a trial that came to no result."""
        with self._group():
            self._write(handle, record)
            self._study.tell(handle.trial, state=TrialState.FAIL)

    def replace(self, handle: TrialHandle, record: TrialRecord) -> bool:
        """End a trial whose files are unusable, and queue its parameters once more.

        **Returns:** whether they were queued: not if the trial is such a second try itself.
        """
        number = handle.number
        trials = self._study.get_trials(deepcopy=False)
        if TrialRecord.of(trials[number]).replaces is not None:
            self.fail(handle, record)
            return False
        # A driver that is killed in between finds the trial running again, and it queued already.
        if not any(TrialRecord.of(trial).replaces == number for trial in trials):
            again = TrialRecord(replaces=number)
            self._study.enqueue_trial(handle.values, user_attrs=again.to_attributes())
        self.fail(handle, replace(record, replaced=True))
        self._asked -= 1
        return True

    def progress(self) -> StudyProgress:
        """How the study stands."""
        return self._progress.progress()

    def _report(self, handle: TrialHandle, values: Mapping[int, float]) -> None:
        for step, value in values.items():
            if step not in handle.reports:
                handle.trial.report(value, step)
                handle.reports[step] = value

    def _report_rung(self, handle: TrialHandle, rung: int, values: Sequence[float]) -> None:
        """A rung's value at its last step, by which TPE ranks the trials that were stopped."""
        if self._single and values:
            self._report(handle, {self._ladder.last_step(rung): values[0]})

    def _write(self, handle: TrialHandle, record: TrialRecord) -> None:
        for name, value in record.to_attributes().items():
            handle.trial.set_user_attr(name, value)


def _suggest(trial: optuna.Trial, name: str, distribution: BaseDistribution) -> None:
    """Have a trial take a value; one that it has already stays."""
    if isinstance(distribution, FloatDistribution):
        trial.suggest_float(
            name, distribution.low, distribution.high, step=distribution.step, log=distribution.log
        )
    elif isinstance(distribution, IntDistribution):
        trial.suggest_int(
            name, distribution.low, distribution.high, step=distribution.step, log=distribution.log
        )
    elif isinstance(distribution, optuna.distributions.CategoricalDistribution):
        trial.suggest_categorical(name, distribution.choices)
