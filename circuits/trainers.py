# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that computes a `Run`, behind one protocol: SPICE transients and the quasi-static."""

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
"""What `make_trainer` takes."""


class Trainer(Protocol):
    """What computes training runs.

    - `simulator`: the SPICE simulator it uses: for the transient itself, or (quasi-static) for
      measuring the transistors.
    - `models`: the transistor models.
    - `name`, `version`: of what computes the run; a study has one of each.
    """

    @property
    def simulator(self) -> SpiceSimulator:
        """The SPICE simulator behind it."""

    @property
    def models(self) -> Models:
        """The transistor models."""

    @property
    def name(self) -> str:
        """One of `TRAINERS`, not `auto`."""

    @property
    def version(self) -> str:
        """Version of what computes the run."""

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
        """Compute a run; what goes wrong inside is the trace's outcome."""


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
      them that is installed; `quasistatic` for one equilibrium a phase.
    - `limits`: of one run.
    - `executable`: the SPICE simulator's program, if not where it is looked for.
    - `processes`: of one transient simulation (of those that can).
    - `cache`: of finished transients; the quasi-static computes faster than it would read them.

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
