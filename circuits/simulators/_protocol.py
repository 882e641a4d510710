# SPDX-License-Identifier: GPL-3.0-or-later
"""`SpiceSimulator`, the interface of SPICE simulators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from circuits.simulators._program import DEFAULT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from circuits.simulators._deck import Deck
    from circuits.simulators._records import Limits, SimulatorRun


@runtime_checkable
class SpiceSimulator(Protocol):
    """A simulator of SPICE netlists; `find` returns one."""

    @property
    def name(self) -> str:
        """As in `SIMULATORS`."""
        ...

    @property
    def executable(self) -> Path:
        """The program that is run."""
        ...

    @property
    def version(self) -> str:
        """The version it reports."""
        ...

    def render(self, deck: Deck) -> str:
        """The complete netlist of a deck, as `execute` runs it."""
        ...

    def execute(
        self,
        deck: Deck,
        *,
        directory: Path | None = None,
        limits: Limits = DEFAULT_LIMITS,
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        keep: bool = False,
    ) -> SimulatorRun:
        """Simulate a deck; a failure of the simulator is an outcome, not an exception.

        The simulator dies with the thread that called this.

        **Arguments:**

        - `deck`: the deck.
        - `directory`: where the run makes a directory of its own; the system's temporary
          directory if None.
        - `limits`: wall time and memory.
        - `progress`: called with the fraction done, ascending, last with 1 if all went well.
        - `cancelled`: asked about every 20 ms; the simulator is killed when it returns True.
        - `keep`: leave the run's directory (netlist, messages, raw file) in place.

        **Returns:** the outcome, and the waveforms of a run that reported its end and left complete output
        of finite numbers.
        """
        ...
