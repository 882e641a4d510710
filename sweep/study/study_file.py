# SPDX-License-Identifier: GPL-3.0-or-later
"""The study file: one TOML file that describes a study, checked before anything runs.

    study = load(Path("studies/sine.toml"))
    design = study.space.design(trial.params)

`docs/study-file.md` describes the format. A design file has the same tables without `[space]` and
`[search]`; it describes one circuit, and is what `sweep export` writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from circuits import Design, Quantity, origin
from circuits.simulators import Limits
from objectives import TASKS, TaskError, TrainingPlan
from pdk import DEFAULT_TECHNOLOGY
from sweep._errors import InfeasibleDesign, Problem, StudyFileError
from sweep.study._design_table import flattened, flattened_space, read_design
from sweep.study._fields import known_fields
from sweep.study._fingerprint import data_digest, description, with_data
from sweep.study._ladder_table import read_ladder
from sweep.study._probe import check_possible
from sweep.study._problems import Problems
from sweep.study._schema import Execution, HalvingPruner, MedianPruner, NoPruner, Pruner, Search
from sweep.study._search_table import read_search
from sweep.study._sections import (
    VERSION,
    read_execution,
    read_layers,
    read_name,
    read_pdk_path,
    read_plan,
    read_toml,
    table,
)
from sweep.study._space_file import read_space
from sweep.study._text import read_text
from sweep.study.ladder import QUASISTATIC, TRANSIENT, Ladder
from sweep.study.space import Parameter, Space

__all__ = [
    "VERSION",
    "DesignFile",
    "Execution",
    "HalvingPruner",
    "MedianPruner",
    "NoPruner",
    "Parameter",
    "Problem",
    "Pruner",
    "Search",
    "Space",
    "StudyFile",
    "StudyFileError",
    "load",
    "load_design",
    "parse",
    "parse_design",
]

_COMMON = ("version", "name", "network", "task", "training", "design", "execution", "pdk")
_STUDY = (*_COMMON, "space", "search", "ladder", "scenarios")
_DESIGN = (*_COMMON, "provenance", "metrics")

# Number of crossbars with which the rest of the file is checked where the network is in error.
_ANY_DEPTH = 64


@dataclass(frozen=True)
class StudyFile:
    """A study as its file describes it, all of it checked.

    **Attributes:**

    - `version`: of the file format.
    - `name`: of the study.
    - `layers`: sizes, inputs first.
    - `plan`: network, task and training of every trial; the rungs of the ladder differ from it in
      epochs and seeds.
    - `ladder`: the rungs that a trial has to pass.
    - `fixed`: the fields of `Design` that `[design]` sets, in SI units.
    - `space`: the search space.
    - `search`: the table `[search]`.
    - `execution`: the table `[execution]`.
    - `pdk_path`: directory of the transistor models; None to look in the usual ones.
    - `text`, `source`: the file's content and name.
    - `description`: SHA-256 of all in the file that determines the results.
    """

    version: int
    name: str
    layers: tuple[int, ...]
    plan: TrainingPlan
    ladder: Ladder
    fixed: Mapping[str, object]
    space: Space
    search: Search
    execution: Execution
    pdk_path: Path | None
    text: str
    source: str
    description: str

    @cached_property
    def data(self) -> str:
        """SHA-256 of the training and held-out points of its trainings.

        **Raises:** `StudyFileError` where the task makes no points.
        """
        try:
            return data_digest(self.plan, self.ladder)
        except TaskError as error:
            raise StudyFileError((self._bad_data(str(error)),)) from error
        except Exception as error:
            if origin(TASKS, self.plan.task.name) is None:
                raise
            words = f"{type(error).__name__}: {error}"
            raise StudyFileError((self._bad_data(words),)) from error

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of what determines the results: studies with the same one are the same study.

        **Raises:** `StudyFileError` where the task makes no data.
        """
        return with_data(self.description, self.data)

    def _bad_data(self, words: str) -> Problem:
        return Problem(
            self.source, "task.name", self.plan.task.name, "a task that makes its data", words
        )

    @property
    def technology(self) -> str:
        """The semiconductor process of all its designs."""
        return str(self.fixed.get("technology", DEFAULT_TECHNOLOGY))

    @property
    def transient(self) -> str | None:
        """The simulator of its trainings; on a ladder that of the rungs `transient`, None without such rungs."""
        asked = self.execution.simulator
        if not self.ladder.declared:
            return asked
        if all(rung.simulator != TRANSIENT for rung in self.ladder.rungs):
            return None
        return asked if asked != QUASISTATIC else "auto"

    def trainer_limits(self) -> Limits:
        """What the simulation of one epoch may use."""
        return self.execution.limits()


