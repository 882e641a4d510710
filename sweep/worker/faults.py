# SPDX-License-Identifier: GPL-3.0-or-later
"""Distinguishes faults of the machine from failures that a design causes."""

from __future__ import annotations

from pathlib import Path

import pdk
from circuits import CircuitError, PluginError, Trainer
from circuits.simulators import Cause, SimulatorNotFound, find, self_test

DOUBTFUL = frozenset(
    (
        Cause.ABORTED,
        Cause.KILLED,
        Cause.TRUNCATED_OUTPUT,
        Cause.PARSE_ERROR,
        Cause.UNDEFINED_SYMBOL,
        Cause.MISSING_FILE,
    )
)
"""Causes of failure that may be due to a broken simulator, or to a netlist that it cannot read."""

_OF_THE_MACHINE = (
    pdk.InstallationError,
    SimulatorNotFound,
    PluginError,
    OSError,
    MemoryError,
    ImportError,
)
_TRIES = 2  # a simulator may be killed by chance


def is_of_the_machine(error: Exception) -> bool:
    """Whether an error is due to this machine, and not to a design.

    An error that has the outcome of a simulation is judged by that outcome instead
    (`sweep.driver._failures.failure_of`).
    """
    return isinstance(error, _OF_THE_MACHINE)


def check_unchanged(trainer: Trainer) -> None:
    """Check that the simulator's program is the one that a study began with.

    **Raises:** `CircuitError` where it is gone or was replaced by another version.
    """
    simulator = trainer.simulator
    now = find(simulator.name, executable=str(simulator.executable)).version
    if now != simulator.version:
        msg = (
            f"{simulator.executable} was replaced: it is {simulator.name} {now} now, and the study "
            f"runs with {simulator.version}; put that back."
        )
        raise CircuitError(msg)


def fault_of(trainer: Trainer, directory: Path | None) -> str:
    """Returns what is wrong with a simulator that cannot simulate one transistor; empty if it can.

    **Arguments:**

    - `trainer`: a trainer with the simulator and the models.
    - `directory`: directory for the simulator's files; None for the system's.
    """
    for _ in range(_TRIES):
        outcome = self_test(trainer.simulator, trainer.models, directory=directory)
        if outcome.ok or outcome.cause is Cause.TIME_LIMIT:
            return ""
    words = " ".join(outcome.message.split()) or str(outcome.cause)
    return f"{trainer.simulator.executable} cannot simulate a single transistor: {words}"
