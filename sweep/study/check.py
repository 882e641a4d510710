# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a study before it begins, besides those of its file: its data and its start designs."""

from __future__ import annotations

from sweep.study.start import StartPoint, start_points
from sweep.study.study_file import StudyFile

__all__ = ["check_study"]


def check_study(study: StudyFile) -> list[StartPoint]:
    """Check that a new study can begin, for `sweep validate` and `sweep run`.

    **Returns:** the designs that it begins with.

    **Raises:** `StudyFileError` where its task makes no data, or a start design does not fit.
    """
    _ = study.fingerprint
    return start_points(study)
