# SPDX-License-Identifier: GPL-3.0-or-later
"""A study's data and the packages that it uses belong to what it is: nothing of them changes unseen."""

from __future__ import annotations

import html
import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from sweep.app.export import export
from sweep.app.migrate import migrate
from sweep.driver.driver import Settings, StoreError, run_study
from sweep.driver.events import Noticed
from sweep.results.manifest import SCHEMA
from sweep.search.opening import open_results
from sweep.study.migrate import migrated
from sweep.study.study_file import StudyFile, StudyFileError, parse
from tests.in_this_process import InThisProcess
from tests.stand_in import install
from tests.sweep.running import Record, snapshot, tiny
from tests.sweep.study_texts import tables, toml
from tests.sweep.test_cli import Said

REFERENCE = Path(__file__).parents[1] / "reference"

PACKAGE = '''
import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from circuits.parts import CmosSynapse
from objectives import Task, TaskData


@dataclass(frozen=True)
class Measured(Task):
    """Points of a file beside this one."""

    name: ClassVar[str] = "measured"
    variables: ClassVar[tuple[str, ...]] = ("x",)

    @property
    def outputs(self):
        return 1

    def _plain(self):
        x, y = np.array(json.loads(Path(__file__).with_name("points.json").read_text()))
        n, whole = self.points, self.points + self.held_out
        return TaskData(x[:n, None], y[:n, None], x[n:whole, None], y[n:whole, None])


@dataclass(frozen=True)
class Same(CmosSynapse):
    """The program's own."""

    kind: ClassVar[str] = "same"
'''

ENTRY_POINTS = """\
[analog_sweep.tasks]
measured = lab:Measured
[analog_sweep.synapses]
same = lab:Same
"""

PROGRAM = """
import json, sys
from pathlib import Path
from tests.in_this_process import InThisProcess
import sweep.driver.driver
sweep.driver.driver.RayExecutor = InThisProcess
from tests.sweep import test_data, test_cli
lab, said = test_data.Lab(Path.cwd()), []
for step in json.loads(sys.argv[1]):
    if isinstance(step, dict):
        for name, value in step.items():
            getattr(lab, name)(value)
    else:
        done = test_cli.sweep(*step)
        said.append([done.code, done.out, done.err])
Path("said.json").write_text(json.dumps(said))
"""

X = [0.1, 0.9, 0.3, 0.7, 0.2, 0.8, 0.5]
Y = [0.2, 0.8, -0.3, 0.7, -0.2, 0.6, 0.4]

STUDY = {
    **tables(),
    "name": "measured",
    "task": {"name": "measured", "points": 4, "held_out": 3},
    "network": {"layers": [3, 2, 1]},
    "training": {"epochs": 1},
    "design": {"synapse": {"kind": "same"}},
    "space": {"synapse.multiplicity": {"low": 1, "high": 3}},
    "search": {"trials": 1, "sampler": "random"},
    "execution": {"simulator": "ngspice", "workers": 1, "run_cache": "0 B"},
}


