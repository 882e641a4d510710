# SPDX-License-Identifier: GPL-3.0-or-later
"""Optuna studies of study files of version 1, with the names that their parameters have now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial

from sweep.study.version1 import renamed_parameter, reworded

__all__ = ["renamed_study", "renamed_trial", "write_journal"]


def renamed_study(study: optuna.Study) -> optuna.Study:
    """A copy in memory whose trials have today's names of parameters and words.

    Trials keep their numbers, states, values, attributes and times.
    """
    copy = optuna.create_study(
        study_name=study.study_name,
        directions=study.directions,
        storage=optuna.storages.InMemoryStorage(),
    )
    for key, value in study.user_attrs.items():
        copy.set_user_attr(key, value)
    copy.add_trials([renamed_trial(trial) for trial in study.get_trials(deepcopy=True)])
    return copy


def renamed_trial(trial: FrozenTrial) -> FrozenTrial:
    """The trial with today's names of its parameters and words."""
    names = {name: renamed_parameter(name) for name in trial.params}
    # Distributions first: a trial checks its parameters against them.
    distributions = {
        names[name]: _reworded(names[name], distribution)
        for name, distribution in trial.distributions.items()
    }
    params = {names[name]: reworded(names[name], value) for name, value in trial.params.items()}
    trial.params = {}
    trial.distributions = distributions
    trial.params = params
    return trial


def _reworded(name: str, distribution: BaseDistribution) -> BaseDistribution:
    if not isinstance(distribution, CategoricalDistribution):
        return distribution
    words: Any = [reworded(name, choice) for choice in distribution.choices]
    return CategoricalDistribution(words)


def write_journal(study: optuna.Study, path: Path) -> None:
    """Writes a study with all its trials into a journal file, whole or not at all."""
    partial = path.with_name(f"{path.name}.new")
    partial.unlink(missing_ok=True)
    storage = JournalStorage(JournalFileBackend(str(partial)))
    copy = optuna.create_study(
        study_name=study.study_name, directions=study.directions, storage=storage
    )
    for key, value in study.user_attrs.items():
        copy.set_user_attr(key, value)
    copy.add_trials(study.get_trials(deepcopy=False))
    partial.replace(path)
