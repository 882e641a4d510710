# SPDX-License-Identifier: GPL-3.0-or-later
"""The conformance suites of tasks and figures of merit, for those who write one.

from objectives.testing import check_task

def test_my_task_conforms():
check_task("mine")
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from circuits import Design
from objectives.merit import FIGURES, Measured
from objectives.tasks import TASKS, Sine, task_from
from objectives.training import EpochScore, TrainingPlan


def check_task(name: str) -> None:
    """Refuse a task that does not keep to what trainings rely on.

    **Arguments:**

    - `name`: as a study file has it, of this program or of an installed package.

    **Raises:** `AssertionError` with what is wrong; `TaskError` for data that are not of their size.
    """
    kind = TASKS[name]
    assert dataclasses.is_dataclass(kind), "a task is a frozen record of its parameters"
    assert hash(kind()) == hash(kind()), "equal tasks are equal, and can be hashed"
    for points, held_out in ((2, 2), (7, 5)):
        task = task_from({"name": name, "points": points, "held_out": held_out})
        data, again = task.data(), task_from({"name": name, **dataclasses.asdict(task)}).data()
        for field in dataclasses.fields(data):
            array = getattr(data, field.name)
            assert np.array_equal(array, getattr(again, field.name)), "same parameters, same data"
            assert np.abs(array).max() <= 10.0, "inputs and targets are of order 1"  # noqa: PLR2004
        seen = {row.tobytes() for row in data.inputs}
        assert not seen & {row.tobytes() for row in data.held_inputs}, "no point is in both sets"
    task = kind()
    assert task.outputs >= 1, "a task has an output"
    if task.classes:
        assert set(np.unique(task.data().targets)) <= {-1.0, 1.0}, "targets of classes are +-1"
    TrainingPlan((task.features + 1, 2, task.outputs), task, epochs=1).epoch_run(Design(), 0)


def check_figure(name: str) -> None:
    """Refuse a figure of merit that does not keep to what searches rely on.

    **Arguments:**

    - `name`: as a study file has it, of this program or of an installed package.

    **Raises:** `AssertionError` with what is wrong.
    """
    figure = FIGURES[name]
    assert figure.label, "a figure has a label"
    assert figure.meaning, "a figure says what it means"
    assert figure.direction in {"minimize", "maximize"}, "one way is better"
    plan = TrainingPlan((3, 2, 1), Sine(points=4, held_out=3), epochs=2)
    scores = [
        EpochScore(epoch, 1.0, 0.5 / (epoch + 1), 1e-12, 0.1, 0.1, 10, 0.75) for epoch in (0, 1)
    ]
    values = {figure.measure(Measured(plan, Design(), scores)) for _ in range(2)}
    (value,) = values
    assert math.isfinite(value), "a figure is a finite number"
    assert isinstance(value, float), "a figure is a float"
