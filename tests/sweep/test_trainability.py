# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep trainability` and `sweep controls`: figures in words and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from circuits import Design
from objectives import Sine, TrainingPlan
from sweep.cli import app
from sweep.study.design_file import design_text

PLAN = TrainingPlan((3, 3, 1), Sine(points=6, held_out=5), epochs=2, noise_seed=None)
DESIGN = Design.from_values(
    {"synapse.weight_high": 0.9, "update.scale": (20.0, 2.0), "encoding.target_amplitude": 0.1}
)


def sweep(*arguments: object) -> str:
    """What a command prints, 80 columns wide."""
    words = [str(word) for word in arguments]
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    assert max(len(line.rstrip()) for line in result.stdout.splitlines()) <= 80 or "--json" in words
    return result.stdout


def document(*arguments: object) -> Any:
    return json.loads(sweep(*arguments, "--json"))


@pytest.fixture
def design_toml(tmp_path: Path) -> Path:
    path = tmp_path / "design.toml"
    execution = {"execution": {"simulator": "ngspice"}}
    path.write_text(design_text("small", PLAN, DESIGN, tables=execution))
    return path


def test_trainability_in_words(design_toml: Path) -> None:
    said = sweep("trainability", design_toml, "--points", 4)
    assert "noiseless" in said
    assert "before training" in said
    assert "0 of 128 random starts" in said
    assert "layer 1" in said


def test_trainability_after_training(design_toml: Path) -> None:
    before = document("trainability", design_toml, "--points", 4)
    after = document("trainability", design_toml, "--points", 4, "--epochs", 2)
    assert before["nmse"] is None
    assert after["nmse"] > 0.0
    assert after["epochs"] == 2
    assert len(after["layers"]) == 2
    assert after["layers"][0]["update"] != before["layers"][0]["update"]
    assert after["second_equilibria"]["others"] == 0


def test_noise_can_be_asked_for(design_toml: Path) -> None:
    exact, noisy = (document("trainability", design_toml, *flags) for flags in ((), ("--noise",)))
    assert exact["noiseless"]
    assert not noisy["noiseless"]
    assert exact["layers"][0]["signal_to_noise"] is None
    assert noisy["worst_alignment"] < exact["worst_alignment"]


def test_controls(design_toml: Path) -> None:
    found = document("controls", design_toml, "--seeds", 1)
    assert found["name"] == "small"
    assert found["epochs"] == 2
    for name in ("circuit", "frozen", "lower", "gradient"):
        assert found[name]["each"] == [found[name]["median"]]
    assert isinstance(found["counts_as_deep"], bool)
    said = sweep("controls", design_toml, "--seeds", 1)
    assert "lower layers only" in said
    assert "deep" in said
