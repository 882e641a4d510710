# SPDX-License-Identifier: GPL-3.0-or-later
"""The baseline: a straightforward netlist of the training circuit, like that of the original circuit.

It gives the same result as this program's netlist, but has 0 ohm resistors between parts, two reference
switches in each synapse, weights that are programmed through the bitlines before the first point, a full
library section, separate edges for every control (each phase is active in its second half), and prints every
node voltage. It is for Xyce only: ngspice does not finish it within minutes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from circuits import Run

HIGH = 1.95
STEP = 2e-6


@dataclass
class _Pwl:
    times: list[float] = field(default_factory=lambda: [0.0])
    values: list[float] = field(default_factory=lambda: [0.0])

    def pulse(self, start: float, end: float, level: float, edge: float) -> None:
        self.times += [start, start + edge, end, end + edge]
        self.values += [0.0, level, level, 0.0]

    def __str__(self) -> str:
        corners = zip(self.times, self.values, strict=True)
        return "PWL(" + " ".join(f"{t:.9g} {v:.9g}" for t, v in corners) + ")"


class StraightforwardNetlist:
    """Netlist of a run with two crossbars, without its library line.

    `text` is the netlist, `stop` the simulated time, s, and `first` the time when the first point begins, s.
    """

    def __init__(self, run: Run) -> None:
        self.run, self.design = run, run.design
        self.lines: list[str] = []
        self.period, self.edge, self.offset = 40 * STEP, 2 * STEP, 4 * STEP
        self.width = (self.period - 2 * self.edge) / 2
        self.max_rows = max(min(shape) for shape in run.shapes)
        self.first = (self.max_rows + 2) * self.period
        self._controls()
        for layer in range(run.depth):
            self._crossbar(layer)
            self._amplifiers(layer)
        self._loss()
        self.text = "\n".join(self.lines)

    def _add(self, *lines: str) -> None:
        self.lines += lines

    def _controls(self) -> None:
        self._add(
            ".model switch VSWITCH(VON=0.5 VOFF=0.4 ROFF=1e14 RON=1e-4)", ".model clamp D",
            f"Vset set 0 PWL(0 {HIGH} {self.first - self.period:.9g} {HIGH} "
            f"{self.first - self.period + self.edge:.9g} 0)",
        )  # fmt: skip
        waves = {n: _Pwl() for n in ("free", "nudged", "nudged_outer", "nudged_early", "update")}
        stimulus = self.run.stimulus
        inputs = [_Pwl() for _ in range(self.run.layers[0])]
        targets = [_Pwl() for _ in range(self.run.layers[-1])]
        self.rows = [[_Pwl() for _ in range(min(shape))] for shape in self.run.shapes]
        for point in range(len(stimulus)):
            begin = [self.first + (3 * point + k) * self.period + self.width for k in range(3)]
            end = [b + self.edge + self.width for b in begin]
            off = self.offset
            waves["free"].pulse(begin[0], end[0], HIGH, self.edge)
            waves["nudged"].pulse(begin[1], end[1], HIGH, self.edge)
            waves["nudged_outer"].pulse(begin[1] - off, end[1] + off, HIGH, self.edge)
            waves["nudged_early"].pulse(begin[1] - off, end[1] - off, HIGH, self.edge)
            waves["update"].pulse(begin[2], end[2], HIGH, self.edge)
            for wave, value in zip(inputs, stimulus.inputs[point], strict=True):
                wave.pulse(begin[0] - off, end[2] + off, value, self.edge)
            for wave, value in zip(targets, stimulus.targets[point], strict=True):
                wave.pulse(begin[0] - off, end[2] + off, value, self.edge)
            for layer, row in enumerate(stimulus.rows[point]):
                for k, shift in ((0, off), (1, off), (2, -off)):
                    wave = self.rows[layer][row]
                    if wave.times[-1] > begin[k] - shift:  # Windows of equal rows abut.
                        continue
                    wave.pulse(begin[k] - shift, end[k] + shift, HIGH, self.edge)
        self.stop = self.first + 3 * len(stimulus) * self.period + self.period / 2
        self._add(*(f"V{name} {name} 0 {wave}" for name, wave in waves.items()))
        for index, wave in enumerate(inputs):
            negative = f"{wave}".replace("PWL(", "").rstrip(")").split()
            flipped = " ".join(
                text if k % 2 == 0 else f"{-float(text):.9g}" for k, text in enumerate(negative)
            )
            self._add(
                f"Vxp{index} xp{index} 0 {wave}", f"Vxn{index} xn{index} 0 PWL({flipped})",
                f"Rxp{index} p0_{index} xp{index} 0", f"Rxn{index} n0_{index} xn{index} 0",
            )  # fmt: skip
        self._add(*(f"Vy{index} y{index} 0 {wave}" for index, wave in enumerate(targets)))

    def _crossbar(self, layer: int) -> None:
        inputs, outputs = self.run.shapes[layer]
        transposed = inputs > outputs
        synapse, scale = self.design.synapse(layer), self.design.value("update.scale", layer)
        copies, storage = synapse.multiplicity, synapse.capacitance
        hold = self.design.sampling.capacitance
        for row, wave in enumerate(self.rows[layer]):
            start = self.period * (row + 1)
            programmed = _Pwl()
            programmed.pulse(start, start + self.edge + self.width, HIGH, self.edge)
            programmed.times += wave.times[1:]
            programmed.values += wave.values[1:]
            self._add(f"Vwl{layer}_{row} wl{layer}_{row} 0 {programmed}")
        for i in range(inputs):
            for j in range(outputs):
                row, column = (j, i) if transposed else (i, j)
                name, wordline = f"{layer}_{i}_{j}", f"wl{layer}_{row}"
                self._add(
                    f"Swr{name} w{name} b{layer}_{column} {wordline} 0 switch",
                    f"Cw{name} w{name} 0 {storage:.9g}",
                    f"Xp{name} d{name} w{name} dd{name} dd{name} sky130_fd_pr__pfet_01v8 "
                    f"l=0.15 w=1.302 m={copies}",
                    f"Xn{name} d{name} w{name} ss{name} ss{name} sky130_fd_pr__nfet_01v8 "
                    f"l=0.15 w=0.42 m={copies}",
                    f"Rd{name} d{name} z{layer + 1}_{j} 0",
                    f"Rdd{name} p{layer}_{i} dd{name} 0", f"Rss{name} n{layer}_{i} ss{name} 0",
                    f"Rref{name} ref{name} z{layer + 1}_{j} 0", f"Rrai{name} rai{name} dd{name} 0",
                    f"Sref{name} col{layer}_{column} ref{name} {wordline} 0 switch",
                    f"Srai{name} rail{layer}_{column} rai{name} {wordline} 0 switch",
                )  # fmt: skip
        for column in range(max(inputs, outputs)):
            n = f"{layer}_{column}"
            programmed = _Pwl()
            for row in range(min(inputs, outputs)):
                weight = self.run.weights[layer][(column, row) if transposed else (row, column)]
                start = self.period * (row + 1)
                programmed.pulse(
                    start - self.offset, start + self.offset + self.edge + self.width,
                    float(weight), self.edge,
                )  # fmt: skip
            self._add(
                f"Vset{n} set{n} 0 {programmed}", f"Sset{n} set{n} b{n} set 0 switch",
                f"Bfree{n} vfree{n} 0 V={{V(col{n})}}",
                f"Sfree{n} vfree{n} held{n} free 0 switch", f"Cfree{n} held{n} 0 {hold:.9g}",
                f"Btar{n} tar{n} 0 V={{(V(b{n})-{scale}*(V(col{n})-V(held{n}))*V(rail{n}))"
                f"*V(nudged_outer)/{HIGH}}}",
                f"Snud{n} tar{n} store{n} nudged_early 0 switch", f"Cst{n} store{n} 0 {hold:.9g}",
                f"Bup{n} vst{n} 0 V={{V(store{n})}}", f"Sup{n} b{n} vst{n} update 0 switch",
            )  # fmt: skip
        self._add(*(f"Sg{layer}_{j} z{layer + 1}_{j} 0 set 0 switch" for j in range(outputs)))

    def _amplifiers(self, layer: int) -> None:
        forward = self.design.value("amplifier.gain_forward", layer)
        backward = self.design.value("amplifier.gain_backward", layer)
        last = layer == self.run.depth - 1
        for unit in range(self.run.layers[layer + 1]):
            n = f"{layer + 1}_{unit}"
            self._add(
                f"Rp{n} p{n} pr{n} 10", f"Rn{n} n{n} nr{n} 10",
                f"Bp{n} pr{n} 0 V={{{forward}*V(z{n})}}",
                f"Bn{n} nr{n} 0 V={{-{forward}*V(z{n})}}",
                f"Bb{n} z{n} 0 I={{-{backward}*(I(Bp{n})-I(Bn{n}))}}",
            )  # fmt: skip
            if not last:
                self._add(
                    f"Vlo{n} lo{n} 0 0", f"Dlp{n} lo{n} pr{n} clamp", f"Dln{n} nr{n} lo{n} clamp"
                )

    def _loss(self) -> None:
        for index in range(self.run.layers[-1]):
            output = f"p{self.run.depth}_{index}"
            self._add(
                f"Snu{index} {output} nu{index} nudged_outer 0 switch",
                f"Rnu{index} nu{index} ny{index} {1 / self.design.nudge.conductance:.9g}",
                f"Bnu{index} ny{index} 0 V={{V(y{index})}}",
                f"Rgnd{index} {output} 0 {1 / self.design.load.conductance:.9g}",
            )
