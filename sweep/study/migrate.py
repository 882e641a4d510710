# SPDX-License-Identifier: GPL-3.0-or-later
"""Study and design files of version 1 rewritten as version 2; comments stay.

In version 1 a design was one flat table. Version 2 has a table for each part, whose kind it names, and full
names such as `"amplifier.gain_forward[0]"` in `[space]`. Quantities that belong to another kind than the
design's were accepted without effect; they are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.items import Comment, InlineTable, Item, Key, KeyType, SingleKey, Table, Whitespace

from circuits import ROLES, Quantity, design_quantities
from sweep.study.version1 import renamed, reworded

NEW, OLD = 2, 1
_REFERENCES = ("tie", "ratio_of")

Entry = tuple[Key | None, Item]


def is_old(text: str) -> bool:
    """Whether a text is a file of version 1."""
    return tomlkit.parse(text).get("version") == OLD


def migrated(text: str, *, before_junctions: bool = False) -> str:
    """Returns the text of a file of version 1 rewritten as version 2; one of version 2 stays as it is.

    **Arguments:**

    - `text`: the text of a study or design file.
    - `before_junctions`: whether the file is from a time when transistors had no junction areas, so that
      the new file must say so.

    **Raises:** `tomlkit.exceptions.ParseError` for a text that is no TOML.
    """
    document = tomlkit.parse(text)
    if document.get("version") != OLD:
        return text
    document["version"] = NEW
    exported = "provenance" in document  # and an export names every field that there was
    if (before_junctions or exported) and "junctions" not in document.get("design", {}):
        if "design" not in document:
            document["design"] = tomlkit.table()
        document["design"]["junctions"] = "none"
    kinds = _kinds(document)
    known = design_quantities(kinds)
    if "design" in document:
        document["design"] = _design(document["design"], set(known))
    if "space" in document:
        document["space"] = _space(document["space"], known)
    search = document.get("search", {})
    if "start" in search:
        search["start"] = ["original" if name == "seed" else name for name in search["start"]]
    return tomlkit.dumps(document)


def _kinds(document: TOMLDocument) -> dict[str, tuple[str, ...]]:
    """The kinds of parts that a file of version 1 names."""
    kinds: dict[str, tuple[str, ...]] = {}
    for table, words in (("design", _given), ("space", _choices)):
        for name, value in document.get(table, {}).items():
            full = renamed(name.partition("[")[0])
            role, _, field = full.partition(".")
            if field == "kind":
                found = tuple(str(reworded(full, word)) for word in words(value))
                kinds[role] = (*kinds.get(role, ()), *found)
    return kinds


def _given(value: Any) -> list[str]:
    return [str(value)]


def _choices(value: Any) -> list[str]:
    return [str(choice) for choice in value.get("choices", [])]


def _design(old: Table, known: set[str]) -> Table:
    """The table with a table for each part; comments go with the line that follows them."""
    own, parts = tomlkit.table(), {role: tomlkit.table() for role in ROLES}
    target = own
    for key, comments, item in _lines(old):
        name = renamed(key)
        role, dot, field = name.partition(".")
        if name not in known:
            continue
        target = parts[role] if dot else own
        for comment in comments:
            target.add(comment)
        target.append(field if dot else name, _reworded(name, item))
    filled = {role: table for role, table in parts.items() if table}
    for comment in _last_comments(old):
        if isinstance(comment, Whitespace) and filled:  # what follows belongs to the next table
            *_, target = filled.values()
        target.add(comment)
    _keep_comment(old, own if own or not filled else next(iter(filled.values())))
    for role, table in filled.items():
        own.append(role, table)
    return own


def _space(old: Table, known: Mapping[str, Quantity]) -> Table:
    """The table with full names as keys, and in ties and ratios.

    **Arguments:**

    - `known`: the quantities of the design, by their full names.
    """
    new = tomlkit.table()
    for key, comments, item in _lines(old):
        name = renamed(key)
        for comment in comments:
            new.add(comment)
        if isinstance(item, InlineTable | Table):
            for reference in _REFERENCES:
                if reference in item:
                    other = renamed(str(item[reference]))
                    item[reference] = other + _first_layer(name, other, known)
            if "choices" in item:
                item["choices"] = reworded(name, list(item["choices"]))
        new.append(SingleKey(name, t=KeyType.Basic if "." in name else KeyType.Bare), item)
    for comment in _last_comments(old):
        new.add(comment)
    _keep_comment(old, new)
    return new


def _first_layer(name: str, other: str, known: Mapping[str, Quantity]) -> str:
    """What makes one layer's entry of a quantity to which one of the whole circuit refers.

    Some that were of the whole circuit belong to a layer now.
    """
    one, of_layers = known.get(name), known.get(other)
    return "[0]" if one and of_layers and of_layers.per_layer and not one.per_layer else ""


def _keep_comment(old: Table, new: Table) -> None:
    """The comment behind the head of a table."""
    new.trivia.comment, new.trivia.comment_ws = old.trivia.comment, old.trivia.comment_ws


def _reworded(name: str, item: Item) -> Item:
    if not isinstance(item.unwrap(), str):
        return item
    word = reworded(name, item.unwrap())
    if word == item.unwrap():
        return item
    new = tomlkit.item(word)
    new.trivia.comment, new.trivia.comment_ws = item.trivia.comment, item.trivia.comment_ws
    return new


def _lines(table: Table) -> Iterator[tuple[str, list[Comment | Whitespace], Item]]:
    """Each key with the comments and empty lines before it."""
    before: list[Comment | Whitespace] = []
    for key, item in table.value.body:
        if isinstance(item, Comment | Whitespace):
            before.append(item)
            continue
        assert key is not None
        yield key.key, before, item
        before = []


def _last_comments(table: Table) -> list[Comment | Whitespace]:
    """Comments behind the last key, with the empty lines between."""
    after: list[Comment | Whitespace] = []
    for _, item in reversed(table.value.body):
        if not isinstance(item, Comment | Whitespace):
            break
        after.insert(0, item)
    while after and isinstance(after[-1], Whitespace):
        after.pop()
    return after
