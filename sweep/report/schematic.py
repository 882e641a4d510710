# SPDX-License-Identifier: GPL-3.0-or-later
"""Schematics of a design's synapse and amplifier as SVG, with the sizes of one layer.

    Path("synapse.svg").write_text(synapse_schematic(Design(), 0))

Lines have the colour of the text around them (`currentColor`), so one drawing serves any paper.
"""

from __future__ import annotations

import math

from circuits import Design
from circuits.design import LINEAR
from sweep.report._netlist_drawing import amplifier_netlist, synapse_netlist
from sweep.report._sheet import Sheet

__all__ = ["amplifier_schematic", "synapse_schematic"]

_DIGITS = 3
_DRAWN = ("cmos", "dram")


def synapse_schematic(design: Design, layer: int) -> str:
    """The synapse of a layer: read transistors, storage capacitor, write switch, with sizes.

    One of an installed package is drawn from its netlist.
    """
    if design.synapse not in _DRAWN:
        return synapse_netlist(design, layer)
    pfet, nfet = design.transistors.pfet, design.transistors.nfet
    copies = int(design.layer(layer, "multiplicity"))
    store = copies * float(design.layer(layer, "storage_capacitance"))
    sheet = Sheet(470, 300, f"Synapse of layer {layer}: {design.synapse}")
    sheet.pin(24, 150)
    sheet.text(12, 138, "WBL")
    _write_switch(sheet, design)
    sheet.path((122, 150), (262, 150))
    sheet.dot(150, 150)
    sheet.text(156, 141, "MEM (weight)")
    sheet.capacitor(150, 150)
    sheet.text(168, 178, _shown(design, "storage_capacitance", store))
    sheet.path((290, 150), (410, 150))
    sheet.pin(414, 150)
    sheet.text(424, 154, "line")
    if design.synapse == "cmos":
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
        sheet.text(304, 58, _transistor(design, layer, pfet, "p", copies))
        sheet.text(304, 218, _transistor(design, layer, nfet, "n", copies))
    else:
        sheet.fet(290, 150, pfet=False)
        sheet.path((290, 180), (290, 196), (340, 196), (340, 150))
        sheet.path((290, 120), (290, 60))
        sheet.pin(290, 57)
        sheet.text(302, 61, "+V in")
        sheet.text(304, 92, _transistor(design, layer, nfet, "n", copies))
    return sheet.svg()


def _write_switch(sheet: Sheet, design: Design) -> None:
    sheet.path((28, 150), (66, 150))
    if design.write_switch == "nfet":
        sheet.path((66, 150), (66, 142), (84, 142))
        sheet.path((66, 142), (108, 142))
        sheet.path((84, 132), (100, 132))
        sheet.path((92, 132), (92, 104))
        sheet.path((108, 142), (108, 150), (122, 150))
        size = f"{_shown(design, 'write_width', design.write_width)} / "
        words = f"WWL\n{design.process.write_device}\n{size}{_shown(design, 'write_length', design.write_length)}"
    else:
        sheet.dot(66, 150)
        sheet.path((66, 150), (104, 130))
        sheet.dot(108, 150)
        sheet.path((108, 150), (122, 150))
        sheet.path((88, 136), (88, 104))
        on = _shown(design, "switch_conductance", design.switch_conductance)
        words = f"WWL\nideal switch\n{on}"
    sheet.pin(90 if design.write_switch == "ideal" else 92, 100)
    sheet.text(28, 60, words)


def amplifier_schematic(design: Design, layer: int, *, last: bool) -> str:
    """The amplifier behind a layer: gains, output resistance, clamps, load of the last one.

    One of an installed package is drawn from its netlist, with its sizes.
    """
    if design.amplifier != LINEAR:
        return amplifier_netlist(design, layer, last=last)
    number = {
        name: float(design.layer(layer, name))
        for name in (
            "gain_forward",
            "gain_backward",
            "output_resistance",
            "clamp_low",
            "clamp_high",
        )
    }
    sheet = Sheet(470, 300, f"Amplifier behind layer {layer}")
    sheet.pin(24, 130)
    sheet.text(12, 118, "line v")
    sheet.path((28, 130), (170, 130))
    sheet.path((170, 80), (170, 180), (258, 130), (170, 80))
    sheet.text(178, 134, f"A = {number['gain_forward']:.{_DIGITS}g}")
    resistance = _shown(design, "output_resistance", number["output_resistance"])
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
    sheet.text(92, 214, f"B {back}, B = {number['gain_backward']:.{_DIGITS}g}")
    if last:
        load = _shown(design, "load_conductance", design.load_conductance)
        nudge = _shown(design, "nudge_conductance", design.nudge_conductance)
        sheet.text(200, 262, f"load {load} to ground;\nnudge {nudge} to the target")
    else:
        _clamps(sheet, number)
    poles = design.layer(layer, "amplifier_bandwidth")
    if math.isfinite(poles):
        sheet.text(172, 72, f"pole {_shown(design, 'amplifier_bandwidth', poles)}")
    return sheet.svg()


def _clamps(sheet: Sheet, number: dict[str, float]) -> None:
    for x, name, up in ((350, "clamp_low", True), (384, "clamp_high", False)):
        level = number[name]
        if math.isfinite(level):
            sheet.dot(x, 150)
            sheet.diode(x, 150, up=up)
            sheet.pin(x, 193)
            sheet.text(x, 214, f"{'' if up else '  '}{level:.{_DIGITS}g} V", anchor="middle")
    if math.isfinite(number["clamp_low"]) or math.isfinite(number["clamp_high"]):
        sheet.text(300, 240, "clamps, on both outputs")


def _transistor(design: Design, layer: int, device: str, side: str, copies: int) -> str:
    width, length = (
        _shown(design, name, float(design.layer(layer, name)))
        for name in (f"width_{side}", f"length_{side}")
    )
    return f"{device}\n{width} / {length}, M = {copies}"


def _shown(design: Design, field: str, value: float) -> str:
    return type(design).quantities()[field].show(value, digits=_DIGITS)
