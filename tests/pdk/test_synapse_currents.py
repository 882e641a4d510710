# SPDX-License-Identifier: GPL-3.0-or-later
"""The synapse of the first circuit, against currents recorded from Xyce 7.10 and ngspice 39.

A pfet with source and body on +v_in and an nfet with source and body on -v_in have the weight on
their common gate and the output line on their common drain. Currents are those out of the output
line into each drain, and their sum, the other way round, into the line.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

import pdk
from tests.pdk.spice import Sweep, currents, element

REFERENCE = Path(__file__).parents[1] / "reference/synapse_dc.csv"
P_LENGTH = {"01v8": 0.15e-6, "01v8_lvt": 0.35e-6}

Biases = dict[tuple[str, str], list[dict[str, str]]]


@pytest.fixture(scope="module")
def recorded() -> Biases:
    """Recorded bias points by flavour and corner."""
    found: Biases = defaultdict(list)
    with REFERENCE.open(newline="") as file:
        for row in csv.DictReader(file):
            found[row["flavour"], row["corner"]].append(row)
    return found


@pytest.mark.parametrize("corner", ["tt", "ss", "ff"])
@pytest.mark.parametrize("flavour", ["01v8", "01v8_lvt"])
def test_synapse_currents_are_the_recorded_ones(
    flavour: str, corner: str, simulator: str, models: pdk.Models, recorded: Biases
) -> None:
    rows = recorded[flavour, corner]
    assert len(rows) == 285
    pfet = pdk.Geometry(f"pfet_{flavour}", width=1.302e-6, length=P_LENGTH[flavour])
    nfet = pdk.Geometry(f"nfet_{flavour}", width=0.42e-6, length=0.15e-6)
    library = pdk.compile_library(models, corner=corner, geometries=[pfet, nfet])
    cards = [f'.include "{library.path}"', "vunused unused 0 0", "runused unused 0 1"]
    for k, row in enumerate(rows):
        cards += (
            f"vin{k} p{k} 0 {row['v_in']}",
            f"vneg{k} n{k} 0 -{row['v_in']}",
            f"vw{k} w{k} 0 {row['v_weight']}",
            f"vout{k} out{k} 0 {row['v_out']}",
            f"vp{k} out{k} dp{k} 0",
            f"vn{k} out{k} dn{k} 0",
            element(f"p{k}", f"dp{k} w{k} p{k} p{k}", pfet),
            element(f"n{k}", f"dn{k} w{k} n{k} n{k}", nfet),
        )
    probes = [f"v{fet}{k}" for fet in "pn" for k in range(len(rows))]
    found = currents(simulator, cards, probes, [Sweep("vunused", 0.0, 0.0, 1.0)])
    i_p, i_n = (np.array([found[f"v{fet}{k}"][0] for k in range(len(rows))]) for fet in "pn")
    for name, current in (("i_p", i_p), ("i_n", i_n), ("i_out", -i_p - i_n)):
        expected = np.array([float(row[f"{simulator}_{name}"]) for row in rows])
        large = np.abs(expected) > 1e-9
        assert np.count_nonzero(large) > 100
        np.testing.assert_allclose(current[large], expected[large], rtol=5e-3)
