# SPDX-License-Identifier: GPL-3.0-or-later
"""What all circuit parts share: the scope they are built in, and small expressions."""

from __future__ import annotations

from dataclasses import dataclass

from circuits.run import Run, stored_by_output
from pdk import Geometry


def value(number: float) -> str:
    """A number as SPICE text: 12 significant digits, so that equal designs give equal text."""
    return f"{number:.12g}"


def gate(control: str, window: tuple[float, float]) -> str:
    """Expression that rises from 0 to 1 while the node `control` goes through the window."""
    low, high = window
    return f"min(max((v({control})-{value(low)})*{value(1 / (high - low))},0),1)"


@dataclass(frozen=True)
class Scope:
    """The run a part is built for, and its place: crossbar `layer`, 0 at the input side."""

    run: Run
    layer: int

    @property
    def last(self) -> bool:
        """Whether this is the output layer."""
        return self.layer == self.run.depth - 1

    @property
    def transposed(self) -> bool:
        """Whether the matrix is stored with a row for each output instead of each input."""
        return stored_by_output(*self.run.shapes[self.layer])

    @property
    def rows(self) -> int:
        """Rows of the stored matrix."""
        return min(self.run.shapes[self.layer])

    @property
    def columns(self) -> int:
        """Columns (bitlines) of the stored matrix."""
        return max(self.run.shapes[self.layer])

    def row(self, input_index: int, output_index: int) -> int:
        """The row in which the synapse from an input to an output is stored."""
        return output_index if self.transposed else input_index

    def column(self, input_index: int, output_index: int) -> int:
        """The column in which the synapse from an input to an output is stored."""
        return input_index if self.transposed else output_index

    def number(self, name: str) -> float:
        """The design's value for this layer."""
        design = self.run.design
        if design.quantities()[name].per_layer:
            return float(design.layer(self.layer, name))
        return float(getattr(design, name))


DEEP_WELL = "deep"
"""Node of all deep n-wells."""

# Node names. Layer 0 is the input; layer l + 1 holds what crossbar l feeds.


def rail_p(layer: int, index: int) -> str:
    """Positive rail of a unit: an input, or an amplifier's non-inverting output."""
    return f"p{layer}_{index}"


def rail_n(layer: int, index: int) -> str:
    """Negative rail of a unit."""
    return f"n{layer}_{index}"


def sense(rail: str) -> str:
    """The source of 0 V through which an amplifier that is no ideal source feeds a rail."""
    return f"vo{rail}"


def line(layer: int, index: int) -> str:
    """Output line of a crossbar, the input node of the amplifier behind it (layer from 1)."""
    return f"z{layer}_{index}"


def memory(layer: int, input_index: int, output_index: int) -> str:
    """Storage node of a synapse of crossbar `layer`."""
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


@dataclass(frozen=True)
class Transistor:
    """A transistor of a part: the device's shape and how many of them are in parallel."""

    geometry: Geometry
    multiplicity: int
