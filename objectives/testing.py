# SPDX-License-Identifier: GPL-3.0-or-later
"""Conformance suites of tasks and metrics, for those who write new ones.

In a test of the package that has the new task:

    from objectives.testing import check_task

    def test_my_task_conforms():
        check_task("mine")
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import os
import pickle
import subprocess
import sys

import numpy as np

from circuits import Design
from objectives.metrics import METRICS, Measured
from objectives.tasks import TASKS, Sine, Task, Xor, task_from
from objectives.training import EpochScore, TrainingPlan


def check_task(name: str) -> None:
    """Check that a task has the properties that trainings rely on.

    - It is a frozen record of plain parameters: hashed, pickled (to workers) and written into design
      files, it comes back equal.
    - The same parameters give the same points, in another process as well; inputs and targets are
      of order 1, no point is in both sets, and each target varies.
    - Targets of classes are +1 and -1, with one output for each class, or one for two.
    - A network of its size can be built and trained on it.

    **Arguments:**

    - `name`: its name in a study file; a task of this program or of an installed package.

    **Raises:** `AssertionError` with what is wrong; `TaskError` for data of a wrong shape.
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
    _check_record(task)
    _check_targets(task)
    assert _digest(task) == _digest_elsewhere(task), (
        "same parameters, same data in another process: nothing may depend on its hashes or state"
    )
    TrainingPlan((task.features + 1, 2, task.outputs), task, epochs=1).epoch_run(Design(), 0)


def _check_record(task: Task) -> None:
    """Check that a task comes back from a pickle, and that a design file can hold its parameters."""
    assert pickle.loads(pickle.dumps(task)) == task, "a task can be pickled, and comes back equal"  # noqa: S301 - its own
    for field in dataclasses.fields(task):
        value = getattr(task, field.name)
        entries = value if isinstance(value, list | tuple) else [value]
        assert all(isinstance(entry, bool | int | float | str) for entry in entries), (
            f"the parameter {field.name} is a number, a word, true or false, or a list of these: "
            f"it is {value!r}"
        )


def _check_targets(task: Task) -> None:
    """Check that targets vary, so that an NMSE exists, and that those of classes are +1 and -1."""
    assert task.outputs >= 1, "a task has an output"
    data = task.data()
    for targets in (data.targets, data.held_targets):
        assert np.ptp(targets, axis=0).min() > 0.0, "each target varies, in both sets"
    if not task.classes:
        return
    legal = (1, 2) if len(task.classes) == 2 else (len(task.classes),)  # noqa: PLR2004
    assert task.outputs in legal, (
        f"one output for each of the {len(task.classes)} classes, or one for two classes: "
        f"there are {task.outputs}"
    )
    assert set(np.unique(data.targets)) <= {-1.0, 1.0}, "targets of classes are +-1"


def _digest(task: Task) -> str:
    """SHA-256 of a task's data."""
    digest = hashlib.sha256()
    data = task.data()
    for field in dataclasses.fields(data):
        digest.update(np.ascontiguousarray(getattr(data, field.name), dtype="<f8").tobytes())
    return digest.hexdigest()


def _digest_elsewhere(task: Task) -> str:
    """Returns the same from another process, in which strings have other hashes."""
    program = (
        "import pickle, sys; from objectives.testing import _digest; "
        "print(_digest(pickle.loads(bytes.fromhex(sys.argv[1]))))"
    )
    here = os.environ.get("PYTHONHASHSEED", "")
    done = subprocess.run(
        [sys.executable, "-c", program, pickle.dumps(task).hex()],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PYTHONHASHSEED": "2" if here == "1" else "1",
        },
    )
    assert done.returncode == 0, f"another process makes its data: {done.stderr.strip()[-500:]}"
    return done.stdout.split()[-1]


def check_metric(name: str) -> None:
    """Check that a metric has the properties that searches rely on.

    It is computed for trainings of one epoch and of two, of a regression and of a classification. It
    must be a finite float each time, and the same again for the same training.

    **Arguments:**

    - `name`: its name in a study file; a metric of this program or of an installed package.

    **Raises:** `AssertionError` with what is wrong.
    """
    metric = METRICS[name]
    assert metric.label, "a metric has a label"
    assert metric.meaning, "a metric says what it means"
    assert metric.direction in {"minimize", "maximize"}, "one way is better"
    for task in (Sine(points=4, held_out=3), Xor(points=4, held_out=4)):
        for epochs in (1, 2):
            plan = TrainingPlan((task.features + 1, 2, 1), task, epochs=epochs)
            scores = [
                EpochScore(
                    epoch, math.nan if epoch else 1.0, 0.5 / (epoch + 1), 1e-12, 0.1, 0.1, 10, 0.75
                )
                for epoch in range(epochs)
            ]
            values = [metric.measure(Measured(plan, Design(), scores)) for _ in range(2)]
            what = f"{metric.name} of {epochs} epochs of {task.name} is {values[0]!r}"
            assert isinstance(values[0], float), f"a metric is a float: {what}"
            assert math.isfinite(values[0]), f"a metric is a finite number: {what}"
            assert values[0] == values[1], f"same training, same value: {what}, then {values[1]!r}"
