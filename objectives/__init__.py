# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks, the training of a circuit on them, and metrics of the result.

`objectives.trainability` and `objectives.controls` need the quasi-static simulator, which takes a
second to import, so they are not imported here.
"""

from objectives._errors import ObjectiveError, TaskError
from objectives.course import Trained, train
from objectives.fit import LEAST_IMPROVEMENT, accuracy, best_linear_fit, classes_of, improved, nmse
from objectives.metrics import METRICS, Measured, Metric
from objectives.software import software_mlp
from objectives.tasks import TASKS, Sine, Task, TaskData, task_from
from objectives.training import EpochScore, TrainedLayers, TrainingPlan

__all__ = [
    "LEAST_IMPROVEMENT",
    "METRICS",
    "TASKS",
    "EpochScore",
    "Measured",
    "Metric",
    "ObjectiveError",
    "Sine",
    "Task",
    "TaskData",
    "TaskError",
    "Trained",
    "TrainedLayers",
    "TrainingPlan",
    "accuracy",
    "best_linear_fit",
    "classes_of",
    "improved",
    "nmse",
    "software_mlp",
    "task_from",
    "train",
]
