# SPDX-License-Identifier: GPL-3.0-or-later
"""The examination of a machine."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

import pytest

import pdk
from circuits.simulators import find
from sweep._machine import Memory
from sweep.app import doctor
from sweep.app.doctor import Check, Examination, State, examine
from tests.faults import disk, make_read_only


@pytest.fixture(autouse=True)
def _trying_is_quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiler of kernels is tried once here, as that takes seconds."""
    if request.node.name != "test_this_machine_can_run_a_study":
        monkeypatch.setattr(doctor, "_KERNEL", "pass")


def check(name: str, found: Examination) -> Check:
    (one,) = (entry for entry in found.checks if entry.name == name)
    return one


def test_this_machine_can_run_a_study() -> None:
    found = examine()
    assert found.ok
    assert check("Python", found).found.startswith(".".join(map(str, sys.version_info[:3])))
    assert check("ngspice", found).found.startswith(find("ngspice").version)
    assert check("models", found).sha256 == pdk.locate().sha256
    assert "cores" in {entry.name for entry in found.checks}


def test_what_is_not_well_has_a_remedy_and_what_is_well_has_none() -> None:
    for entry in examine().checks:
        assert bool(entry.remedy) == (entry.state is not State.OK), entry


def test_only_what_is_missing_keeps_a_study_from_running() -> None:
    states = {state: Examination((Check("g", "n", state, ""),)).ok for state in State}
    assert states == {
        State.OK: True,
        State.OPTIONAL: True,
        State.WARNING: True,
        State.MISSING: False,
    }


def test_a_machine_without_a_simulator_is_told_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = examine()
    assert not found.ok
    assert check("ngspice", found).state is State.MISSING
    assert check("ngspice", found).remedy == "sudo apt-get install ngspice"


def test_models_that_are_not_here_yet_are_no_obstacle(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PDK_ROOT", raising=False)
    monkeypatch.setenv("ANALOG_SWEEP_CACHE", str(tmp_path))
    found = examine()
    assert check("models", found).state is State.WARNING
    assert "pdk.locate()" in check("models", found).remedy
    assert found.ok
    assert not list(tmp_path.iterdir()), "nothing is downloaded"


def test_a_wrong_path_to_the_models_is_an_obstacle(tmp_path: Path) -> None:
    assert check("models", examine(tmp_path)).state is State.MISSING


def test_a_package_that_is_missing_or_too_old_is_named_with_its_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def requires(_: str) -> list[str]:
        return ["no-such-package>=1.0", "numpy>=999", 'torch>=2; extra == "gp"', "rich>=1"]

    monkeypatch.setattr(importlib.metadata, "requires", requires)
    found = examine()
    assert not found.ok
    assert check("no-such-package", found).remedy.endswith("install 'no-such-package>=1.0'")
    assert "999 is needed" in check("numpy", found).found
    assert check("rich", found).state is State.OK
    assert check("torch", found).state in {State.OK, State.OPTIONAL}


@pytest.mark.parametrize(
    ("module", "name"), [("circuits.simulators", "simulators"), ("pdk", "models")]
)
def test_what_needs_a_missing_package_cannot_be_looked_at(
    module: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    found = examine()
    assert check(name, found).state is State.MISSING
    assert "pip install" in check(name, found).remedy


def test_a_checkout_that_is_not_installed_knows_its_packages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def requires(_: str) -> list[str]:
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "requires", requires)
    assert {"optuna", "ray", "PySpice"} <= {entry.name for entry in examine().checks}


def test_little_memory_and_disk_are_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "memory", lambda: Memory(2**32, 2**20, limited=True))
    monkeypatch.setattr(doctor, "_DISK", 2**60)
    found = examine()
    assert check("memory", found).state is State.WARNING
    assert "control group" in check("memory", found).found
    assert check("temporary files", found).state is State.WARNING
    assert found.ok


def test_a_simulator_that_cannot_simulate_is_an_obstacle(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "ngspice"
    told = 'case "$*" in *version*) echo "** ngspice-42 : "; exit 0;; esac'
    program.write_text(f"#!/bin/sh\n{told}\necho libfftw3.so.3: not found >&2\nexit 127\n")
    program.chmod(0o755)
    monkeypatch.setenv("ANALOG_SWEEP_NGSPICE", str(program))
    monkeypatch.setenv("ANALOG_SWEEP_XYCE", "/nonexistent/Xyce")
    found = examine()
    assert check("ngspice", found).state is State.OK
    assert check("self-test", found).state is State.MISSING
    assert "libfftw3" in check("self-test", found).found
    assert not found.ok


def test_a_place_for_results_that_cannot_be_written_to_is_an_obstacle(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with disk(tmp_path / "disk") as small:
        make_read_only(small)
        found = examine(out=small / "new/out")
        assert check("results", found).state is State.MISSING
        assert f"{small}/new/out cannot be written to: Read-only" in check("results", found).found
        assert not found.ok
        monkeypatch.chdir(small)
        assert check("results", examine()).state is State.MISSING
    assert check("results", examine(out=tmp_path / "new/out")).state is State.OK
    assert not (tmp_path / "new").exists()


def test_a_cache_that_cannot_be_written_to_is_replaced_and_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    models = pdk.locate().directory
    with disk(tmp_path / "disk") as small:
        make_read_only(small)
        monkeypatch.setenv("ANALOG_SWEEP_CACHE", str(small))
        monkeypatch.setenv("PDK_ROOT", str(models))
        found = examine()
        assert check("cache", found).state is State.WARNING
        assert str(small) in check("cache", found).found
        assert "ANALOG_SWEEP_CACHE" in check("cache", found).remedy
        assert found.ok


def test_a_pdk_root_that_does_not_fit_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PDK_ROOT", str(tmp_path))
    found = check("models", examine())
    assert found.state is State.WARNING
    assert f"PDK_ROOT = {tmp_path} holds no such models" in found.found
    assert found.sha256


def test_the_cluster_that_the_environment_names_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    assert "RAY_ADDRESS (head:6379) is not used, but --address" in check("Ray", examine()).found


def test_what_fails_when_it_is_tried_is_told_in_its_last_words() -> None:
    assert doctor.tried("pass", seconds=60) == ""
    assert doctor.tried("import no_such_module", seconds=60).endswith("'no_such_module'")
    assert doctor.tried("import time; time.sleep(60)", seconds=0.5) == "not within 0.5 s"
    assert doctor.tried("import os; os._exit(3)", seconds=60).startswith("it ended with status 3")


@pytest.mark.slow
def test_ray_is_started_and_nothing_of_it_is_left() -> None:
    found = examine(ray=True)
    assert "started in" in check("Ray", found).found
    assert found.ok


def test_the_json_has_every_check() -> None:
    found = examine()
    document = found.to_json()
    assert document["ok"] is found.ok
    assert [entry["name"] for entry in document["checks"]] == [c.name for c in found.checks]
