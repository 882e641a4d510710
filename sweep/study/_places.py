# SPDX-License-Identifier: GPL-3.0-or-later
"""`SpacePlace`: a field of the design, or one layer's entry of it, that a key of `[space]` names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from circuits import Quantity, name_hint
from sweep.study._problems import Problems
from sweep.study.space import Entry

_KEY = re.compile(r"(?P<field>[A-Za-z_]\w*(\.[A-Za-z_]\w*)?)(\[(?P<layer>[0-9]{1,6})\])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class SpacePlace:
    """A field, or one layer's entry of it where `layer` is not None."""

    field: str
    layer: int | None
    spec: Quantity

    def __str__(self) -> str:
        return self.field if self.layer is None else f"{self.field}[{self.layer}]"

    def entries(self, depth: int) -> list[Entry]:
        """Returns the entries that it stands for in a design with `depth` crossbars."""
        if self.layer is not None:
            return [Entry(self.field, self.layer)]
        return [Entry(self.field, layer) for layer in range(depth if self.spec.per_layer else 1)]

    def parts(self, depth: int) -> list[SpacePlace]:
        """Returns one place for each layer."""
        return [SpacePlace(self.field, layer, self.spec) for layer in range(depth)]

    def entry_for(self, target: Entry) -> Entry:
        """The entry that a tie or ratio of `target` to this place refers to.

        It is the one of the same layer, unless this place names another.
        """
        if self.layer is not None:
            return Entry(self.field, self.layer)
        return Entry(self.field, target.layer if self.spec.per_layer else 0)


def find_place(
    text: str,
    depth: int,
    where: tuple[object, ...],
    value: object,
    problems: Problems,
    *,
    known: Mapping[str, Quantity],
) -> SpacePlace | None:
    """Returns the place that a text names; None, with a problem added, where there is none.

    **Arguments:**

    - `text`: a field's full name, with the layer in brackets where it is one layer's.
    - `depth`: number of crossbars.
    - `where`, `value`: key and value in the study file, for the problem.
    - `problems`: where problems are added.
    - `known`: the fields that designs of the study have.
    """
    match = _KEY.fullmatch(text)
    name = match["field"] if match else text.partition("[")[0]
    if match is None or name not in known:
        allowed = "a field of the design, or one layer's entry as in x[0]"
        problems.add(where, value, allowed, name_hint(name, known))
        return None
    spec, layer = known[name], match["layer"]
    if layer is None:
        return SpacePlace(name, None, spec)
    if not spec.per_layer:
        problems.add(where, value, name, f"{name} is one value for the whole circuit")
        return None
    if int(layer) >= depth:
        problems.add(
            where, value, f"{name}[0] to {name}[{depth - 1}]",
            f"the network has {depth} crossbars, the first is 0",
        )  # fmt: skip
        return None
    return SpacePlace(name, int(layer), spec)
