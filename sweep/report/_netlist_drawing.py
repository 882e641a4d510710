# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawings of parts: as they draw themselves, or made from their netlists.

There is no layout of the latter, so each transistor is drawn with the names of the nodes at its
terminals; equal names are connected. All other elements are listed below as lines of the netlist.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from circuits import Quantity
from circuits.cells import Cell, amplifier_cell, synapse_cell
from circuits.parts import CircuitPart, Part, Place, Sheet, Transistor

_DIGITS = 3
_METRE = Quantity(unit="m")

_WIDTH, _COLUMNS = 470, 3
_CELL, _CELL_HEIGHT = 154, 165  # of one transistor
_CHARACTERS = 66  # of a line of text
_LINE = 15
_NO_BREAK = "\N{NO-BREAK SPACE}"

_SYNAPSE_PINS = {
    "mem": "weight",
    "bit": "WBL",
    "row": "WWL",
    "inp": "+V in",
    "inn": "-V in",
    "out": "line",
    "bulk": "level of a row at rest",
}
_AMPLIFIER_PINS = {"inp": "line", "outp": "non-inverting output", "outn": "inverting output"}


@dataclass(frozen=True)
class _Placed:
    """A transistor and the nodes at its drain, gate, source and bulk."""

    name: str
    device: Transistor
    nodes: tuple[str, ...]


def synapse_drawing(place: Place) -> str:
    """Returns a synapse as SVG: as it draws itself, or from its netlist."""
    title = f"Synapse of layer {place.layer}: {place.synapse.kind}"
    return _drawing(title, place.synapse, place, synapse_cell, _SYNAPSE_PINS)


def amplifier_drawing(place: Place) -> str:
    """Returns an amplifier as SVG: as it draws itself, or from its netlist."""
    title = f"Amplifier behind layer {place.layer}: {place.amplifier.kind}"
    return _drawing(title, place.amplifier, place, amplifier_cell, _AMPLIFIER_PINS)


def _drawing(
    title: str,
    part: CircuitPart,
    place: Place,
    make: Callable[[Place], Cell],
    meanings: Mapping[str, str],
) -> str:
    try:
        own = part.draw(place)
        if own is not None:
            return own.svg()
        cell = make(place)
        placed, others = _elements(cell)
        words = _words(part, cell, meanings)
    except Exception as error:  # noqa: BLE001 - a package's own code; a report is written all the same
        sheet = Sheet(_WIDTH, 100, title)
        text = f"{title} cannot be drawn: {type(error).__name__}: {error}"
        sheet.text(12, 24, "\n".join(textwrap.wrap(text, _CHARACTERS)[:5]))
        return sheet.svg()
    above = [title, *words]
    rows = -(-len(placed) // _COLUMNS)
    top = 24 + _LINE * len(above)
    bottom = top + _CELL_HEIGHT * rows + 10
    below = [line for text in others for line in _wrapped(text)]
    if below:
        below.insert(0, "Other elements, as the netlist has them:")
    sheet = Sheet(_WIDTH, bottom + _LINE * (len(below) + 1), title)
    sheet.text(12, 24, "\n".join(above))
    for index, each in enumerate(placed):
        row, column = divmod(index, _COLUMNS)
        _draw_transistor(sheet, 78 + _CELL * column, top + 45 + _CELL_HEIGHT * row, each)
    sheet.text(12, bottom + _LINE, "\n".join(below))
    return sheet.svg()


def _elements(cell: Cell) -> tuple[list[_Placed], list[str]]:
    """Returns the transistors of a cell with their nodes, and its other elements as text."""
    devices = dict(cell.transistors())
    placed, others = [], []
    for element in cell.subcircuit().elements:
        name = str(element.name)[1:]  # without the letter of the element's kind
        nodes = tuple(str(node) for node in element.nodes)
        if str(element.name)[0] == "X" and name in devices:
            placed.append(_Placed(name, devices.pop(name), nodes))
        else:
            others.append(str(element))
    inside = [
        f"{name}, not directly in it: {device.geometry.device} {_size(device)}, "
        f"M = {device.multiplicity}"
        for name, device in devices.items()
    ]
    return placed, others + inside


def _words(part: Part, cell: Cell, meanings: Mapping[str, str]) -> list[str]:
    """Returns lines with the name, pins and sizes of a part."""
    said = (inspect.getdoc(type(part)) or "").partition("\n")[0]
    pins = ", ".join(
        f"{pin} ({meanings[pin]})".replace(" ", _NO_BREAK) if pin in meanings else str(pin)
        for pin in cell.pins
    )
    lines = [*_wrapped(said), *_wrapped(f"pins: {pins}")]
    for name, spec in part.quantities().items():
        lines += _wrapped(f"{name} = {spec.show(getattr(part, name), digits=_DIGITS)}")
    return lines


def _draw_transistor(sheet: Sheet, x: float, y: float, placed: _Placed) -> None:
    pfet = placed.device.geometry.kind.polarity == "p"
    drain, gate, source, bulk = placed.nodes
    upper, lower = (source, drain) if pfet else (drain, source)
    sheet.fet(x, y, pfet=pfet)
    sheet.path((x - 12, y), (x + 8, y))
    sheet.text(x + 5, y - 22, upper)
    sheet.text(x + 5, y + 30, lower)
    sheet.text(x - 32, y + 4, gate, anchor="end")
    sheet.text(x + 12, y + 4, bulk)
    name = textwrap.shorten(placed.name, 20, placeholder="...")
    device = placed.device
    lines = [name, device.geometry.device, _size(device), f"M = {device.multiplicity}"]
    sheet.text(x - 66, y + 50, "\n".join(lines))


def _size(device: Transistor) -> str:
    shape = device.geometry
    return " / ".join(_METRE.show(size, digits=_DIGITS) for size in (shape.width, shape.length))


def _wrapped(text: str) -> Sequence[str]:
    return textwrap.wrap(text, _CHARACTERS, subsequent_indent="  ", break_on_hyphens=False)
