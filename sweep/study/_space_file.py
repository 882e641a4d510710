# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a `Space` from the table `[space]`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from circuits import FLAT_NAMES, Quantity
from sweep.study._places import SpacePlace, find_place
from sweep.study._problems import Problems
from sweep.study._ranges import read_choices, read_range
from sweep.study._schema import RATIO, SpaceEntry
from sweep.study._tables import read_table
from sweep.study.space import Entry, Parameter, Rule, Space

_EXAMPLE = 'a table such as { low = 1, high = 8 }, { choices = [...] } or { tie = "..." }'

# What may stand together in an entry, by the key that decides its kind.
_RANGE = ("low", "high", "step", "log", "per_layer")
_TOGETHER = {
    "tie": ("tie",),
    "ratio_of": ("ratio_of", "value", *_RANGE),
    "value": ("ratio_of", "value"),
    "choices": ("choices", "per_layer"),
    "low": _RANGE,
}


def read_space(
    raw: Mapping[str, object],
    fixed: Mapping[str, object],
    depth: int,
    problems: Problems,
    *,
    designed: Iterable[str],
    known: Mapping[str, Quantity],
) -> Space:
    """Returns the space of a file; it is incomplete where problems were added.

    **Arguments:**

    - `raw`: the table `[space]` with full names.
    - `fixed`: the values of `[design]`, as from `read_design`.
    - `depth`: number of crossbars.
    - `problems`: where problems are added.
    - `designed`: all keys of `[design]`, those in error included.
    - `known`: the fields that designs of the study have.
    """
    reader = _SpaceReader(depth, frozenset(designed), problems, known, Space(depth, fixed))
    before = len(problems.found)
    for key, value in raw.items():
        reader.add(key, value)
    rules = reader.ordered()
    if not reader.parameters and len(problems.found) == before:
        problems.add(
            ("space",), raw or None, "at least one entry with a range or choices",
            "without one there is nothing to search",
        )  # fmt: skip
    return Space(depth, fixed, tuple(sorted(reader.parameters, key=reader.rank)), rules)


