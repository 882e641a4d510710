# SPDX-License-Identifier: GPL-3.0-or-later
"""`Place`: the crossbar, network and corner that a part is built for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from circuits.corner import Corner
from circuits.network import stored_by_output

if TYPE_CHECKING:
    from circuits.design import Design
    from circuits.parts.amplifiers import Amplifier
    from circuits.parts.synapses import Synapse
    from circuits.parts.updates import Update


@dataclass(frozen=True)
class Place:
    """One crossbar of a network, with the amplifiers behind it.

    **Attributes:**

    - `design`: all parts of the network.
    - `layers`: sizes, inputs first.
    - `layer`: the crossbar, 0 at the input side.
    - `corner`: process corner, temperature, mismatch sample.
    - `noisy`: True in a run with noise of readings and writings.
    """

    design: Design
    layers: tuple[int, ...]
    layer: int
    corner: Corner = field(default_factory=Corner)
    noisy: bool = False

    @property
    def last(self) -> bool:
        """True for the output layer."""
        return self.layer == len(self.layers) - 2

    @property
    def shape(self) -> tuple[int, int]:
        """Inputs and outputs of the crossbar."""
        return self.layers[self.layer], self.layers[self.layer + 1]

    @property
    def transposed(self) -> bool:
        """True if the matrix is stored with a row for each output instead of each input."""
        return stored_by_output(*self.shape)

    @property
    def rows(self) -> int:
        """Rows of the stored matrix."""
        return min(self.shape)

    @property
    def columns(self) -> int:
        """Columns (bitlines) of the stored matrix."""
        return max(self.shape)

    def row(self, input_index: int, output_index: int) -> int:
        """The row in which the synapse from an input to an output is stored."""
        return output_index if self.transposed else input_index

    def column(self, input_index: int, output_index: int) -> int:
        """The column in which the synapse from an input to an output is stored."""
        return input_index if self.transposed else output_index

    @property
    def synapse(self) -> Synapse:
        """The synapse of this crossbar."""
        return self.design.synapse(self.layer)

    @property
    def amplifier(self) -> Amplifier:
        """The amplifier behind this crossbar."""
        return self.design.amplifier(self.layer)

    @property
    def update(self) -> Update:
        """The update circuit of this crossbar's bitlines."""
        return self.design.update(self.layer)
