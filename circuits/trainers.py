# SPDX-License-Identifier: GPL-3.0-or-later
"""`Trainer`, the common interface of SPICE transients and the quasi-static simulator, and its factory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from circuits.run import Run
from circuits.run_cache import RunCache
from circuits.simulators import SIMULATORS, Limits, SpiceSimulator, find
from circuits.trace import Trace
from circuits.transient import TransientTrainer
from pdk import Models

QUASISTATIC = "quasistatic"
TRAINERS = ("auto", *SIMULATORS, QUASISTATIC)
"""Names that `make_trainer` takes."""


class Trainer(Protocol):
    """Computes training runs.

    - `simulator`: the SPICE simulator it uses: for the transient itself, or (quasi-static) for
      measuring the transistors.
    - `models`: the transistor models.
    - `name`, `version`: its own, as a trace has them.
    """

    @property
    def simulator(self) -> SpiceSimulator:
        """The SPICE simulator that it uses."""

    @property
    def models(self) -> Models:
        """The transistor models."""

    @property
    def name(self) -> str:
        """One of `TRAINERS`, not `auto`."""

    @property
    def version(self) -> str:
        """Version of the trainer, with those of programs that its results depend on."""

    def key(self, run: Run) -> str:
        """SHA-256 of all that the run's result depends on."""

    def run(
        self,
        run: Run,
        *,
        directory: Path | None = None,
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        keep: bool = False,
    ) -> Trace:
        """Compute a run; a failure of the simulation is the trace's outcome, not an exception.

        **Arguments:**

        - `run`: the run.
        - `directory`: for the run's files; None for a temporary one.
        - `progress`: called now and then with the fraction that is done, from 0 to 1.
        - `cancelled`: asked now and then; the run ends when it returns True.
        - `keep`: keep the run's files.

        **Returns:** the trace; without results where its outcome is not ok.

        **Raises:** `CircuitError` for a run that the trainer cannot compute; `pdk.PdkError` where the
        transistor models cannot be compiled.
        """


def make_trainer(
    name: str,
    models: Models,
    *,
    limits: Limits | None = None,
    executable: str | None = None,
    processes: int = 1,
    cache: RunCache | None = None,
) -> Trainer:
    """The trainer of a name.

    **Arguments:**

    - `name`: one of `circuits.simulators.SIMULATORS` for transient simulation, `auto` for the first of
      them that is installed; `quasistatic` for one equilibrium in each phase.
    - `models`: the transistor models.
    - `limits`: of one run.
    - `executable`: path or name of the SPICE simulator's program; None for the usual one.
    - `processes`: of one transient simulation, where the simulator can run in several.
    - `cache`: of finished transient runs; None for none. Quasi-static runs are not cached: computing one again
      is faster.

    **Raises:** as `circuits.simulators.find`.
    """
    limits = limits or Limits()
    if name == QUASISTATIC:
        # numba takes a second to import, which a transient does not need.
        from circuits.quasistatic import QuasistaticTrainer  # noqa: PLC0415

        return QuasistaticTrainer(find("auto", executable=executable), models, limits=limits)
    return TransientTrainer(
        find(name, executable=executable, processes=processes),
        models,
        limits=limits,
        cache=cache,
    )
