# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's tables."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence

from sweep._numbers import UNKNOWN, duration, pure, quantity
from sweep.report._findings import Value
from sweep.results.overview import FAILED, Overview, TrialView
from sweep.results.rungs import RungView
from sweep.study.space import Parameter


def trial_table(seen: Overview, parameters: Sequence[Parameter]) -> str:
    """Every trial with its figures and parameters."""
    head = [("trial", True), ("state", False)]
    if seen.ladder:
        head.append(("rung", True))
    head += [(objective.label, True) for objective in seen.objectives if objective.name != "nmse"]
    head += [("NMSE", True), ("before", True), ("epochs", True), ("energy", True), ("time", True)]
    head += [(parameter.name, True) for parameter in parameters]
    rows = []
    for trial in seen.trials:
        cells = [(str(trial.number), True), (_state(trial), False)]
        if seen.ladder:
            cells.append((f"{trial.rung + 1} of {len(seen.ladder)}", True))
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


def ladder_table(rungs: Sequence[RungView]) -> str:
    """The rungs: trials, promotions and time spent."""
    head = [("rung", True), ("what", False), ("trials", True), ("finished", True)]
    head += [("went on", True), ("stopped", True), ("failed", True), ("running", True)]
    head += [("wall time", True), ("simulated", True)]
    rows: list[tuple[str, list[tuple[str, bool | str]]]] = []
    for rung in rungs:
        went_on = "" if rung.is_top else str(rung.promoted)
        if math.isfinite(rung.rate):
            went_on += f" ({100 * rung.rate:.0f} %)"
        cells: list[tuple[str, bool | str]] = [(str(rung.number), True), (rung.label, False)]
        counts = (rung.reached, rung.finished, went_on, rung.stopped, rung.failed, rung.running)
        cells += [(str(count), True) for count in counts]
        cells += [(duration(rung.seconds), True), (duration(rung.simulated), True)]
        rows.append(("", cells))
    return _table(head, rows)


def failure_table(failures: Iterable[tuple[str, Sequence[TrialView]]]) -> str:
    """Causes, which trials they stopped, and what the simulator said in the first of them."""
    rows: list[tuple[str, list[tuple[str, bool | str]]]] = []
    for cause, trials in failures:
        first = trials[0].failure
        numbers = ", ".join(str(trial.number) for trial in trials)
        count = (str(len(trials)), True)
        words = (first.words if first else "", "words")
        rows.append((FAILED, [(cause, False), count, (numbers, "list"), words]))
    head = [("cause", False), ("trials", True), ("which", False), ("words of the first", False)]
    return _table(head, rows)


def design_table(values: Iterable[Value]) -> str:
    """Fields of a design with their values and meanings."""
    head = [("field", False), ("value", False), ("from", False), ("meaning", False)]
    rows: list[tuple[str, list[tuple[str, bool | str]]]] = [
        ("", [(v.field, False), (v.shown, False), (v.origin, False), (v.meaning, "words")])
        for v in values
    ]
    return _table(head, rows)


def facts_table(facts: Mapping[str, str]) -> str:
    """Name and words, one row each."""
    rows = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(words)}</td></tr>"
        for name, words in facts.items()
    )
    return f'<table class="facts"><tbody>{rows}</tbody></table>'


def _table(
    head: Sequence[tuple[str, bool]],
    rows: Iterable[tuple[str, Sequence[tuple[str, bool | str]]]],
) -> str:
    """A table of `(text, kind)` cells: numeric or not, or a class of the style sheet.

    Each row has a class, too.
    """
    kinds = {True: ' class="number"', False: "", "words": ' class="words"', "list": ' class="list"'}
    top = "".join(f"<th{kinds[numeric]}>{html.escape(name)}</th>" for name, numeric in head)
    body = "".join(
        f'<tr class="{state}">'
        + "".join(f"<td{kinds[kind]}>{html.escape(text)}</td>" for text, kind in cells)
        + "</tr>"
        for state, cells in rows
    )
    return (
        f'<div class="scroll"><table><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
