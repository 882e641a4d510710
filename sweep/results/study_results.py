# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the results in a study's directory, whether it has finished, is running or was killed.

    results = open_results(Path("out"))
    results.study.best_trial.number
    results.epochs(12)[-1].arrays["held_out"]

In the Optuna study, a trial's intermediate value at step k is the held-out NMSE after k epochs
(k from 1: the first epoch is epoch 0 of the files). On a ladder the steps of one rung follow those
of the rung below (`Ladder.first_step`), and the value at a rung's last step is the rung's. A trial's
parameters are in SI base units. Its user attributes are those of `sweep.results.trial_record.TrialRecord`, the study's
those of `STUDY_ATTRIBUTES`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from objectives import EpochScore, TrainingPlan
from sweep.results.epoch_records import EpochRecord, RecordError, read_record, read_scores
from sweep.results.files import Layout, StoreError
from sweep.results.manifest import WITH_JUNCTIONS, Manifest
from sweep.results.stored_study import StoredStudy
from sweep.results.trial_record import TrialRecord
from sweep.study import study_file
from sweep.study.ladder import TrainingRung
from sweep.study.migrate import OLD, is_old, migrated
from sweep.study.study_file import StudyFile

__all__ = [
    "STUDY_ATTRIBUTES",
    "EpochRecord",
    "Layout",
    "Manifest",
    "Reached",
    "RecordError",
    "Results",
    "StoreError",
]

STUDY_ATTRIBUTES = MappingProxyType(
    {
        "fingerprint": "that of the study file",
        "linear_fit": "held-out NMSE of the best linear fit to the task",
        "package_version": "of this program, at the study's creation",
        "asked": "trials that the last run was asked for, those of earlier runs included",
    }
)


@dataclass(frozen=True, slots=True)
class Reached:
    """The highest training that a trial has begun.

    - `rung`: number of its rung, from 0.
    - `plan`: the training of the rung's first seed or scenario; `name`: its name, as in its files.
    """

    rung: int
    plan: TrainingPlan
    name: str


@dataclass(frozen=True, slots=True)
class Results:
    """The results of a study so far.

    **Attributes:**

    - `out`: its directory.
    - `study_file`: the study file, parsed.
    - `manifest`: where the results come from.
    - `study`: the study in its storage, to be read only.
    """

    out: Path
    study_file: StudyFile
    manifest: Manifest
    study: StoredStudy

    def data_note(self) -> str:
        """Returns a warning where the task now makes other points than these trials had; else empty.

        **Raises:** `StudyFileError` where the task no longer makes points.
        """
        if self.manifest.data in {"", self.study_file.data}:
            return ""
        task = self.study_file.plan.task.name
        return (
            f"Task {task!r} gives other points now than it gave these trials: what is simulated or "
            "drawn anew belongs to other data."
        )

    def reached(self, trial: int) -> Reached | None:
        """Returns the highest training of a trial that has a finished epoch; None where none has."""
        ladder, plan = self.study_file.ladder, self.study_file.plan
        record = TrialRecord.of(self.study.get_trials(deepcopy=False)[trial])
        for index in range(record.reached, -1, -1):
            rung = ladder.rungs[index]
            if isinstance(rung, TrainingRung):
                (first, *_) = rung.scenarios
                name = ladder.training(index, first)
                if Layout(self.out).epochs(trial, name):
                    return Reached(index, rung.plan(plan, first), name)
        return None

    def epochs(self, trial: int, training: str | None = None) -> list[EpochRecord]:
        """Returns the finished epochs of a training, from epoch 0 up to a missing or damaged file.

        **Arguments:**

        - `trial`: its number.
        - `training`: a name of `Ladder.training`; None for the trial's highest one, `reached`.
        """
        records = []
        for path in self._files(trial, training):
            try:
                records.append(read_record(path))
            except RecordError:
                break
        return records

    def scores(self, trial: int, training: str | None = None) -> list[EpochScore]:
        """Returns the metrics of the same epochs, read without their arrays; arguments as of `epochs`."""
        scores: list[EpochScore] = []
        for path in self._files(trial, training):
            try:
                scores += read_scores(path)
            except RecordError:
                break
        return scores

    def _files(self, trial: int, training: str | None) -> list[Path]:
        if training is None:
            reached = self.reached(trial)
            return [] if reached is None else Layout(self.out).epochs(trial, reached.name)
        return Layout(self.out).epochs(trial, training)


def version1_copy(path: Path) -> Path:
    """Returns where `sweep migrate` keeps a file of version 1."""
    return path.with_name(f"{path.name}.version1")


def stored_study_file(layout: Layout, manifest: Manifest) -> tuple[StudyFile, int]:
    """Reads the study file that was copied when the study began, and the version of its format.

    A file of an older version is read as `sweep migrate` would rewrite it.

    **Raises:** `StoreError` if it is missing or was altered, `StudyFileError` if this version
    cannot read it.
    """
    try:
        text = layout.study_file.read_bytes()
    except OSError as error:
        msg = f"{layout.study_file} cannot be read ({error.strerror}); put the study file there."
        raise StoreError(msg) from error
    if hashlib.sha256(text).hexdigest() != manifest.study_sha256:
        kept = version1_copy(layout.study_file)
        if (
            kept.is_file()
            and hashlib.sha256(kept.read_bytes()).hexdigest() == manifest.study_sha256
        ):
            msg = (
                f"`sweep migrate` was ended before it had rewritten all of {layout.out}; run "
                f"`sweep migrate {layout.out}` again, which finishes it."
            )
            raise StoreError(msg)
        msg = (
            f"{layout.study_file} was altered after the study had begun; restore it, or start "
            "another study with another --out."
        )
        raise StoreError(msg)
    # A relative path in it starts from where the file came from.
    content = text.decode()
    before_junctions = manifest.schema < WITH_JUNCTIONS
    described = study_file.parse(
        migrated(content, before_junctions=before_junctions), source=manifest.study_source
    )
    return described, OLD if is_old(content) else study_file.VERSION