@dataclass(frozen=True)
class DesignFile:
    """One design with its network, task and training. Attributes as those of `StudyFile`."""

    version: int
    name: str
    layers: tuple[int, ...]
    plan: TrainingPlan
    design: Design
    execution: Execution
    pdk_path: Path | None
    text: str
    source: str

    @property
    def technology(self) -> str:
        """The semiconductor process of the design."""
        return self.design.technology

    def trainer_limits(self) -> Limits:
        """What the simulation of one epoch may use."""
        return self.execution.limits()


def load(path: Path) -> StudyFile:
    """Reads a study file.

    **Raises:** `StudyFileError` with all that is wrong with it.
    """
    return parse(_text(path, "a study file"), source=str(path))


def load_design(path: Path) -> DesignFile:
    """Reads a design file.

    **Raises:** `StudyFileError` with all that is wrong with it.
    """
    return parse_design(_text(path, "a design file"), source=str(path))


def parse(text: str, *, source: str) -> StudyFile:
    """Reads the text of a study file; `source` is its name in errors.

    A relative path of `[pdk]` starts from the directory of `source`.

    **Raises:** `StudyFileError` with all that is wrong with it.
    """
    problems = Problems(source)
    raw = read_toml(text, _STUDY, problems)
    entries = flattened_space(table(raw, "space", problems), problems)
    common = _read_common(raw, problems, searched=entries)
    search = read_search(raw, problems)
    _check_classes(common.plan, search, problems)
    ladder = read_ladder(raw, common.plan, common.execution, search, problems)
    depth = common.depth or _ANY_DEPTH
    space = read_space(
        entries, common.fixed, depth, problems, designed=common.designed, known=common.known
    )
    problems.raise_any()
    check_possible(space, problems, designed=common.designed, searched=entries)
    problems.raise_any()
    assert common.plan is not None
    assert common.execution is not None
    assert search is not None
    assert ladder is not None
    return StudyFile(
        version=VERSION,
        name=common.name,
        layers=common.plan.layers,
        plan=common.plan,
        ladder=ladder,
        fixed=common.fixed,
        space=space,
        search=search,
        execution=common.execution,
        pdk_path=common.pdk_path,
        text=text,
        source=source,
        description=description(common.plan, space, search, ladder),
    )


def parse_design(text: str, *, source: str) -> DesignFile:
    """Reads the text of a design file; `source` is its name in errors.

    **Raises:** `StudyFileError` with all that is wrong with it.
    """
    problems = Problems(source)
    raw = read_toml(text, _DESIGN, problems)
    common = _read_common(raw, problems)
    problems.raise_any()
    assert common.plan is not None
    assert common.execution is not None
    try:
        design = Space(len(common.plan.layers) - 1, common.fixed).design({})
    except InfeasibleDesign as error:
        name = error.field.partition("[")[0]
        value = common.designed.get(name, common.known[name].show(error.value))
        problems.add(("design", *name.split(".")), value, error.allowed, error.hint)
        problems.raise_any()
        raise
    return DesignFile(
        version=VERSION,
        name=common.name,
        layers=common.plan.layers,
        plan=common.plan,
        design=design,
        execution=common.execution,
        pdk_path=common.pdk_path,
        text=text,
        source=source,
    )


def _check_classes(plan: TrainingPlan | None, search: Search | None, problems: Problems) -> None:
    """Refuse an error rate of a task without classes."""
    if plan is None or search is None or plan.task.classes:
        return
    objectives: Mapping[str, str] = search.objectives
    bounds = {bound.metric: bound.name for bound in search.constraints}
    for table_name, names in (("objectives", objectives), ("constraints", bounds)):
        if "error_rate" in names:
            problems.add(
                ("search", table_name, "error_rate"), names["error_rate"], "a metric of this task",
                f"{plan.task.name} is no classification",
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Common:
    """What study and design files share; None where problems were found."""

    name: str
    depth: int | None
    plan: TrainingPlan | None
    designed: Mapping[str, object]
    fixed: Mapping[str, object]
    known: Mapping[str, Quantity]
    execution: Execution | None
    pdk_path: Path | None


def _read_common(
    raw: dict[str, Any], problems: Problems, *, searched: Mapping[str, Any] | None = None
) -> _Common:
    """Reads what both have; `searched`: the table `[space]`, which may name kinds of parts as well."""
    layers = read_layers(raw, problems)
    depth = None if layers is None else len(layers) - 1
    designed = flattened(table(raw, "design", problems), problems)
    known = known_fields(designed, searched or {}, problems)
    return _Common(
        name=read_name(raw, problems),
        depth=depth,
        plan=read_plan(raw, layers, problems),
        designed=designed,
        fixed=read_design(designed, depth, problems, known=known),
        known=known,
        execution=read_execution(raw, problems),
        pdk_path=read_pdk_path(raw, problems),
    )


def _text(path: Path, what: str) -> str:
    text = read_text(path, what=what)
    if isinstance(text, Problem):
        raise StudyFileError((text,))
    return text
