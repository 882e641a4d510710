# SPDX-License-Identifier: GPL-3.0-or-later
"""DC sweeps in ngspice and Xyce, as precise as they go, for comparing transistor models."""

from __future__ import annotations

import csv
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

import pdk

Currents = dict[str, npt.NDArray[np.float64]]

_NGSPICE_START = "set ngbehavior=hsa\nset ng_nomodcheck\nset num_threads=1\n"


@dataclass(frozen=True)
class Sweep:
    """A voltage source that takes equally spaced values; the first of several varies fastest."""

    source: str
    start: float
    stop: float
    step: float

    def __str__(self) -> str:
        return f"{self.source} {self.start:g} {self.stop:g} {self.step:g}"


def element(
    name: str,
    nodes: str,
    geometry: pdk.Geometry,
    *,
    multiplicity: int = 1,
    threshold_shift: float = 0.0,
) -> str:
    """A transistor of a compiled library."""
    subcircuit, parameters = pdk.instance(
        geometry, multiplicity=multiplicity, threshold_shift=threshold_shift
    )
    return " ".join((f"x{name} {nodes} {subcircuit}", *map("=".join, parameters.items())))


def original(name: str, nodes: str, geometry: pdk.Geometry, *, multiplicity: int = 1) -> str:
    """The same transistor of the PDK's own library."""
    subcircuit = geometry.kind.subcircuit
    return (
        f"x{name} {nodes} {subcircuit} l={geometry.length * 1e6:.9g} w={geometry.width * 1e6:.9g} "
        f"m={multiplicity} mult={multiplicity}"
    )


def currents(
    simulator: str,
    cards: Iterable[str],
    probes: Sequence[str],
    sweeps: Sequence[Sweep],
    *,
    temperature: float = 27.0,
) -> Currents:
    """The current through each voltage source in `probes`, at every point of the sweep; degrees Celsius."""
    # Each simulator ignores what the other reads.
    set_temperature = {
        "ngspice": f".options temp={temperature!r}",
        "xyce": f".options device temp={temperature!r}",
    }[simulator]
    run = {"ngspice": _ngspice, "xyce": _xyce}[simulator]
    with tempfile.TemporaryDirectory() as directory:
        return run(Path(directory), [*cards, set_temperature], probes, sweeps)


def _ngspice(
    directory: Path, cards: list[str], probes: Sequence[str], sweeps: Sequence[Sweep]
) -> Currents:
    deck = (
        "* dc",
        *cards,
        ".options reltol=1e-9 abstol=1e-16 vntol=1e-12 gmin=1e-15",
        ".control",
        "save " + " ".join(f"i({probe})" for probe in probes),
        "dc " + " ".join(map(str, sweeps)),
        "set filetype=ascii",
        "write out.raw",
        ".endc",
        ".end",
    )
    (directory / ".spiceinit").write_text(_NGSPICE_START)
    words = _run(directory, deck, [shutil.which("ngspice") or "ngspice", "-b", "deck.cir"])
    raw = directory / "out.raw"
    assert raw.exists(), words
    header, values = raw.read_text().split("Values:\n")
    names = [line.split()[1] for line in header.split("Variables:\n")[1].splitlines()]
    table = np.array(values.split(), dtype=float).reshape(-1, len(names) + 1)[:, 1:]
    return {probe: table[:, names.index(f"i({probe})")] for probe in probes}


def _xyce(
    directory: Path, cards: list[str], probes: Sequence[str], sweeps: Sequence[Sweep]
) -> Currents:
    deck = (
        "* dc",
        *cards,
        ".options device gmin=1e-15",
        ".options nonlin reltol=1e-6 abstol=1e-15 rhstol=1e-12",
        ".dc " + " ".join(map(str, sweeps)),
        ".print dc format=csv file=out.csv precision=15 "
        + " ".join(f"i({probe})" for probe in probes),
        ".end",
    )
    executable = shutil.which("Xyce") or "Xyce"
    words = _run(directory, deck, [executable, "-quiet", "deck.cir"])
    output = directory / "out.csv"
    assert output.exists(), words
    with output.open(newline="") as file:
        header, *rows = csv.reader(file)
    table = np.array(rows, dtype=float)
    columns = [name.lower() for name in header]
    return {probe: table[:, columns.index(f"i({probe})")] for probe in probes}


def _run(directory: Path, deck: Iterable[str], command: list[str]) -> str:
    (directory / "deck.cir").write_text("\n".join(deck) + "\n")
    run = subprocess.run(
        command, cwd=directory, capture_output=True, text=True, check=False, timeout=240
    )
    return run.stdout[-2000:] + run.stderr[-2000:]
