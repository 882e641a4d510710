# SPDX-License-Identifier: GPL-3.0-or-later
"""The file as a whole, and the tables that say which training is run, and with what."""

from __future__ import annotations

import tomllib
import unicodedata
from pathlib import Path
from typing import Any

from circuits import PluginError, Scenario
from objectives import ObjectiveError, Task, TaskError, TrainingPlan, task_from
from sweep.study._problems import Problems, nearest
from sweep.study._schema import Execution, Network, Pdk, Training
from sweep.study._tables import read_table

VERSION = 2
_OLD = 1

Raw = dict[str, Any]

_LONGEST_NAME = 80
_SIGNS = frozenset(" ._+-")


def read_toml(text: str, known: tuple[str, ...], problems: Problems) -> Raw:
    """The file as nested tables; keys at its top that are not `known` are problems.

    **Raises:** `StudyFileError` where it is no TOML, or a file of another version: what else that
    says may mean something else.
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
    """A table of free keys; empty where there is none."""
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
    """The layer sizes."""
    if "network" not in raw:
        problems.add(("network",), None, "a table [network] with layers = [...]")
        return None
    network = read_table(Network, raw["network"], ("network",), problems)
    return None if network is None else tuple(network.layers)


def read_plan(raw: Raw, layers: tuple[int, ...] | None, problems: Problems) -> TrainingPlan | None:
    """The training that `[task]` and `[training]` ask of a network."""
    task = _task(raw, problems)
    training = read_table(Training, raw.get("training", {}), ("training",), problems)
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
            scenario=Scenario(training.corner, training.temperature, training.mismatch_seed),
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
    """`[execution]`."""
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
