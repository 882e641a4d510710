# SPDX-License-Identifier: GPL-3.0-or-later
"""`SimulatorSpec`: the simulator and models that the driver found, for workers to use the same."""

from __future__ import annotations

import functools
import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pdk
from circuits import CircuitError, RunCache, Trainer, make_trainer
from circuits.run_cache import default_directory
from circuits.simulators import Limits

_KEPT = 8
"""Trainers that a worker process keeps: a quasi-static one has its device tables in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSpec:
    """The simulator of all tasks of a rung.

    - `simulator`, `executable`, `version`: its name, its program on the driver's machine, its version.
    - `processes`: number of processes of one simulation.
    - `models`: the transistor models, as the driver found them.
    - `limits`: limits of one epoch.
    - `scratch`: directory for the simulators' files on the driver's machine.
    - `cache_bytes`: how large a machine's cache of finished runs may become; 0 for none. `cache`
      is where it is on the driver's machine; on others it is in the user's cache.
    - `is_here`: whether this is the node that the driver is on.
    """

    simulator: str
    executable: str
    version: str
    processes: int
    models: pdk.Models
    limits: Limits
    scratch: str
    cache_bytes: int = 0
    cache: str = ""
    is_here: bool = True

    @property
    def directory(self) -> Path | None:
        """Where simulators put their files on this machine; None for where the system says."""
        return Path(self.scratch) if self.is_here else None

    def trainer(self) -> Trainer:
        """Returns the trainer on this machine.

        **Raises:** `CircuitError` and `PdkError` where simulator or models are missing or not the
        driver's.
        """
        models = self.models if self.is_here else pdk.locate(technology=self.models.technology)
        trainer = make_trainer(
            self.simulator,
            models,
            limits=self.limits,
            executable=self.executable if self.is_here else None,
            processes=self.processes,
            cache=self._cache(),
        )
        if (trainer.version, models.sha256) != (self.version, self.models.sha256):
            msg = (
                f"{platform.node()} has {trainer.name} {trainer.version} and models from "
                f"{models.source}, and the study runs with {self.simulator} {self.version} and "
                f"those from {self.models.source}; install the same versions on all machines."
            )
            raise CircuitError(msg)
        return trainer

    def _cache(self) -> RunCache | None:
        if not self.cache_bytes:
            return None
        directory = Path(self.cache) if self.is_here and self.cache else default_directory()
        return RunCache(largest=self.cache_bytes, directory=directory)


@dataclass(frozen=True, slots=True)
class RungSimulator:
    """A rung's trainer in the driver, and the spec that makes the same one on a worker."""

    trainer: Trainer
    spec: SimulatorSpec


@functools.lru_cache(maxsize=_KEPT)
def trainer_for(spec: SimulatorSpec) -> Trainer:
    """The trainer of `SimulatorSpec.trainer`, the same one for every task of this process."""
    return spec.trainer()


def unfitness(spec: Sequence[SimulatorSpec]) -> str:
    """Returns what another node than the driver's lacks for these simulators; empty if nothing."""
    try:
        for each in spec:
            trainer_for(replace(each, is_here=False))
    except (CircuitError, pdk.PdkError) as error:
        return str(error)
    return ""
