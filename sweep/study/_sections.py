# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the file as a whole, and the tables that describe the training and its execution."""

from __future__ import annotations

import tomllib
import unicodedata
from pathlib import Path
from typing import Any

from circuits import Corner, PluginError
from objectives import ObjectiveError, Task, TaskError, TrainingPlan, task_from
from sweep.study._problems import Problems, nearest
from sweep.study._schema import Execution, NetworkTable, Pdk, TrainingTable
from sweep.study._tables import read_table

VERSION = 2
_OLD = 1

Raw = dict[str, Any]

_LONGEST_NAME = 80
_SIGNS = frozenset(" ._+-")


def read_toml(text: str, known: tuple[str, ...], problems: Problems) -> Raw:
    """Reads a file as nested tables.

    **Arguments:**

    - `text`: the text of the file.
    - `known`: the keys that are allowed at its top level; others are problems.
    - `problems`: where problems are added.

    **Raises:** `StudyFileError` where it is no TOML, or a file of another version, whose keys may have
    another meaning.
    """
    raw: Raw = {}
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        problems.add((), str(error), "a text in TOML")
    problems.raise_any()
    version = raw.get("version")
    if type(version) is not int or version != VERSION:
        hint = f"write version = {VERSION}"
        if type(version) is int and version > VERSION:
            hint = "a newer analog-sweep wrote it: upgrade"
        elif type(version) is int and version == _OLD:
            hint = f"`sweep migrate` rewrites a file of version {_OLD}"
        problems.add(("version",), version, str(VERSION), hint)
    problems.raise_any()
    for key, value in raw.items():
        if key not in known:
            problems.add((key,), value, "one of " + ", ".join(known), nearest(key, known))
    return raw


def table(raw: Raw, key: str, problems: Problems) -> Raw:
    """Returns a table of the file whose keys are not checked here.

    **Arguments:**

    - `raw`: the file, as nested tables.
    - `key`: name of the table.
    - `problems`: where a problem is added if the value is no table.

    **Returns:** the table; empty where there is none.
    """
    found = raw.get(key, {})
    if isinstance(found, dict):
        return found
    problems.add((key,), found, f"a table [{key}]")
    return {}


def read_name(raw: Raw, problems: Problems) -> str:
    """The name of the study, which is also its name in an Optuna storage.

    Letters and digits are those of any script, each written in one way only (Unicode's NFC), so that
    equal names are the same text wherever they go.
    """
    name = raw.get("name")
    if isinstance(name, str):
        name = unicodedata.normalize("NFC", name)
    if not isinstance(name, str) or not _is_name(name):
        problems.add(
            ("name",), name,
            f"1 to {_LONGEST_NAME} letters and digits of any script, spaces and . _ + -, the first a "
            "letter or a digit",
        )  # fmt: skip
    return str(name)


def _is_name(name: str) -> bool:
    """Whether a text is made of letters, their marks, digits and few signs, and begins well."""
    kinds = [unicodedata.category(sign) for sign in name]
    return (
        0 < len(name) <= _LONGEST_NAME
        and (kinds[0][0] == "L" or kinds[0] == "Nd")
        and all(
            kind[0] in "LM" or kind == "Nd" or sign in _SIGNS
            for sign, kind in zip(name, kinds, strict=True)
        )
    )


def read_layers(raw: Raw, problems: Problems) -> tuple[int, ...] | None:
    """Returns the layer sizes, inputs first; None where they are in error."""
    if "network" not in raw:
        problems.add(("network",), None, "a table [network] with layers = [...]")
        return None
    network = read_table(NetworkTable, raw["network"], ("network",), problems)
    return None if network is None else tuple(network.layers)


def read_plan(raw: Raw, layers: tuple[int, ...] | None, problems: Problems) -> TrainingPlan | None:
    """Reads the training that `[task]` and `[training]` describe.

    **Arguments:**

    - `raw`: the file, as nested tables.
    - `layers`: the layer sizes; None where they are in error.
    - `problems`: where problems are added.

    **Returns:** the training; None where there are problems.
    """
    task = _task(raw, problems)
    training = read_table(TrainingTable, raw.get("training", {}), ("training",), problems)
    if layers is None or task is None or training is None:
        return None
    try:
        return TrainingPlan(
            layers,
            task,
            epochs=training.epochs,
            weight_seed=training.weight_seed,
            order_seed=training.order_seed,
            noise_seed=training.noise_seed if training.noise else None,
            corner=Corner(training.corner, training.temperature, training.mismatch_seed),
            body_network=training.body_network,
            trained=training.trained,
            stride=training.stride,
        )
    except ObjectiveError:
        fitting = [max(layers[0], task.features), *layers[1:-1], task.outputs]
        problems.add(
            ("network", "layers"), list(layers),
            f"first {task.features} or more (inputs of task {task.name!r}; the others become bias "
            f"rows), last {task.outputs} (its outputs)",
            f"the nearest is {fitting}",
        )  # fmt: skip
        return None


def _task(raw: Raw, problems: Problems) -> Task | None:
    if "task" not in raw:
        problems.add(("task",), None, "a table [task] with the name of a task")
        return None
    values = table(raw, "task", problems)
    if values is not raw["task"]:
        return None
    try:
        return task_from(values)
    except PluginError as error:
        problems.add(("task", "name"), values["name"], "a task that can be used", str(error))
        return None
    except TaskError as error:
        problems.add(("task", error.field), error.value, error.allowed, error.hint)
        return None


def read_execution(raw: Raw, problems: Problems) -> Execution | None:
    """Reads `[execution]`; None where it is in error."""
    return read_table(Execution, raw.get("execution", {}), ("execution",), problems)


def read_pdk_path(raw: Raw, problems: Problems) -> Path | None:
    """The path of `[pdk]`; a relative one starts from the directory of the file."""
    pdk = read_table(Pdk, raw.get("pdk", {}), ("pdk",), problems)
    if pdk is None or pdk.path is None:
        return None
    try:
        path = Path(pdk.path).expanduser()
    except RuntimeError as error:
        problems.add(("pdk", "path"), pdk.path, "a path", str(error))
        return None
    return Path(problems.file).parent / path
