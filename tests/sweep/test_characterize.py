# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep characterize`: the page, the tables, and what it refuses."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from typer.testing import CliRunner

import pdk
from circuits import Design, design_quantities
from circuits.characterization import Characterization, Region, SynapseBench, characterize
from circuits.simulators import find
from sweep.app.characterize import synapse_design
from sweep.cli import app
from sweep.report import characterization_figures as figures
from sweep.report.characterization import characterization_page, characterization_tables
from tests.chromium import CHROMIUM
from tests.sweep.browser import visit

TABLES = {"transistors.csv", "transfer.csv", "update.csv", "reciprocity.csv"}


@pytest.fixture(scope="module", params=["cmos", "dram"])
def found(request: pytest.FixtureRequest) -> Characterization:
    bench = SynapseBench(
        design=Design.from_values({"synapse.kind": request.param}),
        simulator=find("ngspice"),
        models=pdk.locate(),
    )
    weights = (-1.0, 1.0) if request.param == "cmos" else (0.0, 1.8)
    return characterize(bench, Region.of(weights, (0.0, 1.2), step=0.2))


def drawn(found: Characterization) -> list[go.Figure]:
    """Every figure of a page."""
    transfer, update = found.transfer, found.update
    return [
        *map(figures.transistor_output, found.transistors),
        *map(figures.transistor_transfer, found.transistors),
        figures.current_over_input(transfer),
        figures.current_over_weight(transfer),
        *(figures.voltage_over_input(transfer, loaded=loaded) for loaded in (True, False)),
        *(figures.voltage_over_weight(transfer, loaded=loaded) for loaded in (True, False)),
        figures.update_over_input(update),
        figures.update_over_weight(update),
        figures.update_over_nudge(update),
        figures.reciprocity_map(found.reciprocity),
    ]


def read(text: str) -> dict[str, list[str]]:
    """A table as columns."""
    head, *rows = csv.reader(io.StringIO(text))
    return dict(zip(head, map(list, zip(*rows, strict=True)), strict=True))


def test_every_figure_names_both_axes_with_their_units(found: Characterization) -> None:
    for figure in drawn(found):
        for axis in (figure.layout.xaxis, figure.layout.yaxis):
            assert re.search(r"\((V|A)\)$", axis.title.text), axis.title.text
        assert len(figure.data) >= 1


def test_lines_carry_the_measured_numbers(found: Characterization) -> None:
    transfer = found.transfer
    lines = figures.current_over_input(transfer).data
    for line in lines:
        weight = float(line.name.removesuffix(" V"))
        row = int(np.argmin(np.abs(transfer.weights - weight)))
        assert np.array_equal(line.y, transfer.current[row])
        assert np.array_equal(line.x, transfer.inputs)
    assert len(lines) == len({line.name for line in lines}) <= 9


def test_the_map_is_blank_where_the_synapse_is_off(found: Characterization) -> None:
    (shown,) = figures.reciprocity_map(found.reciprocity).data
    rho = found.reciprocity.rho.T
    on = np.isfinite(rho) & (rho > 0)
    assert np.array_equal(np.isfinite(shown.z), on)
    assert 10.0 ** shown.z[on] == pytest.approx(rho[on])


def test_tables_hold_every_measured_number_with_its_unit(found: Characterization) -> None:
    tables = {name: read(text) for name, text in characterization_tables(found).items()}
    assert set(tables) == TABLES
    for columns in tables.values():
        assert all(name.rpartition("_")[2] in {"V", "A", "S", "m"} or name in {
            "device", "multiplicity", "rho",
        } for name in columns)  # fmt: skip
    current = np.array(tables["transfer.csv"]["current_A"], dtype=float)
    assert current == pytest.approx(found.transfer.current.ravel(), rel=1e-9, abs=1e-20)
    change = np.array(tables["update.csv"]["change_V"], dtype=float)
    assert change == pytest.approx(found.update.change.ravel(), rel=1e-9, abs=1e-20)
    rho = [float(text or "nan") for text in tables["reciprocity.csv"]["rho"]]
    assert rho == pytest.approx(found.reciprocity.rho.ravel().tolist(), rel=1e-9, nan_ok=True)
    samples = sum(curves.current.size for curves in found.transistors)
    assert len(tables["transistors.csv"]["current_A"]) == samples


