# SPDX-License-Identifier: GPL-3.0-or-later
"""The table `[ladder]`: the rungs, and the rules by which a trial goes on to the next one."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field

from circuits import Quantity
from circuits.simulators import SIMULATORS
from objectives import TrainedLayers, TrainingPlan
from sweep.study._problems import Problems, nearest
from sweep.study._scenarios_table import read_scenarios, scenario_ladder
from sweep.study._schema import Execution, Search, Seed, Table
from sweep.study._tables import read_table, reads, whole
from sweep.study.ladder import (
    ALPHA,
    QUASISTATIC,
    THRESHOLD,
    TRANSIENT,
    DeviceRung,
    GradientRung,
    Ladder,
    Rung,
    TrainingRung,
    without_ladder,
)
from sweep.study.scenarios import Aggregate

_LAST_SEED = 2**32 - 1

Factor = Annotated[int, whole(1, 1000)]


class LadderTable(Table):
    """`[ladder]`: `rungs`, the cheapest first; `reduction_factor`: one trial in so many goes on."""

    rungs: Annotated[list[Any], Field(min_length=1, description="a list of rungs [[ladder.rungs]]")]
    reduction_factor: Factor = 4


class DeviceRungTable(Table):
    """A rung that checks the circuit without training it."""

    kind: Literal["device"]
    points: Annotated[int, whole(1, 100_000)] = DeviceRung().points


class GradientRungTable(Table):
    """A rung that compares the untrained circuit's updates with the exact gradient."""

    kind: Literal["gradient"]
    points: Annotated[int, whole(1, 100_000)] = GradientRung().points
    reduction_factor: Factor | None = None
    require: Annotated[float, reads(Quantity(low=0.0, high=2.0))] | None = None


class TrainingRungTable(Table):
    """A rung that trains; missing keys are as in `[training]`."""

    kind: Literal["training"]
    simulator: Annotated[str, reads(Quantity(choices=(QUASISTATIC, TRANSIENT, *SIMULATORS)))]
    epochs: Annotated[int, whole(1, 100_000)] | None = None
    stride: Annotated[int, whole(1, 1000)] | None = None
    weight_seeds: Annotated[list[Seed], Field(min_length=1, max_length=1000)] | None = None
    seeds: Annotated[int, whole(1, 1000)] | None = None
    scenarios: bool = False
    aggregate: Aggregate | None = None
    alpha: Annotated[float, reads(Quantity(low=1e-6, high=1.0))] | None = None
    threshold: Annotated[float, reads(Quantity(low=1e-12, high=1e9))] | None = None
    trained: TrainedLayers | None = None
    reduction_factor: Factor | None = None
    require: Annotated[float, reads(Quantity(low=0.0, high=1e9))] | None = None


_RungTable = DeviceRungTable | GradientRungTable | TrainingRungTable

_TABLES: dict[str, type[_RungTable]] = {
    "device": DeviceRungTable,
    "gradient": GradientRungTable,
    "training": TrainingRungTable,
}


def read_ladder(
    raw: dict[str, Any],
    plan: TrainingPlan | None,
    execution: Execution | None,
    search: Search | None,
    problems: Problems,
) -> Ladder | None:
    """Reads `[ladder]` and `[scenarios]`.

    A study with neither has one rung. A study with scenarios alone has two: its nominal training, and
    the scenarios.

    **Arguments:**

    - `raw`: the study file, as nested tables.
    - `plan`, `execution`, `search`: the other tables, read; None where they are in error.
    - `problems`: where problems are added.

    **Returns:** the ladder; None where these tables or those that they need are in error.
    """
    before = len(problems.found)
    scenarios = read_scenarios(raw, plan, search, problems)
    if "ladder" not in raw:
        if plan is None or execution is None or len(problems.found) > before:
            return None
        if scenarios is not None:
            return scenario_ladder(*scenarios, plan, execution.simulator)
        return without_ladder(plan, execution.simulator)
    table = read_table(LadderTable, raw["ladder"], ("ladder",), problems)
    if table is None:
        return None
    tables = [_table(entry, index, problems) for index, entry in enumerate(table.rungs)]
    if len(problems.found) == before:
        present = [entry for entry in tables if entry is not None]
        _check_order(present, problems)
        _check_scenarios(present, "scenarios" in raw, problems)
    if len(problems.found) > before or plan is None:
        return None
    rungs: list[Rung] = []
    for index, entry in enumerate(tables):
        assert entry is not None
        rung = _rung(entry, index, plan, table.reduction_factor, problems)
        if isinstance(entry, TrainingRungTable) and entry.scenarios and scenarios is not None:
            assert isinstance(rung, TrainingRung)
            rung = scenarios[0].rung(rung, scenarios[1])
        if isinstance(rung, TrainingRung):
            _check_goes_on(rung, index, rungs, problems)
        rungs.append(rung)
    return Ladder(tuple(rungs)) if len(problems.found) == before else None


def _table(raw: object, index: int, problems: Problems) -> _RungTable | None:
    key = ("ladder", "rungs", index)
    if not isinstance(raw, dict):
        problems.add(key, raw, "a table with the kind of a rung")
        return None
    kind = raw.get("kind")
    if not isinstance(kind, str) or kind not in _TABLES:
        allowed = f"one of {', '.join(map(repr, _TABLES))}"
        problems.add((*key, "kind"), kind, allowed, nearest(kind, _TABLES))
        return None
    return read_table(_TABLES[kind], raw, key, problems)


