# SPDX-License-Identifier: GPL-3.0-or-later
"""One Ray session for all tests that need one, for starting Ray takes seconds; a quick simulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sweep.driver.driver import Settings, run_study
from sweep.worker.executor import RayExecutor
from sweep.worker.scratch import Scratch
from tests.stand_in import install
from tests.sweep.running import Record


@pytest.fixture(scope="session")
def ray_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Ray with two cores in this process; drivers in it use it. Gives its address for others."""
    owner: Path = tmp_path_factory.mktemp("ray")
    with (
        Scratch(owner) as scratch,
        RayExecutor(workers=2, address=None, directory=scratch.directory),
    ):
        import ray

        yield ray.get_runtime_context().gcs_address


@pytest.fixture(scope="module")
def stand_in(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The simulator of all drivers of a module; its runs take `SECONDS` of the module, so that they can be met."""
    path = install(tmp_path_factory.mktemp("stand_in"), seconds=request.module.SECONDS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALOG_SWEEP_NGSPICE", str(path))
        yield path


@pytest.fixture(scope="module")
def undisturbed(
    request: pytest.FixtureRequest,
    stand_in: Path,  # noqa: ARG001
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """`STUDY` of a module, run on one machine by the stand-in, that nobody disturbed."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    run_study(request.module.STUDY, Settings(out=out), observer=Record())
    return out
