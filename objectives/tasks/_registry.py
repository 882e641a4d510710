# SPDX-License-Identifier: GPL-3.0-or-later
"""All tasks by name, and the construction of a task from plain values."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from circuits import Registry
from objectives._errors import TaskError
from objectives.tasks._base import Task
from objectives.tasks.packaged import Digits, Iris
from objectives.tasks.plane import Circles, HalfMoons, Xor
from objectives.tasks.sines import ProductOfSines, Sine


def _checked(name: str, found: object) -> type[Task]:
    if not (isinstance(found, type) and issubclass(found, Task)):
        msg = f"{found!r} is no subclass of objectives.Task"
        raise TypeError(msg)
    if found.name != name:
        msg = f"its task is called {found.name!r}; give both the same name"
        raise ValueError(msg)
    return found


TASKS: Mapping[str, type[Task]] = Registry(
    {task.name: task for task in (Sine, ProductOfSines, Xor, HalfMoons, Circles, Iris, Digits)},
    "analog_sweep.tasks",
    _checked,
)


def task_from(values: Mapping[str, Any]) -> Task:
    """Returns the task that plain values describe: `name` and any of its parameters.

    **Raises:** `TaskError` for an unknown name or parameter (naming the nearest) or a bad value.
    """
    values = dict(values)
    name = values.pop("name", None)
    if not isinstance(name, str) or name not in TASKS:
        raise TaskError("name", name, f"one of {', '.join(TASKS)}", hint=_nearest(name, TASKS))
    kind = TASKS[name]
    known = {field.name for field in dataclasses.fields(kind)}
    for field, value in values.items():
        if field not in known:
            raise TaskError(
                field, value, f"a parameter of {name}: {', '.join(sorted(known))}",
                hint=_nearest(field, known),
            )  # fmt: skip
    return kind(**values)


def _nearest(word: object, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(word), list(known), n=1)
    return f"did you mean {close[0]!r}?" if close else ""