@dataclass
class _SpaceReader:
    """Reads entry by entry; collects parameters, rules and problems."""

    depth: int
    designed: frozenset[str]
    problems: Problems
    known: Mapping[str, Quantity]
    fixed: Space
    parameters: list[Parameter] = field(default_factory=list)
    rules: dict[Entry, Rule] = field(default_factory=dict)
    owners: dict[Entry, str] = field(default_factory=dict)

    def rank(self, parameter: Parameter) -> tuple[int, int]:
        """Returns the order of a parameter among the others: by field, then by layer."""
        fields = list(dict.fromkeys((*FLAT_NAMES.values(), *self.known)))
        order = fields.index(parameter.field)
        return order, -1 if parameter.layer is None else parameter.layer

    def add(self, key: str, raw: object) -> None:
        """Read one entry of the table."""
        where = ("space", key)
        if key == "technology":
            self.problems.add(
                where, raw, "a value in [design]", "all designs of a study are of one technology"
            )
            return
        place = find_place(key, self.depth, where, raw, self.problems, known=self.known)
        if not isinstance(raw, Mapping):
            self.problems.add(where, raw, _EXAMPLE)
            return
        entry = read_table(SpaceEntry, raw, where, self.problems)
        if place is None or not self._claim(place, key, raw):
            return
        if place.layer is not None and not self.fixed.has(place.field, place.layer):
            self.problems.add(where, raw, f"a quantity that the part of layer {place.layer} has")
            return
        if entry is None or not self._one_kind(raw, where):
            return
        if entry.per_layer and (not place.spec.per_layer or place.layer is not None):
            self.problems.add(
                (*where, "per_layer"), True, "false here",
                f"{place} is one value, not one for each layer",
            )  # fmt: skip
        elif entry.tie is not None:
            self._tie(place, entry.tie, (*where, "tie"))
        elif entry.ratio_of is not None:
            self._ratio(place, entry, where)
        else:
            self._value(place, entry, where)

    def ordered(self) -> tuple[Rule, ...]:
        """The rules, each behind the rule of its source; a circle is a problem."""
        done: dict[Entry, Rule] = {}
        circles: set[frozenset[str]] = set()
        for start in sorted(self.rules):
            chain: list[Entry] = []
            entry: Entry | None = start
            while entry in self.rules and entry not in done and entry not in chain:
                chain.append(entry)
                entry = self.rules[entry].source
            if entry in chain:
                names = [self.owners[link] for link in [*chain[chain.index(entry) :], entry]]
                if frozenset(names) not in circles:
                    self.problems.add(
                        ("space", names[0]), " -> ".join(names),
                        "a chain of ties and ratios that ends", "give one of them a range",
                    )  # fmt: skip
                circles.add(frozenset(names))
            done |= {link: self.rules[link] for link in reversed(chain)}
        return tuple(done.values())

    def _claim(self, place: SpacePlace, key: str, raw: object) -> bool:
        """Whether nothing else sets the same entries."""
        if place.layer is None and place.field in self.designed:
            self.problems.add(
                ("space", key), raw, "a field that [design] does not set",
                f"remove {place.field} from [design] or from [space]",
            )  # fmt: skip
            return False
        taken = [entry for entry in place.entries(self.depth) if entry in self.owners]
        if taken:
            self.problems.add(
                ("space", key), raw, "one entry for each value",
                f"{self.owners[taken[0]]!r} sets it already",
            )  # fmt: skip
            return False
        self.owners |= dict.fromkeys(place.entries(self.depth), key)
        return True

    def _one_kind(self, raw: Mapping[str, object], where: tuple[object, ...]) -> bool:
        kind = next((name for name in _TOGETHER if name in raw), "low")
        if "value" in raw and kind == "value":
            self.problems.add(
                (*where, "ratio_of"), None, "the field that value is a multiple of",
                "a value that is always the same belongs into [design]",
            )  # fmt: skip
            return False
        if "value" in raw and kind == "ratio_of":
            kind = "value"
        strangers = [name for name in raw if name not in _TOGETHER[kind]]
        others = ", ".join(name for name in _TOGETHER[kind] if name != kind)
        for name in strangers:
            allowed = f"only {others} beside {kind}" if others else f"no other key beside {kind}"
            self.problems.add((*where, name), raw[name], allowed)
        return not strangers

    def _value(self, place: SpacePlace, entry: SpaceEntry, where: tuple[object, ...]) -> None:
        attributes: dict[str, Any] | None
        if entry.choices is not None:
            choices = read_choices(entry, place.spec, where, self.problems)
            integer = place.spec.integer
            attributes = None if choices is None else {"choices": choices, "integer": integer}
        elif place.spec.choices:
            self.problems.add(
                (*where, "choices"), None, f"a list of two or more, {place.spec.allowed}"
            )
            return
        else:
            attributes = read_range(entry, place.spec, where, self.problems)
        if not attributes:
            return
        for part in self._parts(place) if entry.per_layer else [place]:
            name = str(part)
            self.parameters.append(
                Parameter(name, part.field, part.layer, unit=place.spec.unit, **attributes)
            )
            for target in part.entries(self.depth):
                self.rules[target] = Rule(target, parameter=name)

    def _ratio(self, place: SpacePlace, entry: SpaceEntry, where: tuple[object, ...]) -> None:
        source = self._source(place, str(entry.ratio_of), (*where, "ratio_of"))
        if source is None:
            return
        if place.spec.choices:
            self.problems.add((*where, "ratio_of"), entry.ratio_of, "no ratio of words", "use tie")
            return
        if entry.value is not None:
            for target in place.entries(self.depth):
                self.rules[target] = Rule(
                    target, source=source.entry_for(target), ratio=float(entry.value)
                )
            return
        spec = Quantity(low=RATIO.low, high=RATIO.high, log=place.spec.log)
        attributes = read_range(entry, spec, where, self.problems)
        if attributes is None:
            return
        for part in self._parts(place) if entry.per_layer else [place]:
            origin_name = str(source)
            if entry.per_layer and source.layer is None and source.spec.per_layer:
                origin_name = f"{source}[{part.layer}]"
            name = f"{part}/{origin_name}"
            self.parameters.append(Parameter(name, part.field, part.layer, **attributes))
            for target in part.entries(self.depth):
                self.rules[target] = Rule(target, name, source.entry_for(target))

    def _parts(self, place: SpacePlace) -> list[SpacePlace]:
        """One place for each layer whose part has the quantity."""
        return [
            part
            for layer, part in enumerate(place.parts(self.depth))
            if self.fixed.has(place.field, layer)
        ]

    def _tie(self, place: SpacePlace, text: str, where: tuple[object, ...]) -> None:
        source = self._source(place, text, where)
        if source is not None:
            for target in place.entries(self.depth):
                self.rules[target] = Rule(target, source=source.entry_for(target))

    def _source(self, place: SpacePlace, text: str, where: tuple[object, ...]) -> SpacePlace | None:
        """What a tie or ratio refers to, if it is of the same kind."""
        source = find_place(text, self.depth, where, text, self.problems, known=self.known)
        if source is None:
            return None
        mine, other = place.spec, source.spec
        if (mine.unit, mine.choices) != (other.unit, other.choices):
            kind = mine.allowed if mine.choices else f"in {mine.unit}" if mine.unit else "no unit"
            self.problems.add(where, text, f"a field of the same kind ({kind})")
            return None
        if mine.integer and not other.integer:
            self.problems.add(where, text, "a field of whole numbers, as this one")
            return None
        whole = other.per_layer and source.layer is None
        if whole and self.depth > 1 and not mine.per_layer:
            self.problems.add(
                where, text, "one layer's entry", f"such as {source.field}[0] or {source.field}[1]"
            )
            return None
        return source
