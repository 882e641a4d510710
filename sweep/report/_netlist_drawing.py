# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawings of the parts of installed packages, made from their netlists.

Nobody has placed and routed such a part, so each of its transistors is drawn with the names of the nodes
at its terminals; equal names are connected. All other elements stand below as the netlist has them.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from circuits import Design, Quantity
from circuits.amplifiers import amplifier
from circuits.parts import Amplifier, Scope, Synapse, Transistor
from circuits.sizes import smallest_run
from circuits.synapses import synapse
from sweep.report._sheet import Sheet

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


def synapse_netlist(design: Design, layer: int) -> str:
    """The synapse of a layer as SVG, whatever its package has put into its subcircuit."""
    title = f"Synapse of layer {layer}: {design.synapse}"
    return _drawing(title, lambda: synapse(_scope(design, layer, last=False)), _SYNAPSE_PINS)


def amplifier_netlist(design: Design, layer: int, *, last: bool) -> str:
    """The amplifier behind a layer as SVG, with its sizes.

    **Arguments:**

    - `last`: whether the layer is the output layer, whose amplifier has no inverting output.
    """
    title = f"Amplifier behind layer {layer}: {design.amplifier}"
    part = lambda: amplifier(_scope(design, layer, last=last))  # noqa: E731 - made where it may fail
    return _drawing(title, part, _AMPLIFIER_PINS)


def _scope(design: Design, layer: int, *, last: bool) -> Scope:
    """A layer of the smallest network that the design fits."""
    spans = [
        len(getattr(design, name)) for name, spec in design.quantities().items() if spec.per_layer
    ]
    crossbars = max(spans) if max(spans) > 1 else layer + (1 if last else 2)
    return Scope(smallest_run(design, crossbars), layer)


def _drawing(
    title: str, make: Callable[[], Synapse | Amplifier], meanings: Mapping[str, str]
) -> str:
    try:
        part = make()
        placed, others = _elements(part)
        words = _words(part, meanings)
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


def _elements(part: Synapse | Amplifier) -> tuple[list[_Placed], list[str]]:
    """The transistors of a part with their nodes, and its other elements as text."""
    devices = dict(part.transistors())
    placed, others = [], []
    for element in part.subcircuit().elements:
        name = str(element.name)[1:]  # its first letter says what it is
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


def _words(part: Synapse | Amplifier, meanings: Mapping[str, str]) -> list[str]:
    """Lines that say what the part is, which pins it has and which sizes."""
    said = (inspect.getdoc(type(part)) or "").partition("\n")[0]
    pins = ", ".join(
        f"{pin} ({meanings[pin]})".replace(" ", _NO_BREAK) if pin in meanings else str(pin)
        for pin in part.pins
    )
    lines = [*_wrapped(said), *_wrapped(f"pins: {pins}")]
    design = part.scope.run.design
    for name in part.sizes if isinstance(part, Amplifier) else ():
        value: Any = getattr(design, name)
        spec = design.quantities()[name]
        if spec.per_layer:
            value = design.layer(part.scope.layer, name)
        lines += _wrapped(f"{name} = {spec.show(value, digits=_DIGITS)}")
    return lines


def _draw_transistor(sheet: Sheet, x: float, y: float, placed: _Placed) -> None:
    pfet = placed.device.geometry.device.startswith("pfet")
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
