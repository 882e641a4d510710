# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's tables."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence

from sweep._numbers import UNKNOWN, duration, pure, quantity
from sweep.overview import FAILED, Overview, TrialView
from sweep.report._findings import Value
from sweep.space import Parameter


def trial_table(seen: Overview, parameters: Sequence[Parameter]) -> str:
    """Every trial with its figures and parameters."""
    head = [("trial", True), ("state", False)]
    head += [(objective.label, True) for objective in seen.objectives if objective.name != "nmse"]
    head += [("NMSE", True), ("before", True), ("epochs", True), ("energy", True), ("time", True)]
    head += [(parameter.name, True) for parameter in parameters]
    rows = []
    for trial in seen.trials:
        cells = [(str(trial.number), True), (_state(trial), False)]
        for index, objective in enumerate(seen.objectives):
            if objective.name != "nmse":
                value = trial.values[index] if trial.values else math.nan
                cells.append((quantity(value, objective.unit), True))
        cells += [
            (pure(trial.nmse), True),
            (pure(trial.before), True),
            (str(len(trial.curve)), True),
            (quantity(trial.energy, "J"), True),
            (duration(trial.seconds), True),
        ]
        for parameter in parameters:
            value = trial.parameters.get(parameter.name, UNKNOWN)
            cells.append((quantity(value, parameter.unit), True))
        rows.append(("best" if trial is seen.best else trial.state, cells))
    return _table(head, rows)


def _state(trial: TrialView) -> str:
    return f"{trial.state}: {trial.failure.cause}" if trial.failure else trial.state


def failure_table(failures: Iterable[tuple[str, Sequence[TrialView]]]) -> str:
    """Causes, which trials they stopped, and what the simulator said in the first of them."""
    rows = []
    for cause, trials in failures:
        first = trials[0].failure
        numbers = ", ".join(str(trial.number) for trial in trials)
        words = first.words if first else ""
        rows.append(
            (FAILED, [(cause, False), (str(len(trials)), True), (numbers, False), (words, None)])
        )
    head = [("cause", False), ("trials", True), ("which", False), ("words of the first", False)]
    return _table(head, rows)


def design_table(values: Iterable[Value]) -> str:
    """Fields of a design with their values and meanings."""
    head = [("field", False), ("value", False), ("from", False), ("meaning", False)]
    return _table(
        head,
        [
            ("", [(v.field, False), (v.shown, False), (v.origin, False), (v.meaning, None)])
            for v in values
        ],
    )


def facts_table(facts: Mapping[str, str]) -> str:
    """Name and words, one row each."""
    rows = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(words)}</td></tr>"
        for name, words in facts.items()
    )
    return f'<table class="facts"><tbody>{rows}</tbody></table>'


def _table(
    head: Sequence[tuple[str, bool]],
    rows: Iterable[tuple[str, Sequence[tuple[str, bool | None]]]],
) -> str:
    """A table of `(text, numeric)` cells; `numeric` None is running text. Rows have a class."""
    kinds = {True: ' class="number"', False: "", None: ' class="words"'}
    top = "".join(f"<th{kinds[numeric]}>{html.escape(name)}</th>" for name, numeric in head)
    body = "".join(
        f'<tr class="{kind}">'
        + "".join(f"<td{kinds[numeric]}>{html.escape(text)}</td>" for text, numeric in cells)
        + "</tr>"
        for kind, cells in rows
    )
    return (
        f'<div class="scroll"><table><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
