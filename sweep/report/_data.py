# SPDX-License-Identifier: GPL-3.0-or-later
"""The data of the page's script: columns and rows of the table of trials, learning curves, objectives."""

from __future__ import annotations

import math
from typing import Any

from sweep.report._findings import Findings
from sweep.report._html import plain
from sweep.report.trial import legal_range
from sweep.results.overview import COMPLETE, TrialView

_MEASURED = (("energy", "energy a point", "J"), ("seconds", "simulation", "s"))
_WORDS = 600  # longest message of a simulator, for a trial without a full page


def page_data(found: Findings, *, refresh: float | None) -> dict[str, Any]:
    """Returns everything that the page's script shows and sorts, as plain values.

    **Arguments:**

    - `found`: the content of the report.
    - `refresh`: after how many seconds the page loads itself again; None for never.
    """
    seen = found.overview
    columns = _columns(found)
    told: dict[str, Any] = plain(
        {
            "name": seen.name,
            "refresh": refresh,
            "objectives": [
                {"label": o.label, "title": o.title, "unit": o.unit, "maximise": o.maximise}
                for o in seen.objectives
            ],
            "columns": columns,
            "rows": [_row(found, trial) for trial in seen.trials],
            "curves": [[trial.before, *trial.curve] for trial in seen.trials],
            "failures": {
                trial.number: {
                    "cause": trial.failure.cause,
                    "words": trial.failure.message[:_WORDS],
                    "epoch": trial.failure.epoch,
                    "rung": trial.failure.rung,
                }
                for trial in seen.trials
                if trial.failure is not None
            },
            "values": {trial.number: list(trial.values) for trial in seen.trials if trial.values},
            "warnings": {
                trial.number: words for trial in seen.trials if (words := seen.warnings(trial))
            },
            "violating": sorted(found.violating),
            "front": [trial.number for trial in seen.front],
            "best": None if seen.best is None else seen.best.number,
            "pages": list(found.pages),
            "linearFit": seen.linear_fit,
        }
    )
    return told


def _columns(found: Findings) -> list[dict[str, Any]]:
    seen = found.overview
    columns: list[dict[str, Any]] = [
        {"key": "trial", "label": "trial", "kind": "number"},
        {"key": "state", "label": "state", "kind": "text"},
    ]
    if seen.ladder:
        columns.append({"key": "rung", "label": "rung", "kind": "number"})
    columns += [
        {
            "key": o.name,
            "label": o.label,
            "unit": o.unit,
            "kind": "number",
            "objective": True,
            "hover": True,
        }
        for o in seen.objectives
        if o.name != "nmse"
    ]
    columns += [
        {"key": "nmse", "label": "NMSE", "kind": "number",
         "objective": any(o.name == "nmse" for o in seen.objectives), "hover": True},
        {"key": "before", "label": "before", "kind": "number"},
        {"key": "epochs", "label": "epochs", "kind": "number", "hover": True},
        *(
            {"key": name, "label": label, "unit": unit, "kind": "number"}
            for name, label, unit in _MEASURED
            if name not in {o.name for o in seen.objectives}
        ),
    ]  # fmt: skip
    for entry in found.parameters:
        spec = found.quantities.get(entry.field)
        known = spec is not None and "/" not in entry.name
        legal = legal_range(spec) if spec is not None and known else ""
        columns.append(
            {
                "key": entry.name,
                "label": entry.name,
                "unit": entry.unit,
                "kind": "text" if entry.choices else "number",
                "parameter": True,
                "hover": True,
                "log": entry.log,
                "range": None if entry.choices else [entry.low, entry.high],
                "choices": [str(choice) for choice in entry.choices],
                "legal": legal,
                "meaning": "" if spec is None else spec.meaning,
            }
        )
    return columns


def _state(found: Findings, trial: TrialView) -> str:
    """Returns the state of a trial, the cause of its failure, and its other faults."""
    remarks = [trial.failure.cause] if trial.failure else []
    if trial.number in found.violating:
        names = ", ".join(found.overview.limits.get(name, name) for name in trial.violated)
        remarks.append(f"beyond {names}")
    if trial.state == COMPLETE and trial.improved is False:
        remarks.append("not improved")
    return f"{trial.state}: {', '.join(remarks)}" if remarks else trial.state


def _row(found: Findings, trial: TrialView) -> list[Any]:
    seen = found.overview
    row: list[Any] = [trial.number, _state(found, trial)]
    if seen.ladder:
        row.append(trial.rung + 1)
    row += [
        trial.values[index] if trial.values else math.nan
        for index, objective in enumerate(seen.objectives)
        if objective.name != "nmse"
    ]
    measured = {"energy": trial.energy, "seconds": trial.seconds}
    searched = {objective.name for objective in seen.objectives}
    row += [trial.nmse, trial.before, len(trial.curve)]
    row += [measured[name] for name, _, _ in _MEASURED if name not in searched]
    for entry in found.parameters:
        value = trial.parameters.get(entry.name)
        row.append(str(value) if entry.choices and value is not None else value)
    return row
