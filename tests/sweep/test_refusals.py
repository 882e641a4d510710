# SPDX-License-Identifier: GPL-3.0-or-later
"""A space of which the study's own simulators refuse a part is warned of before anything runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sweep.cli import app
from sweep.driver.driver import Settings, run_study
from sweep.driver.events import PartRefused, TrialFailed
from sweep.study.refusals import refusals
from tests.in_this_process import InThisProcess
from tests.stand_in import install
from tests.sweep.running import LADDER, Record, tiny

SWITCHES = '"write_switch.kind" = { choices = ["ideal", "nfet"] }'
SYNAPSES = '"synapse.kind" = { choices = ["cmos", "dram"] }'
BANDWIDTHS = '"amplifier.bandwidth" = { low = "10 kHz", high = "1 GHz", log = true }'


@pytest.mark.parametrize(
    ("space", "field", "choices", "todo"),
    [
        (SWITCHES, "write_switch.kind", ("nfet",), "take it out of the choices"),
        (SYNAPSES, "synapse.kind", ("dram",), "take it out of the choices"),
        (f"{SWITCHES}\n{SYNAPSES}", "write_switch.kind", ("nfet",), "take it out of the choices"),
        (BANDWIDTHS, "amplifier.bandwidth", (), "narrow its range"),
    ],
    ids=["switch", "synapse", "both", "bandwidth"],
)
def test_field_choice_rung_and_what_to_do_are_named(
    space: str, field: str, choices: tuple[str, ...], todo: str
) -> None:
    found = {each.field: each for each in refusals(tiny(space=space, execution=LADDER))}
    assert found[field].choices == choices
    assert (found[field].rung, found[field].searched) == (1, True)
    assert 0 < found[field].refused < found[field].designs
    assert f'space."{field}": ' in found[field].message
    assert "on rung 1 (device, which is quasi-static)" in found[field].message
    assert todo in found[field].message


def test_what_the_design_sets_is_refused_as_a_whole() -> None:
    (found,) = refusals(tiny(design='synapse.kind = "dram"', length_p="", execution=LADDER))
    assert found.refused == found.designs
    assert found.message.startswith("design.synapse.kind: ")
    assert "change it, or leave the quasi-static rungs out" in found.message


def test_transients_refuse_nothing_and_the_simulator_asked_for_counts() -> None:
    study = tiny(space=SWITCHES)
    assert refusals(study) == []
    (found,) = refusals(study, "quasistatic")
    assert (found.rung, found.choices) == (0, ("nfet",))
    assert "by the quasi-static simulator" in found.message
    assert "run the study with a transient simulator" in found.message
    assert refusals(tiny(execution=LADDER)) == []


def test_validate_warns_and_still_takes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(tiny(space=SWITCHES, execution=LADDER).text)
    shown = CliRunner().invoke(app, ["validate", str(path)])
    assert shown.exit_code == 0
    assert "warning: space.\"write_switch.kind\": 'nfet' is refused on rung 1" in shown.output
    told = CliRunner().invoke(app, ["validate", str(path), "--json"])
    (warning,) = json.loads(told.stdout)["warnings"]
    assert (warning["field"], warning["choices"]) == ("write_switch.kind", ["nfet"])
    path.write_text(tiny(space=SWITCHES).text)
    assert (
        json.loads(CliRunner().invoke(app, ["validate", str(path), "--json"]).stdout)["warnings"]
        == []
    )
    asked = CliRunner().invoke(app, ["validate", str(path), "--simulator", "quasistatic"])
    assert "by the quasi-static simulator" in asked.output


def test_a_run_begins_with_the_same_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweep.driver.driver.RayExecutor", InThisProcess)
    monkeypatch.setenv("ANALOG_SWEEP_NGSPICE", str(install(tmp_path / "bin")))
    record = Record()
    study = tiny(design='synapse.kind = "dram"', length_p="")
    run_study(study, Settings(out=tmp_path / "out", simulator="quasistatic"), observer=record)
    (told,) = record.of(PartRefused)
    assert told.field == "synapse.kind"
    assert record.events.index(told) == 1, "before the first trial"
    assert len(record.of(TrialFailed)) == 3, "and they fail, as it says"
