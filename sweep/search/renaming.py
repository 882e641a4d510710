# SPDX-License-Identifier: GPL-3.0-or-later
"""Optuna studies of study files of version 1, with the names that their parameters have now."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage
from optuna.trial import FrozenTrial

from sweep.search._journal import Journal
from sweep.study.version1 import renamed_parameter, reworded

__all__ = ["renamed_study", "renamed_trial", "write_journal"]

_QUEUED = "fixed_params"
"""Optuna's attribute of a trial in the queue: the parameters that it is to have."""


def renamed_study(study: optuna.Study) -> optuna.Study:
    """A copy in memory whose trials have today's names of parameters and words.

    Trials keep their numbers, states, values, attributes and times.
    """
    trials = [renamed_trial(trial) for trial in study.get_trials(deepcopy=True)]
    return _copy(study, InMemoryStorage(), study.user_attrs, trials)


def renamed_trial(trial: FrozenTrial) -> FrozenTrial:
    """The trial with today's names of its parameters and words; names of today stay as they are."""
    names = {name: renamed_parameter(name) for name in trial.params}
    # Distributions first: a trial checks its parameters against them.
    distributions = {
        names[name]: _reworded(names[name], distribution)
        for name, distribution in trial.distributions.items()
    }
    params = _renamed(trial.params)
    trial.params = {}
    trial.distributions = distributions
    trial.params = params
    if _QUEUED in trial.system_attrs:
        trial.system_attrs = {
            **trial.system_attrs,
            _QUEUED: _renamed(trial.system_attrs[_QUEUED]),
        }
    trial.user_attrs = _renamed_record(trial.user_attrs)
    return trial


def _renamed(params: Mapping[str, Any]) -> dict[str, Any]:
    names = {name: renamed_parameter(name) for name in params}
    return {names[name]: reworded(names[name], value) for name, value in params.items()}


def _renamed_record(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a trial; see `sweep.results.trial_record`."""
    found = dict(attributes)
    if found.get("start") == "seed":
        found["start"] = "original"
    if "moved" in found:
        found["moved"] = [renamed_parameter(name) for name in found["moved"]]
    if found.get("status") == "infeasible":
        found["cause"] = renamed_parameter(found["cause"])
    return found


def _reworded(name: str, distribution: BaseDistribution) -> BaseDistribution:
    if not isinstance(distribution, CategoricalDistribution):
        return distribution
    words: Any = [reworded(name, choice) for choice in distribution.choices]
    return CategoricalDistribution(words)


def write_journal(study: optuna.Study, path: Path, attributes: Mapping[str, Any]) -> None:
    """Writes a study with all its trials into a journal file, completely or not at all.

    **Arguments:**

    - `study`: the study.
    - `path`: the journal file, which is replaced.
    - `attributes`: user attributes of the study, in place of its own.
    """
    partial = path.with_name(f"{path.name}.new")
    partial.unlink(missing_ok=True)
    journal = Journal(partial)
    with journal.group():
        _copy(study, JournalStorage(journal), attributes, study.get_trials(deepcopy=False))
    partial.replace(path)


def _copy(
    study: optuna.Study,
    storage: BaseStorage,
    attributes: Mapping[str, Any],
    trials: list[FrozenTrial],
) -> optuna.Study:
    copy = optuna.create_study(
        study_name=study.study_name, directions=study.directions, storage=storage
    )
    if study.metric_names is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            copy.set_metric_names(study.metric_names)
    for key, value in attributes.items():
        copy.set_user_attr(key, value)
    copy.add_trials(trials)
    return copy
