# SPDX-License-Identifier: GPL-3.0-or-later
"""`Deck`: a simulation in terms that ngspice and Xyce share."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from circuits._errors import CircuitError
from circuits.simulators._accuracy import Accuracy
from circuits.simulators._analysis import Analysis, Transient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdk import Library

_NODE = r"[^\s.(){}=,:'\"]+(?:\.[^\s.(){}=,:'\"]+)*"
_SIGNAL = re.compile(rf"(?P<kind>[vi])\((?P<name>{_NODE})\)")
_OWN_COMMANDS = frozenset(
    (
        ".tran",
        ".dc",
        ".op",
        ".ac",
        ".noise",
        ".print",
        ".save",
        ".probe",
        ".plot",
        ".ic",
        ".nodeset",
        ".options",
        ".option",
        ".temp",
        ".end",
        ".control",
        ".step",
    )
)
_ABSOLUTE_ZERO = -273.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Deck:
    """One simulation: a circuit, what to do with it, and what to keep.

    - `title`: one line, for people.
    - `circuit`: elements, subcircuits and `.model`, `.param`, `.include`, `.global` cards. The same
      text goes to ngspice and to Xyce, so it keeps to what both read (below).
    - `analysis`: `Transient`, `DCSweep` or `OperatingPoint`.
    - `signals`: what is saved, lower case: `v(node)` and `i(vsource)`, the current through a
      voltage source from + to -. Inside subcircuit instances: `v(x1.x2.node)`, `i(x1.vsource)`.
    - `library`: the compiled models to `.include`, or None.
    - `initial`: node (as in `signals`, without `v()`) to volts; held while the operating point is
      found, let go at t = 0. Only a `Transient` has a use for it.
    - `temperature`: degrees Celsius.
    - `accuracy`: solver tolerances.

    The language both read alike (ngspice 39 in HSPICE mode, Xyce 7.10):

    - R, C, L, V, I (DC, PULSE, PWL, SIN), D, M, X; linear controlled sources `E`, `G` with four
      nodes and a gain, `F`, `H` with a voltage source.
    - behavioural sources `B1 a b i={expression}` and `B1 a b v={expression}` with `v(node)`,
      `v(a,b)`, `i(vsource)`, `time`, `.param` names, `+ - * / **`, `abs sqrt exp ln sin cos tan
      sinh cosh tanh atan min max pwr`, comparisons, `&&`, and `(condition) ? a : b`. Current flows
      from a through the source to b. In ngspice `B i={}` adds no equation, `B v={}` one, and
      `G value={}` two, so prefer the first.
    - `{expression}` of `.param` names as a value; numbers with the suffixes f p n u m k meg g.
    - not alike, so not to be used: `log` (natural in ngspice, decimal in Xyce; use `ln`), `if()`
      (Xyce only), switches `S` (no model type in common, abrupt in ngspice; use
      `B1 a b i={v(a,b)*conductance}`), `ic=` on a capacitor (Xyce applies it, ngspice only without
      an operating point; use `initial`), `^` for a power, `$` comments, resistors of 0 ohm.

    **Raises:** `CircuitError` for a signal or an initial node with a wrong name, and for circuit text
    with an analysis, output or options of its own.
    """

    title: str
    circuit: str
    analysis: Analysis
    signals: tuple[str, ...]
    library: Library | None = None
    initial: Mapping[str, float] = field(default_factory=dict)
    temperature: float = 27.0
    accuracy: Accuracy = field(default_factory=Accuracy)

    def __post_init__(self) -> None:
        if not self.title.strip() or "\n" in self.title:
            msg = f"Deck.title is {self.title!r}; give one line that is not empty."
            raise CircuitError(msg)
        if not self.signals or len(set(self.signals)) != len(self.signals):
            msg = f"Deck.signals is {self.signals}; name at least one signal, each only once."
            raise CircuitError(msg)
        for signal in self.signals:
            split_signal(signal)
        if self.initial and not isinstance(self.analysis, Transient):
            msg = "Deck.initial holds node voltages at t = 0, but the analysis is no Transient."
            raise CircuitError(msg)
        for node, value in self.initial.items():
            if not re.fullmatch(_NODE, node) or node != node.lower() or not math.isfinite(value):
                msg = (
                    f"Deck.initial sets {node!r} to {value} V; name a node in lower case, without "
                    "v(), and give a finite voltage."
                )
                raise CircuitError(msg)
        if not _ABSOLUTE_ZERO < self.temperature < math.inf:
            msg = f"Deck.temperature is {self.temperature}; give degrees Celsius above -273.15."
            raise CircuitError(msg)
        for line, text in enumerate(self.circuit.splitlines(), start=1):
            command = text.lstrip()[:12].lower().split(maxsplit=1)
            if command and command[0] in _OWN_COMMANDS:
                msg = (
                    f"Line {line} of the circuit is {text.strip()!r}; analysis, output, initial "
                    "conditions and options are fields of the Deck, not part of its circuit."
                )
                raise CircuitError(msg)


def split_signal(signal: str) -> tuple[str, str]:
    """Kind (`v` or `i`) of a signal, and the dotted path of its node or source.

    **Raises:** `CircuitError` for a name that is no signal.
    """
    match = _SIGNAL.fullmatch(signal)
    if match is None or signal != signal.lower():
        msg = (
            f"{signal!r} is no signal; write v(node) or i(vsource) in lower case, with dots "
            "between the levels: v(x1.node)."
        )
        raise CircuitError(msg)
    kind, name = match["kind"], match["name"]
    if kind == "i" and not name.rpartition(".")[2].startswith("v"):
        msg = f"{signal!r} asks for the current of {name}; only voltage sources have one (i(v1))."
        raise CircuitError(msg)
    return kind, name
