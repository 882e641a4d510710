# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of a study file as pydantic models: types, bounds and defaults of their keys."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from circuits import TRAINERS, Quantity
from circuits.simulators import Limits
from objectives import TrainedLayers
from sweep.study._tables import reads, whole
from sweep.study.constraints import Bound
from sweep.study.scenarios import TEMPERATURE

RATIO = Quantity(low=-1e9, high=1e9)
"""Legal ratios of two fields."""

Seed = Annotated[int, whole(0, 2**32 - 1)]


class Table(BaseModel):
    """Base of all tables: no unknown keys, no silent conversion, immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class NetworkTable(Table):
    """`[network]`: layer sizes, inputs first."""

    layers: Annotated[
        list[Annotated[int, whole(1, 10_000)]],
        Field(min_length=2, max_length=65, description="a list of layer sizes, such as [3, 8, 1]"),
    ]


class TrainingTable(Table):
    """`[training]`: how each trial is trained, and in which corner."""

    epochs: Annotated[int, whole(1, 100_000)] = 30
    weight_seed: Seed = 0
    order_seed: Seed = 0
    noise: bool = True
    noise_seed: Seed = 0
    corner: Literal["tt", "ss", "ff", "sf", "fs"] = "tt"
    temperature: Annotated[float, reads(TEMPERATURE)] = 27.0
    mismatch_seed: Seed | None = None
    body_network: bool = True
    trained: TrainedLayers = "all"
    stride: Annotated[int, whole(1, 1000)] = 1


class MedianPruner(Table):
    """Stops a trial whose best NMSE so far is worse than the median of the others' at that epoch.

    - `startup_trials`: trials that finish before any is stopped.
    - `warmup_epochs`: epochs in which no trial is stopped.
    - `interval_epochs`: epochs between two decisions.
    """

    kind: Literal["median"] = "median"
    startup_trials: Annotated[int, whole(0, 1_000_000)] = 5
    warmup_epochs: Annotated[int, whole(0, 100_000)] = 0
    interval_epochs: Annotated[int, whole(1, 100_000)] = 1


class HalvingPruner(Table):
    """Asynchronous successive halving (Li et al. 2020, arXiv 1810.05934).

    - `min_epochs`: epochs of every trial before the first decision.
    - `reduction_factor`: one trial in so many goes on, to so many times the epochs.
    - `min_early_stopping_rate`: rungs left out at the bottom.
    """

    kind: Literal["halving"] = "halving"
    min_epochs: Annotated[int, whole(1, 100_000)] = 1
    reduction_factor: Annotated[int, whole(2, 1000)] = 4
    min_early_stopping_rate: Annotated[int, whole(0, 20)] = 0


class NoPruner(Table):
    """Every trial runs to its last epoch."""

    kind: Literal["none"] = "none"


Pruner = MedianPruner | HalvingPruner | NoPruner

PRUNERS: dict[str, type[MedianPruner | HalvingPruner | NoPruner]] = {
    "median": MedianPruner,
    "halving": HalvingPruner,
    "none": NoPruner,
}


class StopTable(Table):
    """`[search.stop]`: what ends a study before it has all its trials; running ones are finished.

    - `wall_time`: wall time of one driver, s.
    - `simulated`: time in the circuit of all trials together, s.
    - `stagnation`: number of finished trials since the best one.
    - `expected_improvement`: one more trial is expected to be better by less than this share of the
      best value (`sweep.search._improvement`).
    """

    wall_time: Annotated[float, reads(Quantity(unit="s", low=0.1, high=1e9))] | None = None
    simulated: Annotated[float, reads(Quantity(unit="s", low=1e-12, high=1e9))] | None = None
    stagnation: Annotated[int, whole(1, 1_000_000)] | None = None
    expected_improvement: Annotated[float, reads(Quantity(low=1e-9, high=1.0))] | None = None


class Search(Table):
    """`[search]`: how the space is searched, and for what.

    - `sampler`: the method of the search, by Optuna's names.
    - `trials`: how many designs are tried.
    - `seed`: of the sampler.
    - `startup_trials`: random trials before the sampler starts to learn (NSGA-II: population).
    - `objectives`: name to direction, in the order of `objectives.METRICS`.
    - `pruner`: what stops hopeless trials between two epochs.
    - `constraints`: what a design must keep to.
    - `start`: designs to begin with: `original`, or files.
    - `stop`: what ends the study before it has all its trials.
    """

    sampler: Literal["tpe", "gp", "nsga2", "cmaes", "qmc", "random", "auto"] = "tpe"
    trials: Annotated[int, whole(1, 1_000_000)] = 100
    seed: Seed = 0
    startup_trials: Annotated[int, whole(1, 100_000)] = 10
    objectives: Annotated[
        dict[str, Literal["minimize", "maximize"]],
        Field(min_length=1),
    ] = {"nmse": "minimize"}
    pruner: Pruner = MedianPruner()
    constraints: tuple[Bound, ...] = ()
    start: Annotated[list[Annotated[str, Field(min_length=1)]], Field(max_length=1000)] = []
    stop: StopTable = StopTable()

    @property
    def directions(self) -> list[str]:
        """One direction for each objective, in their order."""
        return list(self.objectives.values())


Resources = dict[
    Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")],
    Annotated[float, Field(gt=0.0, le=1e6, description="a number above 0")],
]
"""Amounts of resources, by names that are free to choose."""


class Execution(Table):
    """`[execution]`: what computes the study, and within which limits.

    - `simulator`: `auto` takes Xyce where it is installed, else ngspice.
    - `processes`: processes of one simulation; above 1, Xyce runs under `mpirun`.
    - `workers`: trials at a time; None for as many as the cores have room for.
    - `epoch_time_limit`: wall time of one epoch, s.
    - `memory_limit`: address space of one simulator process, bytes; None for no limit.
    - `cores`: what one run takes of a machine; None for its processes.
    - `memory`: bytes that Ray sets aside for one run; None for none.
    - `resources`: further ones that a run takes, such as licences; `local_resources` says how many
      this machine has where Ray is started on it.
    - `straggler_factor`: a run is cut when it takes this many times longer than nine in ten do; 0 for
      never. `straggler_least`: wall time before which none is cut, s.
    - `run_cache`: largest size of the cache of runs for other studies, bytes; 0 for no cache.
    """

    simulator: Annotated[str, reads(Quantity(choices=TRAINERS))] = "auto"
    processes: Annotated[int, whole(1, 1024)] = 1
    workers: Annotated[int, whole(1, 10_000)] | None = None
    epoch_time_limit: Annotated[float, reads(Quantity(unit="s", low=1e-3, high=1e7))] = 3600.0
    memory_limit: (
        Annotated[int, reads(Quantity(unit="B", low=1e8, high=1e15, integer=True))] | None
    ) = None
    cores: Annotated[int, whole(1, 1024)] | None = None
    memory: Annotated[int, reads(Quantity(unit="B", low=1e6, high=1e15, integer=True))] | None = (
        None
    )
    resources: Resources = {}
    local_resources: Resources = {}
    straggler_factor: Annotated[float, reads(Quantity(low=0.0, high=1e6))] = 10.0
    straggler_least: Annotated[float, reads(Quantity(unit="s", low=1e-3, high=1e7))] = 60.0
    run_cache: Annotated[int, reads(Quantity(unit="B", low=0.0, high=1e15, integer=True))] = (
        2_000_000_000
    )

    def limits(self) -> Limits:
        """Returns the limits of one epoch."""
        return Limits(wall_seconds=self.epoch_time_limit, memory_bytes=self.memory_limit)


class Pdk(Table):
    """`[pdk]`: directory of the transistor models, if it is not one of the usual ones."""

    path: Annotated[str, Field(min_length=1)] | None = None


class SpaceEntry(Table):
    """One entry of `[space]`: a range, choices, a ratio to another field, or a tie to it."""

    low: Any = None
    high: Any = None
    step: Any = None
    log: bool | None = None
    per_layer: bool = False
    choices: list[Any] | None = None
    ratio_of: str | None = None
    value: Annotated[float, reads(RATIO)] | None = None
    tie: str | None = None
