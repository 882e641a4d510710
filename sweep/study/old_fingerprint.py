# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints of studies whose file was of version 1, in which a design was one flat table.

They show whether the version that began a study read its file in the same way as this one does.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from circuits import FLAT_NAMES, ROLES, design_quantities
from pdk import DEFAULT_TECHNOLOGY
from sweep.study._fingerprint import digest, search_description, with_data
from sweep.study.space import Entry, Rule, Space
from sweep.study.study_file import StudyFile
from sweep.study.version1 import WORDS, renamed

__all__ = ["old_description", "renewed_fingerprint"]

_FIELDS = {full: field for field, full in FLAT_NAMES.items()}
_OLD_WORDS = {name: {new: old for old, new in words.items()} for name, words in WORDS.items()}

# Fields that were one value for all layers in version 1, and have one for each layer in version 2.
_SHARED = frozenset(
    (
        "synapse",
        "flavour",
        "amplifier",
        "clamp_emission",
        "clamp_saturation_current",
        "update_rule",
        "update_decay",
        "update_offset",
        "update_gain_limit",
    )
)

# Fields that were added later were left out of the fingerprint at these values.
_LEFT_OUT = {"amplifier": "linear", "technology": DEFAULT_TECHNOLOGY, "junctions": "none"}


def renewed_fingerprint(old: str, study: StudyFile, data: str, text: str = "") -> str:
    """Returns the fingerprint of a study whose file was rewritten as version 2.

    **Arguments:**

    - `old`: its former fingerprint; for a study without `data`, its description.
    - `study`: the study file as rewritten.
    - `data`: SHA-256 of its task's data; empty where that was not recorded.
    - `text`: the file before it was rewritten; keys without effect were part of the fingerprint.

    **Returns:** the new fingerprint; the old one where the version that began the study read its file in
    another way.
    """
    described = old_description(study, text)
    if old == described:
        return study.description
    if old == with_data(described, data):
        return with_data(study.description, data)
    return old


def old_description(study: StudyFile, text: str = "") -> str:
    """The `StudyFile.description` that a study had before its file was rewritten as version 2.

    **Arguments:**

    - `study`, `text`: as of `renewed_fingerprint`.
    """
    search = search_description(study.search)
    if "start" in search:
        search["start"] = ["seed" if name == "original" else name for name in search["start"]]
    return digest(
        study.plan,
        _design(study.space, _without_effect(study.space, text)),
        _parameters(study.space),
        map(dataclasses.asdict, _rules(study.space)),
        search,
        study.ladder,
    )


def _design(space: Space, others: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every field, of those too that the kinds of parts now do not have."""
    values = {**_defaults(), **space.defaults, **space.fixed, **others}
    found = {}
    for name, value in values.items():
        if name in _FIELDS or name.startswith("amplifier."):
            field = _field(name)
            own = value[0] if field in _SHARED and isinstance(value, tuple) else value
            found[field] = _word(name, own)
    return {field: value for field, value in found.items() if _LEFT_OUT.get(field) != value}


def _without_effect(space: Space, text: str) -> dict[str, Any]:
    """Values of a file of version 1 of which the parts that it names have no quantity."""
    known = design_quantities(
        {name: tuple(role.kinds.own) for name, role in ROLES.items() if role.kinds is not None}
    )
    found: dict[str, Any] = {}
    for field, value in tomllib.loads(text).get("design", {}).items():
        name = renamed(field)
        if name in known and name not in space.quantities:
            entries = value if isinstance(value, list) else [value]
            own = tuple(known[name].parse(entry, field=name) for entry in entries)
            found[name] = own if known[name].per_layer else own[0]
    return found


def _defaults() -> dict[str, Any]:
    """The defaults of this program's own parts, by full names."""
    found: dict[str, Any] = {}
    for role in ROLES.values():
        kinds = () if role.kinds is None else role.kinds.own.values()
        for part in (role.original, *kinds):
            for field in part.quantities():
                value = getattr(part, field)
                found.setdefault(f"{role.name}.{field}", (value,) if role.per_layer else value)
    return found


def _parameters(space: Space) -> list[dict[str, Any]]:
    """The parameters, in the order of the fields."""
    order = {field: index for index, field in enumerate(FLAT_NAMES)}
    found = [
        {
            **dataclasses.asdict(parameter),
            "name": _parameter(parameter.name),
            "field": _field(parameter.field),
            "choices": [_word(parameter.field, choice) for choice in parameter.choices],
        }
        for parameter in space.parameters
    ]
    return sorted(found, key=lambda each: order.get(each["field"], len(order)))


def _rules(space: Space) -> Iterator[Rule]:
    for rule in space.rules:
        entry = _entry(rule.entry)
        if entry.layer == rule.entry.layer:  # else the rule of another layer is the same
            yield Rule(
                entry,
                None if rule.parameter is None else _parameter(rule.parameter),
                None if rule.source is None else _entry(rule.source),
                rule.ratio,
            )


def _entry(entry: Entry) -> Entry:
    field = _field(entry.field)
    return Entry(field, 0 if field in _SHARED else entry.layer)


def _parameter(name: str) -> str:
    return "/".join(map(_field, name.split("/")))


def _field(name: str) -> str:
    """The field that a quantity was; with its layer in brackets, if it has one."""
    full, bracket, rest = name.partition("[")
    return _FIELDS.get(full, full.removeprefix("amplifier.")) + bracket + rest


def _word(name: str, value: Any) -> Any:
    return _OLD_WORDS.get(name, {}).get(value, value) if isinstance(value, str) else value