def _cost(table: _RungTable) -> int:
    """Rank of a rung by fidelity; no rung may follow one of a higher rank."""
    if isinstance(table, TrainingRungTable):
        return 2 if table.simulator == QUASISTATIC else 3
    return 1 if isinstance(table, GradientRungTable) else 0


def _check_order(tables: list[_RungTable], problems: Problems) -> None:
    """Check that cheap rungs come first, that there is one device rung at most, and that the last trains."""
    for index, (below, table) in enumerate(pairwise(tables), start=1):
        key = ("ladder", "rungs", index)
        if isinstance(table, DeviceRungTable):
            problems.add(
                (*key, "kind"), table.kind, "'gradient' or 'training' after another rung",
                "the rung 'device' costs least: put it first, once",
            )  # fmt: skip
        elif isinstance(table, GradientRungTable) and isinstance(below, TrainingRungTable):
            problems.add(
                (*key, "kind"), table.kind, "'training' after a training",
                "the rung 'gradient' costs less than any training: put it before them",
            )  # fmt: skip
        elif isinstance(table, TrainingRungTable) and _cost(table) < _cost(below):
            problems.add(
                (*key, "simulator"), table.simulator,
                "a transient simulator after a rung with a transient",
                "cheap rungs come first, so that a bad trial costs no transient",
            )  # fmt: skip
    last, key = tables[-1], ("ladder", "rungs", len(tables) - 1)
    if not isinstance(last, TrainingRungTable):
        problems.add(
            (*key, "kind"), last.kind, "'training' for the last rung", "its value is the trial's"
        )
        return
    for name in ("reduction_factor", "require"):
        if (value := getattr(last, name)) is not None:
            problems.add(
                (*key, name), value, "no such key in the last rung",
                "above it there is nothing to go on to",
            )  # fmt: skip


_OF_SCENARIOS = ("weight_seeds", "seeds", "aggregate", "alpha", "threshold")


def _check_scenarios(tables: list[_RungTable], there: bool, problems: Problems) -> None:
    """Check that a rung uses the table `[scenarios]`, if there is one, and does not repeat its keys."""
    asking = [
        (index, table)
        for index, table in enumerate(tables)
        if isinstance(table, TrainingRungTable) and table.scenarios
    ]
    if there and not asking:
        problems.add(
            ("ladder", "rungs", len(tables) - 1, "scenarios"), None,
            "true on a rung, where there is a table [scenarios]",
        )  # fmt: skip
    for index, table in asking:
        key = ("ladder", "rungs", index)
        if not there:
            problems.add((*key, "scenarios"), True, "true with a table [scenarios] only")
        for name in _OF_SCENARIOS:
            if (value := getattr(table, name)) is not None:
                problems.add(
                    (*key, name), value, "no such key beside scenarios = true",
                    "[scenarios] says it",
                )  # fmt: skip


def _rung(
    table: _RungTable, index: int, plan: TrainingPlan, factor: int, problems: Problems
) -> Rung:
    if isinstance(table, DeviceRungTable):
        return DeviceRung(points=table.points)
    factor = table.reduction_factor or factor
    if isinstance(table, GradientRungTable):
        return GradientRung(points=table.points, reduction_factor=factor, require=table.require)
    stride = table.stride or plan.stride
    return TrainingRung(
        simulator=table.simulator,
        epochs=table.epochs or math.ceil(plan.epochs * plan.stride / stride),
        stride=stride,
        weight_seeds=_seeds(table, index, plan.weight_seed, problems),
        aggregate=table.aggregate or "mean",
        alpha=ALPHA if table.alpha is None else table.alpha,
        threshold=THRESHOLD if table.threshold is None else table.threshold,
        trained=table.trained or plan.trained,
        reduction_factor=factor,
        require=table.require,
    )


def _seeds(table: TrainingRungTable, index: int, first: int, problems: Problems) -> tuple[int, ...]:
    """The seeds that a rung names, or as many as it asks for, counted up from that of `[training]`."""
    key = ("ladder", "rungs", index)
    if table.weight_seeds is not None:
        if table.seeds is not None:
            problems.add((*key, "seeds"), table.seeds, "weight_seeds or seeds, not both")
        for place, seed in enumerate(table.weight_seeds):
            if seed in table.weight_seeds[:place]:
                problems.add((*key, "weight_seeds", place), seed, "each seed once")
        return tuple(table.weight_seeds)
    count = table.seeds or 1
    if first + count - 1 > _LAST_SEED:
        problems.add(
            (*key, "seeds"), count, f"at most {_LAST_SEED - first + 1}",
            f"they count from training.weight_seed = {first} on",
        )  # fmt: skip
    return tuple(range(first, first + count))


def _check_goes_on(rung: TrainingRung, index: int, below: list[Rung], problems: Problems) -> None:
    """Check that a rung is no shorter than a lower one whose trainings it continues."""
    for lower in below:
        if (
            isinstance(lower, TrainingRung)
            and lower.simulator == rung.simulator
            and lower.trained == rung.trained
            and lower.stride == rung.stride
            and lower.epochs > rung.epochs
        ):
            problems.add(
                ("ladder", "rungs", index, "epochs"), rung.epochs,
                f"{lower.epochs} or more, as in the rung below with the same simulator, layers and stride",
            )  # fmt: skip
            return