class Lab:
    """A package with a task and a synapse, installed in a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def data(self, targets: list[float]) -> None:
        self.points(json.dumps([X, targets]))

    def points(self, text: str) -> None:
        (self.directory / "points.json").write_text(text)

    def code(self, more: str) -> None:
        (self.directory / "lab.py").write_text(PACKAGE + more)

    def version(self, version: str) -> None:
        for old in self.directory.glob("*.dist-info"):
            shutil.rmtree(old)
        information = self.directory / f"lab-{version}.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: lab\nVersion: {version}\n"
        )
        (information / "entry_points.txt").write_text(ENTRY_POINTS)

    def steps(self, *steps: Sequence[object] | dict[str, object]) -> list[Said]:
        """Commands, and changes of the package between them, in one process of their own."""
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, json.dumps(steps)],
            cwd=self.directory,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(self.directory), *sys.path]),
                "ANALOG_SWEEP_NGSPICE": str(install(self.directory / "bin")),
            },
            check=False,
        )
        assert done.returncode == 0
        return [Said(*said) for said in json.loads((self.directory / "said.json").read_text())]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path)
    lab.data(Y)
    lab.code("")
    lab.version("1.0")
    (tmp_path / "study.toml").write_text(toml(STUDY))
    return lab


RUN = ("run", "study.toml", "--out", "out")


def test_other_data_are_another_study(lab: Lab) -> None:
    begun, document, refused, exported, _, again = lab.steps(
        RUN,
        ("validate", "study.toml", "--json"),
        {"data": [value**2 for value in Y]},
        (*RUN, "--resume", "--trials", 2),
        ("export", "out", "--no-verify", "--to", "elsewhere"),
        ("report", "out", "--to", "page.html"),
        {"data": Y},
        (*RUN, "--resume", "--trials", 2),
    )
    assert begun.code == 0, begun.err
    manifest = json.loads((lab.directory / "out" / "manifest.json").read_text())
    assert manifest["fingerprint"] == document.json()["fingerprint"]
    assert [(entry["kind"], entry["package"], entry["version"]) for entry in manifest["plugins"]] == [
        ("task", "lab", "1.0"), ("synapse", "lab", "1.0"),
    ]  # fmt: skip
    assert refused.code == 2
    assert len(refused.err.splitlines()) == 1
    assert "task 'measured' (lab 1.0) gives other points now than it did then" in refused.err
    assert "Task 'measured' gives other points now than it gave these trials" in exported.err
    page = html.unescape((lab.directory / "page.html").read_text())
    assert "gives other points now" in page
    assert "synapse same of lab 1.0" in page
    assert again.code == 0, again.err
    assert len(manifest["resumed"]) == 1


def test_what_changed_in_a_package_is_told_once(lab: Lab) -> None:
    _, newer, same, changed = lab.steps(
        RUN,
        {"version": "1.1"},
        (*RUN, "--resume", "--trials", 2),
        (*RUN, "--resume", "--trials", 3),
        {"code": "# changed\n"},
        (*RUN, "--resume", "--trials", 4),
    )
    assert {newer.code, same.code, changed.code} == {0}
    assert "task measured came from lab 1.0, and comes from lab 1.1 now" in newer.out
    assert "synapse same came from lab 1.0, and comes from lab 1.1 now" in newer.out
    assert "lab" not in same.out
    assert "the code of synapse same (lab 1.1) has changed" in changed.out


def test_a_task_that_makes_no_data_is_refused_before_anything_starts(lab: Lab) -> None:
    cases = {
        "[[0.1], [0.2]]": "measured.inputs",
        "nothing": "JSONDecodeError",
        json.dumps([X, [*Y[:-1], math.inf]]): "finite numbers",
    }
    steps: list[Sequence[object] | dict[str, object]] = []
    for content in cases:
        steps += [{"points": content}, ("validate", "study.toml"), RUN]
    said = lab.steps(*steps)
    for index, words in enumerate(cases.values()):
        for refused in said[2 * index : 2 * index + 2]:
            assert refused.code == 2
            (line,) = refused.err.splitlines()
            assert line.startswith("study.toml: task.name = 'measured': allowed is a task that")
            assert words in line
    assert not (lab.directory / "out").exists()


def test_data_of_every_scenario_belong_to_the_fingerprint() -> None:
    from sweep.study._fingerprint import data_digest

    one, two = (
        tiny(search=f"\n[scenarios]\ndata_seeds = {seeds}\n") for seeds in ("[0, 1]", "[0, 2]")
    )
    digests = {data_digest(study.plan, study.ladder) for study in (one, two, tiny())}
    assert len(digests) == 3


# Studies of before data were written down.


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a study of schema 3, two complete trials of the stand-in simulator."""
    monkeypatch.setenv("ANALOG_SWEEP_NGSPICE", str(install(tmp_path / "bin")))
    monkeypatch.setattr("sweep.driver.driver.RayExecutor", InThisProcess)
    return Path(shutil.copytree(REFERENCE / "study_schema_3", tmp_path / "out"))


