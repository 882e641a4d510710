# SPDX-License-Identifier: GPL-3.0-or-later
"""The table `[search]`: sampler, objectives, and a pruner that fits them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from circuits import PluginError
from objectives import METRICS
from sweep.study._problems import Problems, nearest
from sweep.study._schema import PRUNERS, MedianPruner, NoPruner, Pruner, Search
from sweep.study._tables import read_table
from sweep.study.constraints import read_constraints


def read_search(raw: dict[str, Any], problems: Problems) -> Search | None:
    """Reads `[search]`; a missing pruner is chosen to fit its objectives."""
    values = raw.get("search", {})
    if not isinstance(values, dict):
        problems.add(("search",), values, "a table [search]")
        return None
    apart = ("pruner", "constraints")
    rest = {key: value for key, value in values.items() if key not in apart}
    search = read_table(Search, rest, ("search",), problems)
    pruner = _pruner(values["pruner"], problems) if "pruner" in values else None
    constraints = read_constraints(values.get("constraints", {}), problems)
    if search is None:
        return None
    if not _are_known(search.objectives, problems):
        return None
    names = [name for name in METRICS if name in search.objectives]
    prunable = search.objectives == {"nmse": "minimize"}
    if pruner is None:
        pruner = MedianPruner() if prunable else NoPruner()
    elif not prunable and pruner.kind != "none":
        problems.add(
            ("search", "pruner"), pruner.kind, "'none' with other objectives than a small NMSE",
            "pruners compare the NMSE of each epoch",
        )  # fmt: skip
    if search.sampler == "cmaes" and len(names) > 1:
        problems.add(
            ("search", "sampler"), search.sampler, "'tpe', 'gp', 'nsga2', 'qmc' or 'random'",
            "CMA-ES has one objective only",
        )  # fmt: skip
    for rule in ("stagnation", "expected_improvement"):
        if getattr(search.stop, rule) is not None and len(names) > 1:
            problems.add(
                ("search", "stop", rule), getattr(search.stop, rule),
                "no such key with several objectives", "of these there is no best trial",
            )  # fmt: skip
    ordered = {name: search.objectives[name] for name in names}
    found = {"pruner": pruner, "objectives": ordered, "constraints": constraints}
    return search.model_copy(update=found)


def _are_known(objectives: Mapping[str, str], problems: Problems) -> bool:
    """Whether all objectives are metrics that can be used."""
    before = len(problems.found)
    for name, way in objectives.items():
        key = ("search", "objectives", name)
        if name not in METRICS:
            allowed = f"one of {', '.join(map(repr, METRICS))}"
            problems.add(key, way, allowed, nearest(name, METRICS))
            continue
        try:
            METRICS[name]
        except PluginError as error:
            problems.add(key, name, "an objective that can be used", str(error))
    return len(problems.found) == before


def _pruner(raw: object, problems: Problems) -> Pruner | None:
    """A pruner from its name, or from a table with its `kind` and parameters."""
    values = {"kind": raw} if isinstance(raw, str) else raw
    if not isinstance(values, dict):
        problems.add(("search", "pruner"), raw, 'a name such as "median", or a table')
        return None
    kind = values.get("kind")
    if not isinstance(kind, str) or kind not in PRUNERS:
        key = ("search", "pruner") if raw is kind else ("search", "pruner", "kind")
        problems.add(key, kind, f"one of {', '.join(map(repr, PRUNERS))}", nearest(kind, PRUNERS))
        return None
    return read_table(PRUNERS[kind], values, ("search", "pruner"), problems)
