# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of nodes, and small expressions, that several parts of a netlist use."""

from __future__ import annotations


def value(number: float) -> str:
    """A number as SPICE text: 12 significant digits, so that equal designs give equal text."""
    return f"{number:.12g}"


def gate(control: str, window: tuple[float, float]) -> str:
    """Expression that rises from 0 to 1 while the voltage of `control` goes from one end of the window to the other."""
    low, high = window
    return f"min(max((v({control})-{value(low)})*{value(1 / (high - low))},0),1)"


DEEP_WELL = "deep"
"""Node of all deep n-wells."""

# Layer 0 is the input; crossbar l feeds layer l + 1.


def rail_p(layer: int, index: int) -> str:
    """Positive rail of a unit: an input, or an amplifier's non-inverting output."""
    return f"p{layer}_{index}"


def rail_n(layer: int, index: int) -> str:
    """Negative rail of a unit."""
    return f"n{layer}_{index}"


def sense(rail: str) -> str:
    """Name of the 0 V source that measures the current an amplifier delivers to a rail."""
    return f"vo{rail}"


def line(layer: int, index: int) -> str:
    """Output line of a crossbar, the input node of the amplifier behind it (layer from 1)."""
    return f"z{layer}_{index}"


def memory(layer: int, input_index: int, output_index: int) -> str:
    """Name of a synapse's storage node.

    **Arguments:**

    - `layer`: the crossbar, from 0 at the input.
    - `input_index`, `output_index`: the units that the synapse connects, each from 0 in its layer.
    """
    return f"w{layer}_{input_index}_{output_index}"


def row_line(layer: int, row: int) -> str:
    """Row select of crossbar `layer`."""
    return f"r{layer}_{row}"


def word_line(layer: int, row: int) -> str:
    """Driver of a row of crossbar `layer`, where rows have levels of their own."""
    return f"d{layer}_{row}"


def bit_line(layer: int, column: int) -> str:
    """Write bitline of crossbar `layer`."""
    return f"b{layer}_{column}"
