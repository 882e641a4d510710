# SPDX-License-Identifier: GPL-3.0-or-later
"""A study may be called in any script: its name comes out of every file and command as it went in."""

from __future__ import annotations

import html
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sweep.cli import app
from sweep.study.study_file import load, load_design, parse
from tests.in_this_process import InThisProcess
from tests.stand_in import install
from tests.sweep.running import tiny

NAMES = ["Größe 1", "étude", "исследование", "研究", "बायस", "Übung_2.λ+β", "٣ lernt"]


def named(name: str) -> str:
    return tiny(epochs=1, trials=1).text.replace('name = "tiny"', f'name = "{name}"')


@pytest.mark.parametrize("name", NAMES)
def test_letters_and_digits_of_any_script_make_a_name(name: str) -> None:
    composed = unicodedata.normalize("NFC", name)
    for form in ("NFC", "NFD"):
        study = parse(named(unicodedata.normalize(form, name)), source="s.toml")
        assert study.name == composed, "however it is typed"


@pytest.mark.parametrize("storage", [None, "sqlite"])
def test_a_name_goes_through_storage_report_and_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: str | None
) -> None:
    name = "Größe 研究"
    monkeypatch.setattr("sweep.driver.driver.RayExecutor", InThisProcess)
    monkeypatch.setenv("ANALOG_SWEEP_NGSPICE", str(install(tmp_path / "bin")))
    study, out = tmp_path / "s.toml", tmp_path / "out"
    study.write_text(named(unicodedata.normalize("NFD", name)), "utf-8")
    url = [] if storage is None else ["--storage", f"sqlite:///{tmp_path}/s.db"]
    for words in (["run", study, "--out", out, *url], ["run", study, "--out", out, "--resume"],
                  ["status", out], ["report", out], ["export", out, "--no-verify"]):  # fmt: skip
        ran = CliRunner().invoke(app, [str(word) for word in words])
        assert ran.exit_code == 0, ran.output
    told = json.loads(CliRunner().invoke(app, ["status", str(out), "--json"]).stdout)
    assert told["name"] == name
    assert f"<title>{html.escape(name)}: study report</title>" in (out / "report.html").read_text(
        "utf-8"
    )
    assert name in load_design(out / "best" / "design.toml").name
    assert name in (out / "best" / "README.md").read_text("utf-8")
    assert load(out / "study.toml").name == name
    again = ["run", str(study), "--out", str(tmp_path / "other"), *url]
    if storage is not None:
        refused = CliRunner().invoke(app, again)
        assert refused.exit_code == 2
        assert name in refused.output


def test_a_terminal_that_knows_ascii_only_gets_whole_json(tmp_path: Path) -> None:
    study = tmp_path / "s.toml"
    study.write_text(named("Größe"), "utf-8")
    command = [sys.executable, "-c", "from sweep.cli import main; main()", "validate", str(study)]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    told = subprocess.run([*command, "--json"], env=environment, capture_output=True, check=True)
    assert json.loads(told.stdout)["name"] == "Größe"
    shown = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert b"Gr??e" in shown.stdout
