# SPDX-License-Identifier: GPL-3.0-or-later
"""A characterised synapse as one HTML page that needs nothing else, and as CSV."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from plotly.io import to_html
from plotly.offline import get_plotlyjs

from circuits.characterization import OPEN_CIRCUIT, Characterization
from sweep._numbers import UNKNOWN, quantity
from sweep._version import __version__
from sweep.report import characterization_figures as figures
from sweep.report._templates import page

__all__ = ["characterization_page", "characterization_tables"]

_CONFIG = {"responsive": True, "displaylogo": False, "toImageButtonOptions": {"format": "svg"}}
_STYLE = """\
.pair { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr)); gap: 8px 24px; }
.pair > div { min-width: 0; }
a { color: var(--accent); }
"""
_SHOWN_WEIGHTS = (-0.9, -0.5, -0.25, 0.0, 0.25, 0.5, 0.9)
_SHOWN_GATES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # where weights are of one sign
_SHOWN_INPUTS = (0.25, 0.5, 0.75)  # all of the largest

Drawn = tuple[str, go.Figure]


class _Section(NamedTuple):
    """A section of the page: heading, text, a CSV file in base64, and figures as HTML with their headings."""

    title: str
    text: str
    file: str
    coded: str
    figures: list[tuple[str, str]]


def characterization_tables(found: Characterization) -> dict[str, str]:
    """Returns the data of all figures as CSV, by file name; units are in the first line."""
    transfer, update, two_port = found.transfer, found.update, found.reciprocity
    devices = [
        ("device", "width_m", "length_m", "multiplicity", "vgs_V", "vds_V", "current_A"),
        *(
            (
                curves.geometry.device, curves.geometry.width, curves.geometry.length,
                curves.multiplicity, curves.vgs[i], curves.vds[j], current,
            )
            for curves in found.transistors
            for (i, j), current in np.ndenumerate(curves.current)
        ),
    ]  # fmt: skip
    return {
        "transistors.csv": _csv(devices),
        "transfer.csv": _csv([
            ("weight_V", "input_V", "current_A", "voltage_loaded_V", "voltage_unloaded_V"),
            *(
                (transfer.weights[i], transfer.inputs[j], current,
                 transfer.loaded[i, j], transfer.unloaded[i, j])
                for (i, j), current in np.ndenumerate(transfer.current)
            ),
        ]),
        "update.csv": _csv([
            ("nudge_V", "weight_V", "input_V", "free_output_V", "difference_V", "change_V"),
            *(
                (update.nudges[k], update.weights[i], update.inputs[j],
                 update.free[i, j], update.difference[k, i, j], change)
                for (k, i, j), change in np.ndenumerate(update.change)
            ),
        ]),
        "reciprocity.csv": _csv([
            ("weight_V", "input_V", "y11_S", "y12_S", "y21_S", "y22_S", "rho"),
            *(
                (two_port.weights[i], two_port.inputs[j], two_port.y11[i, j], two_port.y12[i, j],
                 two_port.y21[i, j], two_port.y22[i, j], rho)
                for (i, j), rho in np.ndenumerate(two_port.rho)
            ),
        ]),
    }  # fmt: skip


def _csv(rows: Iterable[Sequence[object]]) -> str:
    """Returns rows as CSV; numbers have ten digits, and NaN becomes an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return text.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value + 0.0:.10g}"
    return str(value)


def characterization_page(found: Characterization) -> str:
    """Returns the whole page."""
    columns, rows = _table(found)
    models = found.bench.models
    return page(
        "characterization.html",
        title=_title(found),
        style=files("sweep.report").joinpath("assets/page.css").read_text("utf-8") + _STYLE,
        plotly=get_plotlyjs(),
        conditions=_conditions(found),
        columns=columns,
        rows=rows,
        sections=_sections(found),
        models=f"Transistor models: {models.source}, SHA-256 {models.sha256}. "
        f"analog-sweep {__version__}.",
    )


def _title(found: Characterization) -> str:
    synapse = found.bench.design.synapse(0)
    flavour = getattr(synapse, "flavour", None)
    return f"Synapse {synapse.kind}" + (f", flavour {flavour}" if flavour else "")


def _conditions(found: Characterization) -> str:
    corner, simulator = found.bench.corner, found.bench.simulator
    devices = "; ".join(
        f"{curves.geometry.device} {quantity(curves.geometry.width, 'm')} by "
        f"{quantity(curves.geometry.length, 'm')}, M = {curves.multiplicity}"
        for curves in found.transistors
    )
    return (
        f"{devices}. {found.bench.design.process.title}, corner {corner.process}, {corner.temperature:g} °C; DC "
        f"sweeps in {simulator.name} {simulator.version}."
    )


