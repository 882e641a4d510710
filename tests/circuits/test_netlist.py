# SPDX-License-Identifier: GPL-3.0-or-later
"""The netlist of a run: the same text every time, lean, and what the design says."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

import pdk
from circuits import Corner, Design, Run, training_circuit
from tests.circuits.conftest import small_run

GOLDEN = Path(__file__).parent / "golden"


def test_equal_runs_give_equal_text() -> None:
    run = small_run(Design.from_values({"update.scale": (20, 3)}))
    first, second = training_circuit(run), training_circuit(dataclasses.replace(run))
    assert first.text() == second.text()
    assert str(first.circuit) == str(second.circuit)


@pytest.mark.parametrize("name", ["one_sided", "centred", "drawn"])
def test_the_netlist_is_the_recorded_one(name: str) -> None:
    """A change of the netlist is seen: read the difference, then record it anew on purpose."""
    design = Design.from_values(
        {
            "update.scale": (20, 3),
            "synapse.multiplicity": (1, 4),
            "junctions": "drawn" if name == "drawn" else "none",
            "nudge.kind": "centred" if name == "centred" else "one-sided",
            "update.kind": "product" if name == "centred" else "difference",
            "write_switch.kind": "nfet" if name == "centred" else "ideal",
        },
    )
    text = training_circuit(small_run(design, layers=(2, 2, 1), points=1)).text()
    assert text == (GOLDEN / f"{name}.cir").read_text()


def test_there_is_no_needless_element() -> None:
    run = small_run(Design(), layers=(3, 4, 2))
    text = training_circuit(run).text()
    assert not re.search(r"(?m)^R\S* \S+ \S+ 0(\.0*)?$", text), "no 0 ohm resistors"
    instances = re.findall(r"(?m)^X(w\S+)", text)
    assert len(instances) == 3 * 4 + 4 * 2
    assert len(re.findall(r"(?m)^Xcolumn", text)) == 4 + 4, "one update circuit a bitline"
    assert len(re.findall(r"(?m)^Brow", text)) == 3 + 2, "one select a row"


def test_bodies_on_a_rail_have_their_wells_there() -> None:
    """The nfets of one input share a rail, so their wells are one element, of as many copies."""
    run = small_run(Design.from_values({"synapse.multiplicity": (1, 3)}), layers=(3, 4, 2))
    circuit = training_circuit(run)
    wells = re.findall(r"(?m)^Xdeep\S+ (\S+) deep (\S+) mult=(\d+)$", circuit.text())
    (nfet,) = circuit.deep_wells
    name, _ = pdk.well_instance(nfet)
    assert wells == [
        *((f"n0_{i}", name, "4") for i in range(3)),
        *((f"n1_{i}", name, "6") for i in range(4)),
    ]
    assert re.findall(r"(?m)^Vdeep deep 0 (\S+)$", circuit.text()) == ["3.3"]


def test_without_junctions_there_are_no_wells() -> None:
    circuit = training_circuit(small_run(Design(junctions="none")))
    assert circuit.deep_wells == frozenset()
    assert "deep" not in circuit.text()


def test_the_body_of_a_dram_cell_is_the_substrate() -> None:
    assert (
        training_circuit(small_run(Design.from_values({"synapse.kind": "dram"}))).deep_wells
        == frozenset()
    )


def test_a_tall_matrix_is_stored_transposed() -> None:
    run = small_run(Design(), layers=(2, 5, 1))
    circuit = training_circuit(run)
    assert [len(rows) for rows in circuit.schedule.rows] == [2, 1]
    assert "Xcolumn1_4" in circuit.text()


def test_mismatch_gives_each_transistor_its_own_threshold_and_the_same_one_again() -> None:
    def shifts(seed: int | None) -> list[str]:
        run = small_run(Design(), corner=Corner(mismatch_seed=seed))
        return re.findall(r"shift_\w=(\S+)", "\n".join(_instances(run)))

    assert shifts(None) == []
    assert len(set(shifts(1))) == 2 * 20, "a pfet and an nfet for each of 20 synapses"
    assert shifts(1) == shifts(1) != shifts(2)


def _instances(run: Run) -> list[str]:
    return [line for line in training_circuit(run).text().splitlines() if line.startswith("Xw")]


def test_a_size_out_of_range_is_an_error_before_any_simulation() -> None:
    with pytest.raises(pdk.SizeError, match=r"pfet_01v8_lvt.*0\.35"):
        training_circuit(
            small_run(
                Design.from_values({"synapse.flavour": "01v8_lvt", "synapse.length_p": 0.15e-6})
            )
        )
