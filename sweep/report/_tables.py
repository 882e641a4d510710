# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's tables, except that of all trials, which the page's script makes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from sweep._numbers import duration
from sweep.report._html import Cell, table
from sweep.report._templates import block
from sweep.report.trial import Value
from sweep.results.importances import Target
from sweep.results.overview import FAILED, STATES, Overview, TrialView
from sweep.results.rungs import RungView

_WHICH = 40  # most numbers of trials that are listed


def outcome_table(seen: Overview) -> str:
    """Returns a table with the number of trials in each state, and of failed ones by cause."""
    rows: list[tuple[str, list[Cell]]] = []
    for state in STATES:
        if not seen.counts[state]:
            continue
        rows.append((state, [(state, False), (str(seen.counts[state]), True)]))
        if state == FAILED:
            rows += [
                (FAILED, [(f"  {cause}", "inner"), (str(len(trials)), True)])
                for cause, trials in seen.failures()
            ]
    return table("outcomes", [("state and outcome", False), ("trials", True)], rows)


def ladder_table(rungs: Sequence[RungView]) -> str:
    """Returns a table of the rungs: trials, promotions and time."""
    head = [("rung", True), ("what", False), ("trials", True), ("finished", True)]
    head += [("went on", True), ("stopped", True), ("failed", True)]
    runs = any(rung.running for rung in rungs)
    head += [("running", True)] if runs else []
    head += [("wall time", True), ("per trial", True), ("simulated", True)]
    rows: list[tuple[str, list[Cell]]] = []
    for rung in rungs:
        went_on = "" if rung.is_top else str(rung.promoted)
        if math.isfinite(rung.rate):
            went_on += f" ({100 * rung.rate:.0f} %)"
        cells: list[Cell] = [(str(rung.number), True), (rung.label, "list")]
        counts = [rung.reached, rung.finished, went_on, rung.stopped, rung.failed]
        cells += [(str(count), True) for count in (*counts, *([rung.running] if runs else []))]
        each = rung.seconds / rung.reached if rung.reached else math.nan
        cells += [(duration(time), True) for time in (rung.seconds, each, rung.simulated)]
        rows.append(("", cells))
    return table("rungs", head, rows)


def failure_table(failures: Iterable[tuple[str, Sequence[TrialView]]]) -> str:
    """Returns a table of the causes of failures, with their trials, and the simulator's message in the first."""
    rows: list[tuple[str, list[Cell]]] = []
    for cause, trials in failures:
        first = trials[0].failure
        links = ", ".join(
            f'<a href="#trial-{trial.number}">{trial.number}</a>' for trial in trials[:_WHICH]
        )
        more = f" and {len(trials) - _WHICH} more" if len(trials) > _WHICH else ""
        count = (str(len(trials)), True)
        which = (f'<span class="list">{links}{more}</span>', "html")
        words = (first.message if first else "", "words")
        rows.append((FAILED, [(cause, False), count, which, words]))
    head = [("cause", False), ("trials", True), ("which", False), ("words of the first", False)]
    return table("failures", head, rows)


def importance_table(name: str, target: Target) -> str:
    """Returns a table of the importance of each parameter by each method."""
    methods = list(target.shares)
    first = target.shares[methods[0]]
    rows: list[tuple[str, list[Cell]]] = [
        ("", [(parameter, False), *((f"{target.shares[m].get(parameter, 0.0):.4f}", True)
                                    for m in methods)])
        for parameter in sorted(first, key=lambda entry: -first[entry])
    ]  # fmt: skip
    return table(name, [("parameter", False), *((method, True) for method in methods)], rows)


def design_table(name: str, values: Iterable[Value]) -> str:
    """Returns a table of a design's quantities: value, legal range, and value in the original design."""
    head = [("field", False), ("value", False), ("in the legal range", False)]
    head += [("legal", False), ("original", False), ("from", False), ("meaning", False)]
    rows: list[tuple[str, list[Cell]]] = [
        (
            value.origin,
            [
                (value.field, False), (value.shown, "value"), (_ruler(value), "html"),
                (value.legal, "range"), (value.original, "range"), (value.origin, False),
                (value.meaning, "words"),
            ],
        )
        for value in values
    ]  # fmt: skip
    return table(name, head, rows)


def _ruler(value: Value) -> str:
    """Returns the legal range as a line, with a dot for the value and a bar for that of the original design."""
    if math.isnan(value.place):
        return ""
    unknown = math.isnan(value.original_place)
    return block("ruler", value.place, None if unknown else value.original_place)


def facts_table(facts: Mapping[str, str]) -> str:
    """Returns a table with a name and a text in each row."""
    return block("facts", facts)
