# SPDX-License-Identifier: GPL-3.0-or-later
"""Measuring: once for each transistor and condition, in one go for several, or with clear words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pdk
from circuits.quasistatic.tables import Axis, DeviceTable, Ranges, TableError, measure
from circuits.simulators import Deck, Ngspice, SimulatorRun, find

NFET = pdk.Geometry("nfet_01v8", 0.42e-6, 0.15e-6)
PFET = pdk.Geometry("pfet_01v8", 1.302e-6, 0.15e-6)
SMALL = Ranges(
    vgs=Axis(0.5, 50), vds=Axis(0.5, 100), coarse_vgs=Axis(0.5, 10), coarse_vds=Axis(0.5, 10)
)
DECKS = 5  # currents, conductances, shifted thresholds, charges of gates and of drains


@dataclass(frozen=True)
class Counted:
    """ngspice, with the titles of what it was asked to simulate."""

    ngspice: Ngspice
    titles: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ngspice, name)

    def execute(self, deck: Deck, **options: Any) -> SimulatorRun:
        self.titles.append(deck.title)
        return self.ngspice.execute(deck, **options)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pdk.Models:
    """The models of this machine, and an empty cache for all else."""
    found = pdk.locate()
    monkeypatch.setenv("ANALOG_SWEEP_CACHE", str(tmp_path))
    return found


@pytest.fixture
def counted() -> Counted:
    ngspice = find("ngspice")
    assert isinstance(ngspice, Ngspice)
    return Counted(ngspice)


def small(
    counted: Counted, models: pdk.Models, *geometries: pdk.Geometry, temperature: float = 27.0
) -> dict[pdk.Geometry, DeviceTable]:
    return measure(
        geometries, corner="tt", temperature=temperature, simulator=counted, models=models,
        ranges=SMALL,
    )  # fmt: skip


def test_several_transistors_take_one_call_and_later_none(
    counted: Counted, models: pdk.Models
) -> None:
    first = small(counted, models, NFET, PFET, NFET)
    assert list(first) == [NFET, PFET]
    assert len(counted.titles) == DECKS
    again = small(counted, models, PFET, NFET)
    assert len(counted.titles) == DECKS
    for geometry in (NFET, PFET):
        assert again[geometry].digest == first[geometry].digest
        np.testing.assert_array_equal(again[geometry].current, first[geometry].current)
        np.testing.assert_array_equal(again[geometry].charge, first[geometry].charge)


def test_only_what_is_missing_is_measured_and_company_changes_nothing(
    counted: Counted, models: pdk.Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = small(counted, models, NFET)
    small(counted, models, NFET, PFET)
    assert "pfet" in counted.titles[DECKS]
    assert "nfet" not in counted.titles[DECKS]
    monkeypatch.setenv("ANALOG_SWEEP_CACHE", str(tmp_path / "other"))
    together = small(counted, models, PFET, NFET)
    assert together[NFET].digest == alone[NFET].digest
    np.testing.assert_allclose(together[NFET].current, alone[NFET].current, rtol=1e-6, atol=1e-15)
    np.testing.assert_allclose(together[NFET].charge, alone[NFET].charge, rtol=1e-4, atol=1e-20)


def test_another_temperature_is_another_table(counted: Counted, models: pdk.Models) -> None:
    cool, warm = (
        small(counted, models, NFET, temperature=temperature)[NFET] for temperature in (27.0, 85.0)
    )
    assert cool.digest != warm.digest
    off = SMALL.vgs.intervals // 2
    assert warm.current[off, -1] > 5 * cool.current[off, -1]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive"])
def test_a_damaged_file_is_measured_again(
    damage: bytes, counted: Counted, models: pdk.Models, tmp_path: Path
) -> None:
    table = small(counted, models, NFET)[NFET]
    (path,) = (tmp_path / "tables").glob("*.npz")
    assert path.stem == table.digest
    path.write_bytes(damage)
    np.testing.assert_array_equal(small(counted, models, NFET)[NFET].current, table.current)
    assert len(counted.titles) == 2 * DECKS
    assert path.stat().st_size > 1000
    assert [entry.name for entry in (tmp_path / "tables").iterdir()] == [path.name]


def test_no_current_flows_without_drain_voltage(counted: Counted, models: pdk.Models) -> None:
    table = small(counted, models, NFET)[NFET]
    middle = SMALL.vds.intervals // 2
    assert np.abs(table.current[:, middle]).max() < 1e-15
    assert table.charge[SMALL.coarse_vgs.intervals // 2, SMALL.coarse_vds.intervals // 2] == (
        pytest.approx(0.0, abs=1e-20)
    )


def test_a_simulator_that_fails_is_quoted(models: pdk.Models) -> None:
    ngspice = find("ngspice")
    assert isinstance(ngspice, Ngspice)
    broken = replace(ngspice, executable=Path("/bin/false"))
    with pytest.raises(TableError, match=r"ngspice could not measure .*nfet_01v8 0\.42/0\.15"):
        measure([NFET], corner="tt", temperature=27.0, simulator=broken, models=models)


def test_a_corner_that_does_not_exist_is_refused(counted: Counted, models: pdk.Models) -> None:
    with pytest.raises(pdk.UnknownCornerError):
        measure([NFET], corner="hot", temperature=27.0, simulator=counted, models=models)
    assert not counted.titles
