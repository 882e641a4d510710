# SPDX-License-Identifier: GPL-3.0-or-later
"""The study files that come with the program are ready to run."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from circuits import training_circuit
from sweep.study import load, load_design

ROOT = Path(__file__).parents[2] / "studies"
STUDIES = sorted([*ROOT.glob("*.toml"), *(ROOT.parent / "benchmarks").glob("*.toml")])
DESIGNS = sorted((ROOT / "best").glob("*.toml"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_it_is_valid_and_its_space_makes_circuits(path: Path) -> None:
    study = load(path)
    assert study.plan.linear_fit() > 0.3
    for fraction in (0.0, 0.5, 1.0):
        values = {p.name: p.at(fraction) for p in study.space.parameters}
        run = study.plan.epoch_run(study.space.design(values), 0)
        assert training_circuit(run).outputs


@pytest.mark.parametrize("path", DESIGNS, ids=lambda path: path.stem)
def test_a_best_biasing_says_what_it_was_measured_with(path: Path) -> None:
    described = load_design(path)
    assert training_circuit(described.plan.epoch_run(described.design, 0)).outputs
    told = tomllib.loads(path.read_text())
    assert told["metrics"]["nmse"] < 0.1 * told["metrics"]["linear_fit"]
    assert {"simulator", "pdk_sha256", "run_key"} <= told["provenance"].keys()
