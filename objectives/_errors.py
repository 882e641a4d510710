# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of tasks, training plans and metrics."""

from circuits import IllegalValue


class ObjectiveError(Exception):
    """A task, a training plan or a metric is not legal; the message says what is allowed."""


class TaskError(IllegalValue, ObjectiveError):
    """A field of a task that is not legal."""
