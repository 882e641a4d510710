# SPDX-License-Identifier: GPL-3.0-or-later
"""`StudyStore`: reads and writes the Optuna study, so that the driver does not depend on Optuna.

Everything is in the storage before a method returns. The order within a trial is: ask; on each rung
(file of an epoch, report) for each epoch, then the rung's values and the next rung; attributes, tell.
Whenever the driver is killed, `StudyStore.unfinished` returns the trials that were begun and not told,
`StudyStore.rung_results` the rungs that they have finished, and `StudyStore.reported` their reports.
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
    """Handle of a trial that is being run.

    - `trial`: the Optuna trial.
    - `reports`: the values that were reported for it, by step.
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
    """Asks the sampler for trials, and records their reports and results in the storage.

    **Arguments:**

    - `study`: the Optuna study, in its storage.
    - `study_file`: the study file.
    - `group`: as returned by `open_storage`.
    - `sampler`: the sampler; None for the one that the study file names.
    """

    def __init__(
        self,
        study: optuna.Study,
        study_file: StudyFile,
        group: Group,
        sampler: BaseSampler | None = None,
    ) -> None:
        self._group = group
        self._distributions = distributions(study_file.space)
        self._study = study
        study.sampler = sampler or make_sampler(study_file.search, self._distributions)
        self._pruners = [
            make_scenario_pruner(rung.robustness)
            if isinstance(rung, TrainingRung) and rung.robustness is not None
            else make_pruner(study_file.search)
            for rung in study_file.ladder.rungs
        ]
        self._ladder = study_file.ladder
        self._views = [
            WithinRung(study, rung, *self._judged_steps(rung))
            for rung in range(len(study_file.ladder.rungs))
        ]
        self._progress = ProgressCounter(study, Ranking.of(study_file))
        self._signs = [sign_of(direction) for direction in study.directions]
        self._rivals = Rivals(study, self.costs)
        self._single = len(study.directions) == 1
        # A rung's last report is its value, so that of other objectives no NMSE stands beside it.
        self._reports = self._single and (
            not study_file.ladder.declared or "nmse" in study_file.search.objectives
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
        """Record how many trials are wanted in all."""
        if self._study.user_attrs.get("asked") != trials:
            self._study.set_user_attr("asked", trials)

    def ask(self) -> TrialHandle:
        """Begin a trial."""
        with self._group():
            trial = self._study.ask(self._distributions)
        self._asked += 1
        return TrialHandle(trial)

    def unfinished(self) -> list[TrialHandle]:
        """Returns the trials that an earlier driver began and did not end, in the order of their numbers.

        If that driver was killed while it asked, a trial gets the parameters that are missing.
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
        """Report the NMSE at some steps, where it has not been reported yet.

        With several objectives Optuna has no reports, and nothing is done.
        """
        if self._reports:
            self._report(handle, curve)

    def is_hopeless(self, handle: TrialHandle, rung: int) -> bool:
        """Whether the pruner stops the trial after its last report, by the reports of this rung alone."""
        return self._reports and self._views[rung].prunes(self._pruners[rung], handle.number)

    def _judged_steps(self, rung: int) -> tuple[int, int]:
        """The step before the first report that a rung's pruner sees, and that of the last one."""
        current = self._ladder.rungs[rung]
        first, last = self._ladder.first_step(rung), self._ladder.last_step(rung)
        if isinstance(current, TrainingRung) and current.robustness is not None:
            last -= 1  # the last report is the value of all scenarios together
        return first, last

    def rung(self, handle: TrialHandle) -> int:
        """The rung that a trial is on."""
        return TrialRecord.from_attributes(handle.trial.user_attrs).reached

    def rung_results(self, handle: TrialHandle) -> list[RungResult]:
        """Returns the results of the rungs below the one that a trial is on."""
        record = TrialRecord.from_attributes(handle.trial.user_attrs)
        return list(record.finished[: record.reached])

    def costs(self, values: Sequence[float], rung: int) -> Costs:
        """Returns the costs for a rung's values: the values, with reversed sign for those to be maximised."""
        if not isinstance(self._ladder.rungs[rung], TrainingRung):
            return tuple(values)
        return tuple(sign * value for sign, value in zip(self._signs, values, strict=True))

    def rivals(self, handle: TrialHandle, rung: int) -> list[Costs]:
        """Returns the costs of all other trials that finished a rung and did not fail."""
        return self._rivals.of(handle.number, rung)

    def _lacking(self, handle: TrialHandle, rung: int, values: Sequence[float]) -> float:
        rivals = self.rivals(handle, rung)
        ahead = places_ahead(self.costs(values, rung), rivals)
        return len(self._ladder.rungs) - 1 - rung + ahead / (len(rivals) + 1)

    def promote(
        self, handle: TrialHandle, rung: int, values: Sequence[float], record: TrialRecord
    ) -> None:
        """Record that a trial has finished a rung and goes on to the next one.

        **Arguments:**

        - `handle`: the trial.
        - `rung`: the rung that it has finished, from 0.
        - `values`: the rung's values; empty for a check that only passes or fails.
        - `record`: the trial's attributes to be written.
        """
        with self._group():
            self._report_rung(handle, rung, values)
            self._write(handle, replace(record, rung=rung + 1))

    def stop(
        self, handle: TrialHandle, rung: int, values: Sequence[float], record: TrialRecord
    ) -> None:
        """End a trial that has finished a rung and does not go on; its state becomes pruned.

        TPE ranks such trials by their last report. With several objectives there are no reports. Then
        it ranks them by a violated constraint: the number of rungs above, plus the share of this rung's
        trials that are better.

        **Arguments:**

        - `handle`, `rung`, `values`, `record`: as of `promote`.
        """
        with self._group():
            self._report_rung(handle, rung, values)
            if not self._single:
                handle.trial.set_constraint(_LACKING, self._lacking(handle, rung, values))
            self._write(handle, record)
            self._study.tell(handle.trial, state=TrialState.PRUNED)

    def complete(self, handle: TrialHandle, values: Sequence[float], record: TrialRecord) -> None:
        """End a trial that has finished the last rung; its state becomes complete.

        **Arguments:**

        - `handle`: the trial.
        - `values`: values of the objectives, in their order.
        - `record`: the trial's attributes to be written.
        """
        with self._group():
            self._write(handle, record)
            self._study.tell(handle.trial, list(values))

    def prune(self, handle: TrialHandle, record: TrialRecord) -> None:
        """End a trial that the pruner stopped in the middle of a rung."""
        with self._group():
            self._write(handle, record)
            self._study.tell(handle.trial, state=TrialState.PRUNED)

    def constrain(self, handle: TrialHandle, violations: Mapping[str, float]) -> None:
        """Record the excess of a trial over each constraint, by name; 0 or less where it is met."""
        with self._group():
            for name, value in violations.items():
                handle.trial.set_constraint(name, value)

    def fail_by_design(self, handle: TrialHandle, rung: int, record: TrialRecord) -> None:
        """End a trial whose design cannot be simulated, in such a way that samplers learn from it.

        Optuna's samplers ignore failed trials. So this one is told as pruned, with a violated
        constraint: the number of rungs that it did not finish. The failure in its record says that it
        failed.

        **Arguments:**

        - `handle`: the trial.
        - `rung`: the rung on which it failed, from 0.
        - `record`: the trial's attributes to be written, among them the failure.
        """
        with self._group():
            handle.trial.set_constraint(_SIMULATES, float(len(self._ladder.rungs) - rung))
            self._write(handle, record)
            self._study.tell(handle.trial, state=TrialState.PRUNED)

    def fail(self, handle: TrialHandle, record: TrialRecord) -> None:
        """End a trial that failed without a result; its state becomes failed."""
        with self._group():
            self._write(handle, record)
            self._study.tell(handle.trial, state=TrialState.FAIL)

    def replace(self, handle: TrialHandle, record: TrialRecord) -> bool:
        """End a trial whose files are unusable, and queue its parameters once more.

        **Returns:** whether they were queued; False if the trial was such a second try itself.
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
        """Returns the progress of the study."""
        return self._progress.progress()

    def _report(self, handle: TrialHandle, values: Mapping[int, float]) -> None:
        for step, value in values.items():
            if step not in handle.reports:
                handle.trial.report(value, step)
                handle.reports[step] = value

    def _report_rung(self, handle: TrialHandle, rung: int, values: Sequence[float]) -> None:
        """Report a rung's value at its last step, by which TPE ranks the trials that were stopped."""
        if self._single and values:
            self._report(handle, {self._ladder.last_step(rung): values[0]})

    def _write(self, handle: TrialHandle, record: TrialRecord) -> None:
        for name, value in record.to_attributes().items():
            handle.trial.set_user_attr(name, value)


def _suggest(trial: optuna.Trial, name: str, distribution: BaseDistribution) -> None:
    """Have the sampler choose a trial's value of a parameter; an existing value stays."""
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
