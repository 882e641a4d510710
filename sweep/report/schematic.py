# SPDX-License-Identifier: GPL-3.0-or-later
"""Schematics of a design's synapse and amplifier as SVG, with the sizes of one layer.

    Path("synapse.svg").write_text(synapse_schematic(Design(), 0))

Lines have the colour of the text around them (`currentColor`), so one drawing serves any paper.
"""

from __future__ import annotations

import math

from circuits import Design, Quantity
from circuits.parts import (
    CircuitPart,
    ClampedAmplifier,
    CmosSynapse,
    DramSynapse,
    LinearAmplifier,
    NfetWriteSwitch,
    Part,
)
from sweep.report._netlist_drawing import amplifier_netlist, synapse_netlist
from sweep.report._sheet import Sheet

__all__ = ["amplifier_schematic", "synapse_schematic"]

_DIGITS = 3
_METRE = Quantity(unit="m")


def synapse_schematic(design: Design, layer: int) -> str:
    """The synapse of a layer: read transistors, storage capacitor, write switch, with sizes.

    One of an installed package is drawn from its netlist.
    """
    part = design.synapse(layer)
    if type(part) not in (CmosSynapse, DramSynapse):
        return synapse_netlist(design, layer)
    sheet = Sheet(470, 300, f"Synapse of layer {layer}: {part.kind}")
    sheet.pin(24, 150)
    sheet.text(12, 138, "WBL")
    _write_switch(sheet, design)
    sheet.path((122, 150), (262, 150))
    sheet.dot(150, 150)
    sheet.text(156, 141, "MEM (weight)")
    sheet.capacitor(150, 150)
    sheet.text(168, 178, _shown(part, "storage_capacitance", part.capacitance))
    sheet.path((290, 150), (410, 150))
    sheet.pin(414, 150)
    sheet.text(424, 154, "line")
    if isinstance(part, CmosSynapse):
        sheet.dot(262, 150)
        sheet.path((262, 70), (262, 230))
        for y, pfet_here in ((70, True), (230, False)):
            sheet.fet(290, y, pfet=pfet_here)
        sheet.path((290, 100), (290, 200))
        sheet.dot(290, 150)
        for y, rail in ((40, "+V in"), (260, "-V in")):
            sheet.path((290, y), (290, y - 16 if y < 100 else y + 16))  # noqa: PLR2004
            sheet.pin(290, y - 19 if y < 100 else y + 19)  # noqa: PLR2004
            sheet.text(302, y - 15 if y < 100 else y + 24, rail)  # noqa: PLR2004
        sheet.text(304, 58, _transistor(part, "p"))
        sheet.text(304, 218, _transistor(part, "n"))
    else:
        sheet.fet(290, 150, pfet=False)
        sheet.path((290, 180), (290, 196), (340, 196), (340, 150))
        sheet.path((290, 120), (290, 60))
        sheet.pin(290, 57)
        sheet.text(302, 61, "+V in")
        sheet.text(304, 92, _transistor(part, "n"))
    return sheet.svg()


def _write_switch(sheet: Sheet, design: Design) -> None:
    sheet.path((28, 150), (66, 150))
    switch = design.write_switch
    if isinstance(switch, NfetWriteSwitch):
        sheet.path((66, 150), (66, 142), (84, 142))
        sheet.path((66, 142), (108, 142))
        sheet.path((84, 132), (100, 132))
        sheet.path((92, 132), (92, 104))
        sheet.path((108, 142), (108, 150), (122, 150))
        size = (
            f"{_shown(switch, 'width', switch.width)} / {_shown(switch, 'length', switch.length)}"
        )
        words = f"WWL\n{switch.device}\n{size}"
    else:
        sheet.dot(66, 150)
        sheet.path((66, 150), (104, 130))
        sheet.dot(108, 150)
        sheet.path((108, 150), (122, 150))
        sheet.path((88, 136), (88, 104))
        on = _shown(design.sampling, "conductance", design.sampling.conductance)
        words = f"WWL\n{switch.kind} switch\n{on}"
    sheet.pin(92 if isinstance(switch, NfetWriteSwitch) else 90, 100)
    sheet.text(28, 60, words)


def amplifier_schematic(design: Design, layer: int, *, last: bool) -> str:
    """The amplifier behind a layer: gains, output resistance, clamps, load of the last one.

    One of an installed package is drawn from its netlist, with its sizes.
    """
    part = design.amplifier(layer)
    if type(part) not in (LinearAmplifier, ClampedAmplifier):
        return amplifier_netlist(design, layer, last=last)
    assert isinstance(part, LinearAmplifier)
    sheet = Sheet(470, 300, f"Amplifier behind layer {layer}")
    sheet.pin(24, 130)
    sheet.text(12, 118, "line v")
    sheet.path((28, 130), (170, 130))
    sheet.path((170, 80), (170, 180), (258, 130), (170, 80))
    sheet.text(178, 134, f"A = {part.gain_forward:.{_DIGITS}g}")
    resistance = _shown(part, "output_resistance", part.output_resistance)
    sides = [(110, "+A v", "I p")] if last else [(110, "+A v", "I p"), (150, "-A v", "I n")]
    for y, name, current in sides:
        start = 258 - abs(y - 130) * 1.76 + (0 if y < 130 else 6)  # noqa: PLR2004
        sheet.path((start, y), (290, y))
        if y > 130:  # noqa: PLR2004
            sheet.circle(start - 3, y, 3)
        sheet.resistor(290, y)
        sheet.path((336, y), (400, y))
        sheet.pin(403, y)
        sheet.text(412, y + 4, f"{name}, {current}")
    sheet.text(313, 98, resistance, anchor="middle")
    sheet.dot(70, 130)
    sheet.path((70, 130), (70, 168))
    sheet.circle(70, 184, 16)
    sheet.path((70, 175), (70, 193))
    sheet.path((66, 188), (70, 193), (74, 188))
    sheet.path((70, 200), (70, 216))
    sheet.ground(70, 216)
    back = "I p" if last else "(I p - I n)"
    sheet.text(92, 214, f"B {back}, B = {part.gain_backward:.{_DIGITS}g}")
    if last:
        load = _shown(design.load, "conductance", design.load.conductance)
        nudge = _shown(design.nudge, "conductance", design.nudge.conductance)
        sheet.text(200, 262, f"load {load} to ground;\nnudge {nudge} to the target")
    elif isinstance(part, ClampedAmplifier):
        _clamps(sheet, part)
    if math.isfinite(part.bandwidth):
        sheet.text(172, 72, f"pole {_shown(part, 'bandwidth', part.bandwidth)}")
    return sheet.svg()


def _clamps(sheet: Sheet, part: ClampedAmplifier) -> None:
    levels = part.clamp_low, part.clamp_high
    for x, level, up in zip((350, 384), levels, (True, False), strict=True):
        if math.isfinite(level):
            sheet.dot(x, 150)
            sheet.diode(x, 150, up=up)
            sheet.pin(x, 193)
            sheet.text(x, 214, f"{'' if up else '  '}{level:.{_DIGITS}g} V", anchor="middle")
    if any(map(math.isfinite, levels)):
        sheet.text(300, 240, "clamps, on both outputs")


def _transistor(part: CircuitPart, name: str) -> str:
    device = part.transistors()[name]
    shape = device.geometry
    sizes = " / ".join(_METRE.show(size, digits=_DIGITS) for size in (shape.width, shape.length))
    return f"{shape.device}\n{sizes}, M = {device.multiplicity}"


def _shown(part: Part, field: str, value: float) -> str:
    return part.quantities()[field].show(value, digits=_DIGITS)
