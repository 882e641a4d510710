# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a circuit: tasks, the course of a training, fit and cost.

`objectives.trainability` and `objectives.controls` need the quasi-static simulator, which takes a
second to import, so they are not imported here.
"""

from objectives._errors import ObjectiveError, TaskError
from objectives.fit import best_linear_fit, nmse
from objectives.tasks import TASKS, Sine, Task, TaskData, task_from
from objectives.training import EpochScore, Trained, TrainingPlan, train

__all__ = [
    "TASKS",
    "EpochScore",
    "ObjectiveError",
    "Sine",
    "Task",
    "TaskData",
    "TaskError",
    "Trained",
    "TrainingPlan",
    "best_linear_fit",
    "nmse",
    "task_from",
    "train",
]
