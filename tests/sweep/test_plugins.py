# SPDX-License-Identifier: GPL-3.0-or-later
"""A package of the user's own adds a task, an objective and a synapse, by name, once installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from circuits.testing import check_synapse
from objectives import FIGURES, TASKS
from objectives.testing import check_figure, check_task
from sweep.study.study_file import StudyFileError, parse
from tests.sweep.study_texts import tables, toml

PACKAGE = '''
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from circuits.synapses import CmosSynapse
from objectives import Figure, Task, TaskData

print("imported", flush=True)


@dataclass(frozen=True)
class Ramp(Task):
    """The target is the variable itself."""

    name: ClassVar[str] = "ramp"
    variables: ClassVar[tuple[str, ...]] = ("x",)

    @property
    def outputs(self):
        return 1

    def _plain(self):
        x = self._generator().random((self.points + self.held_out, 1))
        train, held = x[: self.points], x[self.points :]
        return TaskData(train, 2.0 * train - 1.0, held, 2.0 * held - 1.0)


CHARGE = Figure(
    name="cost", label="cost of a training", unit="J", direction="minimize",
    meaning="energy of a training point times how many there are",
    measure=lambda training: training.scores[-1].energy_per_point * training.plan.task.points,
)


class Doubled(CmosSynapse):
    """Two nfets side by side."""

    def add_read_path(self, circuit, devices):
        super().add_read_path(circuit, devices)
        self.add_transistor(circuit, "second", devices["n"], "out", "mem", "inn", "inn")


BROKEN = 3
'''

ENTRY_POINTS = """\
[analog_sweep.tasks]
ramp = tinyplugin:Ramp
sine = tinyplugin:Ramp
[analog_sweep.objectives]
cost = tinyplugin:CHARGE
broken = tinyplugin:BROKEN
missing = tinyplugin:NOTHING
[analog_sweep.synapses]
doubled = tinyplugin:Doubled
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A directory with an installed package, as pip leaves one."""
    (tmp_path / "tinyplugin.py").write_text(PACKAGE)
    information = tmp_path / "tinyplugin-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: tinyplugin\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(ENTRY_POINTS)
    (information / "RECORD").write_text("")
    return tmp_path


def python(program: str, *paths: Path) -> str:
    """What a program prints in an interpreter of its own."""
    search = os.pathsep.join([*map(str, paths), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": search},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_a_package_adds_goes_through_the_conformance_suites(installed: Path) -> None:
    program = """
from circuits.testing import check_synapse
from objectives.testing import check_figure, check_task
check_task("ramp"); check_figure("cost"); check_synapse("doubled")
print("conforms")
"""
    assert python(program, installed).splitlines() == ["imported", "conforms"]


def test_a_study_names_what_is_installed_and_trains_with_it(installed: Path) -> None:
    study = toml(
        {
            **tables(),
            "task": {"name": "ramp", "points": 4, "held_out": 3},
            "design": {"length_p": "0.35 um", "length_n": "0.35 um"},
            "space": {"multiplicity": {"low": 1, "high": 2}},
            "network": {"layers": [3, 2, 1]},
            "search": {"objectives": {"nmse": "minimize", "cost": "minimize"}},
        }
    )
    program = f"""
import pdk
from circuits import make_trainer
from objectives import FIGURES, Measured, train
from sweep.study.study_file import parse
study = parse({study!r}, source="study.toml")
design = study.space.design({{"multiplicity": 1}})
trained = train(make_trainer("quasistatic", pdk.locate()), study.plan, design)
cost = FIGURES["cost"].measure(Measured(study.plan, design, trained.scores))
print(cost > 0, list(study.search.objectives), study.plan.task.name)
"""
    (*_, last) = python(program, installed).splitlines()
    assert last == "True ['nmse', 'cost'] ramp"


def test_nothing_is_imported_that_no_file_names_and_nothing_of_ours_is_replaced(
    installed: Path,
) -> None:
    program = """
import sys
from circuits import Design
from objectives import FIGURES, TASKS
assert "cost" in FIGURES and "ramp" in list(TASKS)
assert "doubled" in Design.quantities()["synapse"].choices
assert TASKS["sine"].__module__ == "objectives.tasks.sines"
print("tinyplugin" in sys.modules)
"""
    assert python(program, installed).splitlines() == ["False"]


def test_an_entry_point_that_is_none_is_refused_with_file_key_and_package(installed: Path) -> None:
    study = {name: value for name, value in tables().items() if name != "search"}
    program = f"""
from sweep.study.study_file import StudyFileError, parse
for name in ("broken", "missing"):
    text = {toml(study)!r} + 'search = {{ objectives = {{ ' + name + ' = "minimize" }} }}\\n'
    try:
        parse(text, source="study.toml")
    except StudyFileError as error:
        print(error)
"""
    _, broken, missing = python(program, installed).splitlines()
    assert broken.startswith("study.toml: search.objectives.broken")
    assert "of tinyplugin 1.0" in broken
    assert "is no objectives.Figure" in broken
    assert "cannot be imported" in missing


def test_without_the_package_its_names_mean_nothing() -> None:
    changed = {**tables(), "task": {"name": "ramp"}}
    with pytest.raises(StudyFileError, match=r"task\.name = 'ramp'"):
        parse(toml(changed), source="study.toml")


@pytest.mark.parametrize("name", ["cmos", "dram"])
def test_this_programs_own_synapses_conform(name: str) -> None:
    check_synapse(name)


@pytest.mark.parametrize("name", TASKS)
def test_this_programs_own_tasks_conform(name: str) -> None:
    check_task(name)


@pytest.mark.parametrize("name", FIGURES)
def test_this_programs_own_figures_conform(name: str) -> None:
    check_figure(name)
