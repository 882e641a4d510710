# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of this floor."""

from circuits import IllegalValue


class ObjectiveError(Exception):
    """A task, a plan or a figure of merit that makes no sense: says which and what is allowed."""


class TaskError(IllegalValue, ObjectiveError):
    """A field of a task that is not legal."""
