# SPDX-License-Identifier: GPL-3.0-or-later
"""The creation of an Optuna study, with the start designs that it begins with."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import TrialState

from sweep.results.files import StoreError
from sweep.results.manifest import Manifest
from sweep.results.trial_record import TrialRecord
from sweep.study.start import StartPoint
from sweep.study.study_file import StudyFile

__all__ = ["FINGERPRINT", "OptunaStudy", "create_study"]

OptunaStudy = optuna.Study

FINGERPRINT = "fingerprint"
"""Attribute of an Optuna study: the fingerprint of the study file."""


def create_study(
    storage: BaseStorage,
    study_file: StudyFile,
    manifest: Manifest,
    start: Callable[[], Sequence[StartPoint]],
) -> optuna.Study:
    """Opens the study in its storage, and makes it there where it is not there yet.

    **Arguments:**

    - `storage`: the study's storage.
    - `study_file`: the study file.
    - `manifest`: the manifest of the study's directory.
    - `start`: returns the designs that a new study begins with. If a driver is killed before it has
      queued all of them, the next one queues the rest.

    **Returns:** the Optuna study.

    **Raises:** `StoreError` where the storage holds another study of this name.
    """
    study = optuna.create_study(
        study_name=manifest.name,
        storage=storage,
        directions=[StudyDirection[way.upper()] for way in study_file.search.directions],
        load_if_exists=True,
    )
    if study.user_attrs.get(FINGERPRINT) == manifest.fingerprint:
        return study
    if study.user_attrs.get(FINGERPRINT, manifest.fingerprint) in manifest.extended_from:
        study.set_user_attr(FINGERPRINT, manifest.fingerprint)
        return study
    queued = study.get_trials(deepcopy=False)
    # A driver that was killed while it created the study may have queued some of its designs.
    ours = all(
        trial.state is TrialState.WAITING and TrialRecord.of(trial).start for trial in queued
    )
    if FINGERPRINT in study.user_attrs or not ours:
        msg = (
            f"The storage {manifest.storage} holds another study {manifest.name!r} by now; give "
            "another --storage and another --out."
        )
        raise StoreError(msg)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        study.set_metric_names(list(study_file.search.objectives))
    study.set_user_attr("linear_fit", study_file.plan.linear_fit())
    study.set_user_attr("package_version", manifest.package_version)
    for point in start()[len(queued) :]:
        record = TrialRecord(start=point.label, moved=tuple(point.moved))
        study.enqueue_trial(dict(point.values), user_attrs=record.to_attributes())
    # Written last: its presence shows that the others are complete.
    study.set_user_attr(FINGERPRINT, manifest.fingerprint)
    return study
