# SPDX-License-Identifier: GPL-3.0-or-later
"""One Ray session for all tests that need one, for starting Ray takes seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sweep.engine._scratch import Scratch
from sweep.engine.executor import RayExecutor


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