def test_the_page_loads_nothing_and_holds_its_tables(found: Characterization) -> None:
    text = characterization_page(found)
    links = re.findall(r'<a download="([^"]+)" href="data:text/csv;base64,', text)
    assert set(links) == TABLES
    assert not re.search(r'<(script|link|img)[^>]* (src|href)="', text)
    assert text.count("* plotly.js v") == 1
    assert "nfet_01v8" in text
    assert found.bench.models.sha256 in text


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_browser_draws_every_figure(found: Characterization, tmp_path: Path) -> None:
    act = "return document.querySelectorAll('svg.main-svg').length;"
    assert visit(characterization_page(found), act, tmp_path) >= len(drawn(found))


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_nothing_sticks_out_of_a_phone(found: Characterization, tmp_path: Path) -> None:
    act = "await sleep(500); return document.documentElement.scrollWidth - innerWidth;"
    far = dataclasses.replace(found.bench.models, source="/" + 90 * "a")
    page = characterization_page(
        dataclasses.replace(found, bench=dataclasses.replace(found.bench, models=far))
    )
    assert visit(page, act, tmp_path, width=390) <= 0


def test_the_command_writes_page_and_tables(tmp_path: Path) -> None:
    said = CliRunner().invoke(
        app,
        ["characterize", "--flavour", "01v8_lvt", "--width-n", "1 um", "--corner", "ff",
         "--temperature", "85", "--simulator", "ngspice", "--out", str(tmp_path), "--json"],
    )  # fmt: skip
    assert said.exit_code == 0, said.output
    assert not said.stderr
    told = json.loads(said.stdout)
    assert {path.name for path in tmp_path.iterdir()} == {"characterization.html", *TABLES}
    assert told["files"][0] == "characterization.html"
    assert (told["corner"], told["temperature"], told["simulator"]) == ("ff", 85.0, "ngspice")
    assert [entry["device"] for entry in told["transistors"]] == ["nfet_01v8_lvt", "pfet_01v8_lvt"]
    assert told["transistors"][0]["width"] == pytest.approx(1e-6)
    assert told["transistors"][1]["length"] == pytest.approx(0.35e-6), "the shortest that is legal"


def test_the_command_says_what_it_measures(tmp_path: Path) -> None:
    said = CliRunner().invoke(
        app, ["characterize", "--simulator", "ngspice", "--out", str(tmp_path)]
    )
    assert said.exit_code == 0, said.output
    told = [line[20:] for line in said.stderr.splitlines()]
    assert [words.partition(":")[0] for words in told] == [
        f"measuring a synapse, {number} of 5" for number in range(1, 6)
    ]
    assert "curves of nfet_01v8" in told[0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ("--flavour", "01v8_lvt", "--length-p", "0.15 um"),
            "synapse.length_p = '150 nm': allowed is 350",
        ),
        (("--flavour", "1v8"), "did you mean '01v8'?"),
        (("--width-n", "1"), "with its unit, such as"),
        (("--corner", "xx"), "allowed is one of tt, ss"),
        (("--temperature", "85 K"), "the unit is degC"),
        (("--temperature", "300"), "175 degC"),
        (("--multiplicity", "65"), "a whole number from 1 to 64"),
    ],
)
def test_what_is_not_legal_is_said_before_anything_is_measured(
    options: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    said = CliRunner().invoke(app, ["characterize", *options, "--out", str(tmp_path / "to")])
    assert said.exit_code == 2
    assert words in said.stderr
    assert not (tmp_path / "to").exists()


def test_lengths_that_are_not_given_are_legal_for_every_flavour() -> None:
    for flavour in design_quantities()["synapse.flavour"].choices:
        design = synapse_design({"synapse.flavour": flavour, "synapse.width_p": None})
        assert design.value("synapse.flavour") == flavour
