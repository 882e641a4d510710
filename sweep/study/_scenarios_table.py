# SPDX-License-Identifier: GPL-3.0-or-later
"""The table `[scenarios]`: the corners and seeds that a design is trained in, and their aggregate."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Annotated, Any, Literal

from pydantic import Field

from circuits import Quantity
from objectives import TrainingPlan
from sweep.study._problems import Problems
from sweep.study._schema import Search, Seed, Table
from sweep.study._tables import read_table, reads, whole
from sweep.study.ladder import (
    ALPHA,
    QUASISTATIC,
    THRESHOLD,
    TRANSIENT,
    Ladder,
    TrainingRung,
)
from sweep.study.scenarios import TEMPERATURE, Aggregate, Robustness, Scenario

MOST = 10_000
"""Largest number of scenarios of a rung."""

_Seeds = Annotated[list[Seed], Field(min_length=1, max_length=1000)]


class ScenariosTable(Table):
    """`[scenarios]`: lists, of which all combinations are scenarios, and the rules for their values.

    - `corners`, `temperatures`, `mismatch_seeds`, `weight_seeds`, `noise_seeds`, `data_seeds`: the
      lists; what a missing one would list is as in `[training]` and `[task]`.
    - `aggregate`, `alpha`, `threshold`: as of `TrainingRung`.
    - `pruner`, `p_threshold`, `startup_scenarios`: as of `Robustness`.
    - `reduction_factor`, `require`: in a study without a table `[ladder]`, which trials go on from the
      nominal training to the scenarios: one of `reduction_factor`, with an NMSE below `require`.
    """

    corners: Annotated[list[Literal["tt", "ss", "ff", "sf", "fs"]], Field(min_length=1)] | None = (
        None
    )
    temperatures: (
        Annotated[
            list[Annotated[float, reads(TEMPERATURE)]],
            Field(min_length=1, max_length=100),
        ]
        | None
    ) = None
    mismatch_seeds: _Seeds | None = None
    weight_seeds: _Seeds | None = None
    noise_seeds: _Seeds | None = None
    data_seeds: _Seeds | None = None
    aggregate: Aggregate = "worst"
    alpha: Annotated[float, reads(Quantity(low=1e-6, high=1.0))] = ALPHA
    threshold: Annotated[float, reads(Quantity(low=1e-12, high=1e9))] = THRESHOLD
    pruner: Literal["wilcoxon", "none"] | None = None
    p_threshold: Annotated[float, reads(Quantity(low=0.0, high=1.0))] = 0.1
    startup_scenarios: Annotated[int, whole(2, 1000)] = 2
    reduction_factor: Annotated[int, whole(1, 1000)] | None = None
    require: Annotated[float, reads(Quantity(low=0.0, high=1e9))] | None = None

    def rung(self, rung: TrainingRung, robustness: Robustness) -> TrainingRung:
        """Returns the rung `rung` with the scenarios `robustness` and the aggregate of this table."""
        return dataclasses.replace(
            rung,
            robustness=robustness,
            weight_seeds=tuple(dict.fromkeys(c.weight_seed for c in robustness.scenarios)),
            aggregate=self.aggregate,
            alpha=self.alpha,
            threshold=self.threshold,
        )


def read_scenarios(
    raw: dict[str, Any], plan: TrainingPlan | None, search: Search | None, problems: Problems
) -> tuple[ScenariosTable, Robustness] | None:
    """Reads `[scenarios]`.

    **Arguments:**

    - `raw`: the study file, as nested tables.
    - `plan`, `search`: the other tables, read; None where they are in error.
    - `problems`: where problems are added.

    **Returns:** the table, and its scenarios; None where there is no such table, or an error.
    """
    if "scenarios" not in raw:
        return None
    table = read_table(ScenariosTable, raw["scenarios"], ("scenarios",), problems)
    if table is None or plan is None or search is None:
        return None
    before = len(problems.found)
    _check(table, plan, search, problems)
    if len(problems.found) > before:
        return None
    prunable = search.objectives == {"nmse": "minimize"} and table.aggregate != "yield"
    return table, Robustness(
        scenarios=_scenarios(table, plan),
        pruner=table.pruner or ("wilcoxon" if prunable else "none"),
        p_threshold=table.p_threshold,
        startup=table.startup_scenarios,
    )


def _check(table: ScenariosTable, plan: TrainingPlan, search: Search, problems: Problems) -> None:
    where = ("scenarios",)
    count = 1
    for name in ("corners", "temperatures", *(f"{kind}_seeds" for kind in _KINDS)):
        values = getattr(table, name) or [None]
        count *= len(values)
        for place, value in enumerate(values):
            if value in values[:place]:
                problems.add((*where, name, place), value, "each value once")
    if count > MOST:
        problems.add(where, f"{count} scenarios", f"at most {MOST}", "shorten the lists")
    if table.noise_seeds is not None and plan.noiseless:
        problems.add(
            (*where, "noise_seeds"), table.noise_seeds, "no such key with training.noise = false"
        )
    minimised = search.objectives == {"nmse": "minimize"}
    if table.pruner == "wilcoxon" and not minimised:
        problems.add(
            (*where, "pruner"), table.pruner, "'none' with other objectives than a small NMSE",
            "it compares the NMSE of each scenario",
        )  # fmt: skip
    if table.aggregate == "yield" and search.objectives.get("nmse") == "maximize":
        problems.add(
            (*where, "aggregate"), table.aggregate, "'yield' where nmse is minimised",
            "it makes of the NMSE the share of scenarios that do not train",
        )  # fmt: skip


_KINDS = ("mismatch", "weight", "noise", "data")


def _scenarios(table: ScenariosTable, plan: TrainingPlan) -> tuple[Scenario, ...]:
    """All combinations, the nominal one first."""
    nominal = plan.corner
    lists: list[list[Any]] = [
        table.weight_seeds or [plan.weight_seed],
        _unless(table.corners, nominal.process),
        _unless(table.temperatures, nominal.temperature),
        _unless(table.mismatch_seeds, nominal.mismatch_seed),
        _unless(table.noise_seeds, plan.noise_seed),
        _unless(table.data_seeds, plan.task.seed),
    ]
    names = ("weight_seed", "corner", "temperature", "mismatch_seed", "noise_seed", "data_seed")
    found = [
        Scenario(**dict(zip(names, values, strict=True))) for values in itertools.product(*lists)
    ]
    first = Scenario(weight_seed=plan.weight_seed)
    return tuple(sorted(found, key=lambda scenario: scenario != first))


def _unless(values: list[Any] | None, nominal: Any) -> list[Any]:
    """The values, None for the nominal one."""
    return [None] if values is None else [None if v == nominal else v for v in values]


def scenario_ladder(
    table: ScenariosTable, robustness: Robustness, plan: TrainingPlan, simulator: str
) -> Ladder:
    """Returns the ladder of a study with scenarios and without a table `[ladder]`.

    It has two rungs: the nominal training, then all scenarios.

    **Arguments:**

    - `table`, `robustness`: as from `read_scenarios`.
    - `plan`: the nominal training.
    - `simulator`: that of `[execution]`.
    """
    nominal = TrainingRung(
        simulator=QUASISTATIC if simulator == QUASISTATIC else TRANSIENT,
        epochs=plan.epochs,
        weight_seeds=(plan.weight_seed,),
        trained=plan.trained,
        stride=plan.stride,
        reduction_factor=table.reduction_factor or 4,
        require=table.require,
    )
    plain = TrainingRung(
        simulator=nominal.simulator,
        epochs=plan.epochs,
        weight_seeds=nominal.weight_seeds,
        trained=plan.trained,
        stride=plan.stride,
    )
    return Ladder((nominal, table.rung(plain, robustness)))