def as_schema_3(out: Path, described: StudyFile) -> None:
    """Write a manifest anew, as it was before data belonged to the fingerprint."""
    path = out / "manifest.json"
    manifest = json.loads(path.read_text())
    for name in ("data", "plugins"):
        del manifest[name]
    old = {"schema": 3, "fingerprint": described.description}
    path.write_text(json.dumps({**manifest, **old}))
    journal = (out / "journal.log").read_text()
    assert described.fingerprint in journal
    journal = journal.replace(described.fingerprint, described.description)
    (out / "journal.log").write_text(journal)


def test_a_study_of_schema_3_is_read_and_exported(old: Path, tmp_path: Path) -> None:
    before = snapshot(old)
    results = open_results(old)
    assert (results.manifest.schema, results.manifest.data) == (3, "")
    assert [trial.state.name for trial in results.study.trials] == ["COMPLETE"] * 2
    exported = export(results, to=tmp_path / "best", verify=False)
    assert exported.nmse == results.study.best_value
    assert snapshot(old) == before


def test_a_study_of_schema_3_is_gone_on_with_and_its_data_are_written_down_from_then_on(
    old: Path, tmp_path: Path
) -> None:
    study, out = tiny(trials=2, design='junctions = "none"'), tmp_path / "begun"
    run_study(study, Settings(out=out), observer=Record())
    as_schema_3(out, study)
    assert json.loads((out / "manifest.json").read_text()).keys() == (
        json.loads((old / "manifest.json").read_text()).keys()
    )
    for notices in (1, 0):
        observer = Record()
        settings = Settings(out=out, resume=True, trials=4 - notices)
        summary = run_study(study, settings, observer=observer)
        assert summary.complete == 4 - notices
        told = [event.message for event in observer.of(Noticed)]
        assert len(told) == notices
        assert all("were not written down when this study began" in words for words in told)
    manifest = open_results(out).manifest
    assert (manifest.schema, manifest.data) == (SCHEMA, study.data)


def test_a_study_from_before_junctions_is_told_how_it_goes_on(old: Path) -> None:
    text = migrated((old / "study.toml").read_text())
    study, settings = parse(text, source="tiny.toml"), Settings(out=old, resume=True, trials=3)
    with pytest.raises(StoreError, match=r"study file of version 1; `sweep migrate .* rewrites"):
        run_study(study, settings, observer=Record())
    migrate(old)
    with pytest.raises(
        StoreError, match=r'write junctions = "none" under \[design\] of tiny\.toml'
    ):
        run_study(study, settings, observer=Record())
    own = text.replace("[design.synapse]\n", '[design]\njunctions = "none"\n[design.synapse]\n')
    assert run_study(parse(own, source="tiny.toml"), settings, observer=Record()).complete == 3


def test_a_new_version_of_the_simulator_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweep.driver.driver.RayExecutor", InThisProcess)
    study, out = tiny(trials=1), tmp_path / "out"
    monkeypatch.setenv("ANALOG_SWEEP_NGSPICE", str(install(tmp_path / "bin")))
    run_study(study, Settings(out=out), observer=Record())
    newer = install(tmp_path / "newer", version="1000")
    monkeypatch.setenv("ANALOG_SWEEP_NGSPICE", str(newer))
    for trials, notices in ((2, 1), (3, 0)):
        observer = Record()
        settings = Settings(out=out, resume=True, trials=trials)
        assert run_study(study, settings, observer=observer).complete == trials
        told = [event.message for event in observer.of(Noticed)]
        assert len(told) == notices
        assert all("ngspice was 999, and is 1000 now" in words for words in told)


def test_a_task_whose_numbers_are_not_finite_is_refused() -> None:
    study = tiny()
    object.__setattr__(study.plan.task, "frequency", float("nan"))
    with pytest.raises(StudyFileError, match=r"task\.name = 'sine'.*finite numbers"):
        study.fingerprint  # noqa: B018
