# SPDX-License-Identifier: GPL-3.0-or-later
"""The study files that come with the program are ready to run."""

from __future__ import annotations

from pathlib import Path

import pytest

from circuits import training_circuit
from sweep.study import load

STUDIES = sorted((Path(__file__).parents[2] / "studies").glob("*.toml"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_it_is_valid_and_its_space_makes_circuits(path: Path) -> None:
    study = load(path)
    assert study.plan.linear_fit() > 0.3
    for fraction in (0.0, 0.5, 1.0):
        values = {p.name: p.at(fraction) for p in study.space.parameters}
        run = study.plan.epoch_run(study.space.design(values), 0)
        assert training_circuit(run).outputs
