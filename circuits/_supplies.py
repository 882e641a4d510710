# SPDX-License-Identifier: GPL-3.0-or-later
"""The sources of a netlist that deliver power, found in the netlist itself.

A voltage or current source delivers power where something that carries current is connected to it.
One that only appears in the expressions of controlled sources, such as a control waveform, drives
nothing. Controlled and behavioural sources are ideal elements: what they deliver comes out of no
supply of the circuit, so it is not counted here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

GROUND = "0"

_CONTROLLED = "befgh"
_TERMINALS = {"m": 4, "q": 3, "j": 3, "z": 3}
"""How many nodes of an element carry current, by its first letter; two of all others but `x`."""

_EXPONENTS = {"t": 12, "g": 9, "meg": 6, "k": 3, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15}
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(meg|[tgkmunpf])?[a-z]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """A source of the circuit.

    **Attributes:**

    - `name`: its path, as `v1` or `xa1_0.vdd`.
    - `plus`, `minus`: its nodes, by their paths.
    - `current`: of a current source, from `plus` through it to `minus`, A; None of a voltage source,
      whose current a simulation has to give.
    """

    name: str
    plus: str
    minus: str
    current: float | None = None

    @property
    def signals(self) -> tuple[str, ...]:
        """Signals of a simulation from which its power is computed."""
        nodes = tuple(f"v({node})" for node in (self.plus, self.minus) if node != GROUND)
        return nodes if self.current is not None else (*nodes, f"i({self.name})")

    def inside(self, instance: str, pins: dict[str, str]) -> Supply:
        """The source as it is in an instance of its subcircuit; `pins` maps pins to nodes outside."""

        def outer(node: str) -> str:
            return node if node == GROUND else pins.get(node, f"{instance}.{node}")

        name = f"{instance}.{self.name}"
        return replace(self, name=name, plus=outer(self.plus), minus=outer(self.minus))


@dataclass(slots=True)
class _Block:
    """The elements of the whole circuit, or of a subcircuit: each a list of words in lower case."""

    pins: tuple[str, ...] = ()
    elements: list[list[str]] = field(default_factory=list)


class Netlist:
    """A netlist, split into its elements and subcircuits.

    **Arguments:**

    - `text`: elements and subcircuits, as `TrainingCircuit.text`. Subcircuits that it does not
      define are the transistors of a library: all their nodes carry current.
    """

    def __init__(self, text: str) -> None:
        self._blocks: dict[str, _Block] = {"": _Block()}
        names = [""]
        for words in _lines(text):
            if words[0] == ".subckt":
                names.append(words[1])
                pins = tuple(word for word in words[2:] if "=" not in word and word != "params:")
                self._blocks[words[1]] = _Block(pins)
            elif words[0] == ".ends":
                names.pop()
            elif not words[0].startswith("."):
                self._blocks[names[-1]].elements.append(words)
        self._carrying: dict[str, frozenset[str]] = {}

    def supplies(self, *, ideal: Collection[str] = ()) -> list[Supply]:
        """The sources that deliver power; sources of 0 V, which measure a current, are left out.

        **Arguments:**

        - `ideal`: names of subcircuits whose sources do not count.
        """
        return list(self._supplies("", frozenset(name.lower() for name in ideal)))

    def supplies_of(self, subcircuit: str) -> list[Supply]:
        """The supplies of one subcircuit, by their paths within it."""
        return list(self._supplies(subcircuit.lower(), frozenset()))

    def is_driven(self, subcircuit: str, pin: str) -> bool:
        """Returns True if a controlled source drives a pin of a subcircuit, directly or through R, L or C."""
        block = self._blocks[subcircuit.lower()]
        reached, grown = {pin}, True
        while grown:
            passive = [e[1:3] for e in block.elements if e[0][0] in "rlc" and GROUND not in e[1:3]]
            more = {node for ends in passive if reached & set(ends) for node in ends} - reached
            reached, grown = reached | more, bool(more)
        for element in block.elements:
            if element[0][0] in _CONTROLLED and reached & set(element[1:3]):
                return True
            name = _called(element)
            if (
                name
                and name in self._blocks
                and any(
                    outer in reached and self.is_driven(name, inner)
                    for outer, inner in zip(element[1:], self._blocks[name].pins, strict=False)
                )
            ):
                return True
        return False

    def _supplies(self, name: str, ideal: frozenset[str]) -> Iterator[Supply]:
        block, loads = self._blocks[name], self._loads(name)
        for element in block.elements:
            kind, nodes = element[0][0], element[1:3]
            if kind == "x":
                called = _called(element)
                if called in self._blocks and called not in ideal:
                    pins = dict(zip(self._blocks[called].pins, element[1:], strict=False))
                    for supply in self._supplies(called, ideal):
                        yield supply.inside(element[0], pins)
            elif kind == "i":
                current = _constant(element[3:])
                if current is not None and current != 0.0:
                    yield Supply(name=element[0], plus=nodes[0], minus=nodes[1], current=current)
            elif kind == "v" and _constant(element[3:]) != 0.0:
                live = [node for node in nodes if node != GROUND]
                # A source has each of its own nodes once; on a pin, what is outside may load it.
                if any(loads[node] > 1 or node in block.pins for node in live):
                    yield Supply(name=element[0], plus=nodes[0], minus=nodes[1])

    def _loads(self, name: str) -> Counter[str]:
        """Number of terminals with current at each node of a block."""
        found: Counter[str] = Counter()
        for element in self._blocks[name].elements:
            found.update(node for node in self._terminals(element) if node != GROUND)
        return found

    def _terminals(self, element: Sequence[str]) -> Sequence[str]:
        """The nodes of an element that carry current."""
        kind = element[0][0]
        if kind != "x":
            return element[1 : 1 + _TERMINALS.get(kind, 2)]
        called, nodes = _called(element), _nodes_of(element)
        if called not in self._blocks:
            return nodes
        carrying = self._carried(called)
        pins = self._blocks[called].pins
        return [node for node, pin in zip(nodes, pins, strict=False) if pin in carrying]

    def _carried(self, name: str) -> frozenset[str]:
        """The pins of a subcircuit that carry current."""
        if name not in self._carrying:
            loads = self._loads(name)
            self._carrying[name] = frozenset(pin for pin in self._blocks[name].pins if loads[pin])
        return self._carrying[name]


def _lines(text: str) -> Iterator[list[str]]:
    """The cards of a netlist as words in lower case, continued lines joined."""
    joined = re.sub(r"\n\+", " ", text)
    for row in joined.splitlines():
        words = row.lower().split()
        if words and not words[0].startswith("*"):
            yield words


def _nodes_of(element: Sequence[str]) -> list[str]:
    """The nodes of an instance: all words before the subcircuit's name."""
    plain = [word for word in element[1:] if "=" not in word and word != "params:"]
    return plain[:-1]


def _called(element: Sequence[str]) -> str:
    """The subcircuit that an instance is one of; empty for other elements."""
    if element[0][0] != "x":
        return ""
    plain = [word for word in element[1:] if "=" not in word and word != "params:"]
    return plain[-1]


def _constant(words: Sequence[str]) -> float | None:
    """The value of a source that has only one; None of a waveform or an expression."""
    rest = [word for word in words if word != "dc"]
    match = _NUMBER.fullmatch(rest[0]) if len(rest) == 1 else None
    if match is None:
        return None if rest else 0.0
    return float(Decimal(match[1]).scaleb(_EXPONENTS.get(match[2] or "", 0)))
