# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import pdk


@pytest.fixture(scope="session")
def models() -> pdk.Models:
    """The models of this machine, downloaded if need be."""
    return pdk.locate()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("ANALOG_SWEEP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(autouse=True, scope="package")
def _compiled_elsewhere(
    models: pdk.Models, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Libraries compiled by tests stay out of the user's cache."""
    del models  # found in the user's cache first
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALOG_SWEEP_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(params=["ngspice", pytest.param("xyce", marks=pytest.mark.xyce)])
def simulator(request: pytest.FixtureRequest) -> str:
    """Each SPICE simulator in turn."""
    return str(request.param)
