# SPDX-License-Identifier: GPL-3.0-or-later
"""What is looked at of a study before it begins, besides its file: its data and its start designs."""

from __future__ import annotations

from sweep.study.start import StartPoint, start_points
from sweep.study.study_file import StudyFile

__all__ = ["check_study"]


def check_study(study: StudyFile) -> list[StartPoint]:
    """Make sure that a new study can begin; `sweep validate` and `sweep run` ask the same.

    **Returns:** the designs that it begins with.

    **Raises:** `StudyFileError` where its task makes no data, or a start design does not fit.
    """
    _ = study.fingerprint
    return start_points(study)
