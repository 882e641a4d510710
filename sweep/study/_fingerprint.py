# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints (SHA-256) of what a study's results depend on: its file, and its task's data."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from objectives import TrainingPlan
from sweep.study._schema import Search
from sweep.study.ladder import Ladder, TrainingRung
from sweep.study.space import Space

_DECIMALS = 7  # of data, which are of order 1


def description(plan: TrainingPlan, space: Space, search: Search, ladder: Ladder) -> str:
    """Returns the SHA-256 of all in a study file that determines the trials and their results.

    That includes the values of the fields that the file does not mention. It leaves out what may differ
    between two starts of one study: its name, how many trials it runs or when it stops, where and with
    how many workers, and how the file is written. A study without a ladder has the fingerprint that it
    had before there were ladders.

    **Arguments:**

    - `plan`: the training of every trial.
    - `space`: the search space.
    - `search`: the table `[search]`.
    - `ladder`: the rungs.

    **Returns:** hexadecimal digits.
    """
    return digest(
        plan,
        {**space.defaults, **space.fixed},
        [dataclasses.asdict(parameter) for parameter in space.parameters],
        [dataclasses.asdict(rule) for rule in space.rules],
        search_description(search),
        ladder,
    )


def digest(
    plan: TrainingPlan,
    design: Mapping[str, Any],
    parameters: Sequence[Mapping[str, Any]],
    rules: Iterable[Mapping[str, Any]],
    search: Mapping[str, Any],
    ladder: Ladder,
) -> str:
    """Returns the SHA-256 of what a study consists of, as hexadecimal digits.

    **Arguments:**

    - `plan`: the training of every trial.
    - `design`: the value of every quantity where no rule sets it, by full names.
    - `parameters`, `rules`: those of the space, as dicts; the rules in any order.
    - `search`: as `search_description` returns it.
    - `ladder`: the rungs; they count only where the study file has a table `[ladder]`.
    """
    content = {
        "plan": _training(plan),
        "design": design,
        "space": parameters,
        "rules": sorted(rules, key=repr),
        "search": search,
    }
    if ladder.declared:
        content["ladder"] = ladder.described()
    text = json.dumps(_plain(content), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def with_data(described: str, data: str) -> str:
    """SHA-256 over a study's `description` and `data_digest`, as hexadecimal digits."""
    return hashlib.sha256(f"{described} {data}".encode()).hexdigest()


def data_digest(plan: TrainingPlan, ladder: Ladder) -> str:
    """Returns the SHA-256 of the data of a study's task, for each data seed that a training has.

    Values are rounded, so that machines whose sines differ in the last digit give the same one.

    **Raises:** as `objectives.Task.data`.
    """
    tasks = {plan.task.seed: plan.task}
    for rung in ladder.rungs:
        if isinstance(rung, TrainingRung):
            for scenario in rung.scenarios:
                task = scenario.plan(plan).task
                tasks[task.seed] = task
    digest = hashlib.sha256()
    for seed in sorted(tasks):
        data = tasks[seed].data()
        for field in dataclasses.fields(data):
            array = getattr(data, field.name)
            rounded = np.round(array, _DECIMALS) + 0.0  # -0 becomes 0
            digest.update(f"{seed} {field.name} {rounded.shape} ".encode())
            digest.update(np.ascontiguousarray(rounded, dtype="<f8").tobytes())
    return digest.hexdigest()


def _training(plan: TrainingPlan) -> dict[str, Any]:
    content = dataclasses.asdict(plan)
    corner = content.pop("corner")
    content["scenario"] = {"corner": corner.pop("process"), **corner}  # as in earlier versions
    content["task"] = {"name": plan.task.name, **dataclasses.asdict(plan.task)}
    if plan.stride == 1:
        del content["stride"]  # studies of before there were strides keep their fingerprint
    return content


def search_description(search: Search) -> dict[str, Any]:
    """Returns the part of `[search]` that determines results; later additions only where they are used."""
    content = search.model_dump(exclude={"trials", "stop", "start", "constraints"})
    if search.constraints:
        content["constraints"] = [
            {
                "figure": bound.metric,
                "end": bound.end,
                "limit": bound.limit,
            }  # as in earlier versions
            for bound in search.constraints
        ]
    if search.start:
        content["start"] = search.start
    return content


def _plain(value: Any) -> Any:
    """The value as JSON has it; `8` and `8.0` become the same."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value
