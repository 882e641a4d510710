# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of the site that are made from the program itself, as Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import typer
from typer.testing import CliRunner

from circuits import Quantity
from sweep.cli import app


def fields() -> str:
    """Return a table of every quantity of a design, from `sweep fields --json`."""
    answer = CliRunner().invoke(app, ["fields", "--json"])
    rows = [
        "| quantity | default | legal values | per layer | meaning |",
        "|---|---|---|---|---|",
    ]
    for field in json.loads(answer.stdout):
        per_layer = "yes" if field["per_layer"] else ""
        cells = (f"`{field['name']}`", _default(field), _legal(field), per_layer, field["meaning"])
        rows.append("| " + " | ".join(_escaped(cell) for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def commands() -> str:
    """Return a section for each command with its arguments and options."""
    group: Any = typer.main.get_command(app)
    context = typer.Context(group, info_name="sweep")
    return "\n".join(
        line
        for name in group.list_commands(context)
        for line in _command(name, group.get_command(context, name), context)
    )


PAGES: Mapping[str, Callable[[], str]] = {"fields": fields, "commands": commands}
"""The function that makes the content for each name in a comment `<!-- generated: NAME -->`."""


def _command(name: str, command: Any, parent: Any) -> Iterator[str]:
    context = typer.Context(command, info_name=name, parent=parent)
    yield f"## `sweep {name}`\n"
    yield f"{command.help}\n"
    yield f"```text\nsweep {name} {' '.join(command.collect_usage_pieces(context))}\n```\n"
    yield "| argument or option | meaning |\n|---|---|"
    for parameter in command.get_params(context):
        described = parameter.get_help_record(context)
        if described is not None:
            names, meaning = described
            yield f"| `{' '.join(names.split())}` | {_escaped(meaning)} |"
    yield ""


def _default(field: Mapping[str, Any]) -> str:
    value = field["default"]
    first = value[0] if isinstance(value, (list, tuple)) else value
    return first if isinstance(first, str) else _shown(first, field["unit"])


def _legal(field: Mapping[str, Any]) -> str:
    if field["choices"]:
        return ", ".join(f"`{choice}`" for choice in field["choices"])
    low, high = (_shown(field[end], field["unit"], sign) for end, sign in _ENDS)
    return f"{low} to {high}" + ", whole" * field["integer"]


_ENDS = (("low", -math.inf), ("high", math.inf))


def _shown(value: float | None, unit: str, unbounded: float = math.inf) -> str:
    return Quantity(unit=unit).show(unbounded if value is None else value)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")
