# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks: what a circuit is to learn, as normalised numbers that a `Design` scales to volts.

A task is a frozen record of its parameters; `data()` returns its points. A new one is one class in
a file of its family, and one line in `TASKS`. `docs/tasks.md` lists them with figures.
"""

from __future__ import annotations

from objectives.tasks._base import Task, TaskData
from objectives.tasks._registry import TASKS, task_from
from objectives.tasks.packaged import Digits, Iris
from objectives.tasks.plane import Circles, HalfMoons, Xor
from objectives.tasks.sines import ProductOfSines, Sine

__all__ = [
    "TASKS",
    "Circles",
    "Digits",
    "HalfMoons",
    "Iris",
    "ProductOfSines",
    "Sine",
    "Task",
    "TaskData",
    "Xor",
    "task_from",
]
