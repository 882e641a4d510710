# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens the results in a study's directory, whether it has finished, is running or was killed.

For example:

    results = open_results(Path("out"))
    results.study.best_trial.number
    results.epochs(12)[-1].arrays["held_out"]
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import optuna

from sweep.results.files import Layout, StoreError
from sweep.results.manifest import read_manifest
from sweep.results.study_results import Results, stored_study_file
from sweep.search.renaming import renamed_study
from sweep.search.storage import complete_url, open_for_reading, quiet
from sweep.study.migrate import OLD

__all__ = ["OpenedResults", "open_results"]


@dataclass(frozen=True, slots=True)
class OpenedResults(Results):
    """The results of a study, with its Optuna study.

    **Attributes:**

    - `study`: the Optuna study, to be read only.
    """

    study: optuna.Study


def open_results(out: Path) -> OpenedResults:
    """Opens a study's directory for reading; a driver may be working on it.

    **Raises:** `StoreError` where there is no study or its storage is not there, and
    `StudyFileError` where its study file was altered into an invalid one.
    """
    layout = Layout(out)
    manifest = read_manifest(layout)
    study_file, version = stored_study_file(layout, manifest)
    quiet()
    storage = open_for_reading(layout, complete_url(manifest.storage))
    try:
        study = optuna.load_study(study_name=manifest.name, storage=storage)
    except KeyError as error:
        msg = f"The storage {manifest.storage} holds no study {manifest.name!r}."
        raise StoreError(msg) from error
    if version == OLD:
        study = renamed_study(study)
    return OpenedResults(out, study_file, manifest, study)