def _table(found: Characterization) -> tuple[list[str], list[list[str]]]:
    """Returns the head and the rows of a table of current and reciprocity at a few weights and inputs."""
    transfer, rho = found.transfer, found.reciprocity.rho
    shares = _SHOWN_WEIGHTS if transfer.weights[0] < 0 else _SHOWN_GATES
    rows = [_nearest(transfer.weights, share * transfer.weights[-1]) for share in shares]
    columns = [_nearest(transfer.inputs, share * transfer.inputs[-1]) for share in _SHOWN_INPUTS]
    inputs = [quantity(float(transfer.inputs[j]), "V") for j in columns]
    head = [f"{what}, {at}" for what in ("current", "rho") for at in inputs]
    body = [
        [
            quantity(float(transfer.weights[i]), "V"),
            *(quantity(float(transfer.current[i, j]), "A") for j in columns),
            *(_share(float(rho[i, j])) for j in columns),
        ]
        for i in rows
    ]
    return head, body


def _share(rho: float) -> str:
    return UNKNOWN if np.isnan(rho) else f"{rho:.3f}"


def _nearest(values: np.typing.NDArray[np.float64], wanted: float) -> int:
    return int(np.argmin(np.abs(values - wanted)))


def _sections(found: Characterization) -> Iterator[_Section]:
    tables = characterization_tables(found)
    transfer, update = found.transfer, found.update
    yield _section(
        "Transistors",
        "Drain currents with bulk and source together; those of all parallel copies.",
        ("transistors.csv", tables["transistors.csv"]),
        [
            drawn
            for curves in found.transistors
            for drawn in (
                (f"{curves.geometry.device}: output", figures.transistor_output(curves)),
                (f"{curves.geometry.device}: transfer", figures.transistor_transfer(curves)),
            )
        ],
    )
    yield _section(
        "Output current", "From the synapse into a line that is held at 0 V.",
        ("transfer.csv", tables["transfer.csv"]),
        [
            ("over the input", figures.current_over_input(transfer)),
            ("over the weight", figures.current_over_weight(transfer)),
        ],
    )  # fmt: skip
    load = quantity(transfer.load, "S")
    yield _section(
        "Output voltage",
        f"Of a line with {load} to ground, and of one that nothing else is connected to "
        f"({quantity(OPEN_CIRCUIT, 'S')}).",
        ("transfer.csv", tables["transfer.csv"]),
        [
            (f"{load} to ground, over the input", figures.voltage_over_input(transfer)),
            (f"{load} to ground, over the weight", figures.voltage_over_weight(transfer)),
            ("no load, over the input", figures.voltage_over_input(transfer, loaded=False)),
            ("no load, over the weight", figures.voltage_over_weight(transfer, loaded=False)),
        ],
    )
    nudge = quantity(float(update.nudges[-1]), "V")
    most = quantity(float(update.inputs[-1]), "V")
    yield _section(
        "Update signal",
        "What the update circuit adds to the weight of a synapse that is alone on a line with "
        f"{load} to ground: -s (v_nudged - v_free) V_in with s = {update.scale:.3g} per volt and a "
        f"nudge of {quantity(update.beta, 'S')}. The target lies {nudge} above the free output.",
        ("update.csv", tables["update.csv"]),
        [
            (f"over the input, nudge {nudge}", figures.update_over_input(update)),
            (f"over the weight, nudge {nudge}", figures.update_over_weight(update)),
            (f"over the nudge, input {most}", figures.update_over_nudge(update)),
        ],
    )
    yield _section(
        "Reciprocity",
        "rho = |y12| / y11: how much of a change at the output (at 0 V) comes back at the input. 1 is "
        "a resistor, through which a nudge travels back as well as a signal forward. Blank: switched "
        "off.",
        ("reciprocity.csv", tables["reciprocity.csv"]),
        [("", figures.reciprocity_map(found.reciprocity))],
    )


def _section(title: str, text: str, table: tuple[str, str], drawn: Sequence[Drawn]) -> _Section:
    name, data = table
    return _Section(
        title=title,
        text=text,
        file=name,
        coded=base64.b64encode(data.encode()).decode(),
        figures=[
            (heading, _figure(figure, f"{title.lower().replace(' ', '-')}-{number}"))
            for number, (heading, figure) in enumerate(drawn)
        ],
    )


def _figure(drawn: go.Figure, name: str) -> str:
    return str(
        to_html(
            drawn,
            full_html=False,
            include_plotlyjs=False,
            config=_CONFIG,
            div_id=f"figure-{name}",
            default_width="100%",
            default_height=f"{drawn.layout.height}px",
        )
    )
