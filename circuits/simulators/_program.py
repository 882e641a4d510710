# SPDX-License-Identifier: GPL-3.0-or-later
"""`SpiceProgram`, the base class of simulators: writes a deck, runs the program, reads its waveforms."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from circuits.simulators import _process
from circuits.simulators._analysis import DCSweep, Transient
from circuits.simulators._outcome import Cause, Outcome, Verdict
from circuits.simulators._progress import Watch
from circuits.simulators._raw import RawFile, TruncatedRawFileError, read_raw
from circuits.simulators._records import Limits, SimulatorRun, Statistics, Waveforms
from circuits.simulators._verdicts import disk_verdict, is_full, stop_verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from circuits.simulators._deck import Deck
    from circuits.simulators._process import Ended

DECK = "deck.cir"
RAW = "out.raw"
_PERHAPS_DISK = frozenset((Cause.ABORTED, Cause.KILLED, Cause.TRUNCATED_OUTPUT))
DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class SpiceProgram(ABC):
    """A SPICE simulator that is a program on this machine; the base of all of them.

    **Arguments:**

    - `executable`: its path.
    - `version`: as it reports itself, `39` or `7.10.0`.
    - `processes`: of one simulation.

    **Class attributes:**

    - `name`: what the simulator is called here, such as `ngspice`. The environment variable
      `ANALOG_SWEEP_<NAME>` says which program it is.
    - `program`: that program where the variable says nothing, on PATH.
    - `ask`: the argument that makes it print its version.
    - `told`: pattern of its answer, the version as the first group.
    - `oldest`: the oldest version that is supported.
    - `install`: the command that installs it, or the place where it is to be had.
    - `parallel`: True if it can run in several processes.
    """

    name: ClassVar[str]
    program: ClassVar[str]
    ask: ClassVar[str]
    told: ClassVar[re.Pattern[str]]
    oldest: ClassVar[tuple[int, ...]]
    install: ClassVar[str]
    parallel: ClassVar[bool] = False

    executable: Path
    version: str
    processes: int = 1

    def check_parallel(self) -> None:  # noqa: B027 - most have nothing to check
        """Refuse several processes where this machine or build has none; called where `parallel` holds.

        **Raises:** `CircuitError`; `SimulatorNotFound` where something is not installed.
        """

    @abstractmethod
    def render(self, deck: Deck) -> str:
        """The complete netlist, ready to be run by hand, for this simulator."""

    @abstractmethod
    def native(self, signal: str) -> str:
        """The name of a signal of `Deck.signals` in this simulator's raw file, lower case."""

    @abstractmethod
    def classify(self, returncode: int, stdout: str, stderr: str) -> Verdict:
        """Finds out from exit status and messages how a run ended.

        **Arguments:**

        - `returncode`: exit status, or minus the signal that killed the program.
        - `stdout`, `stderr`: its output.

        **Returns:** the cause with the lines that show it; `Cause.NONE` for a run that finished.
        """

    @abstractmethod
    def statistics(self, stdout: str) -> Statistics:
        """The solver's counts, read from the messages of a run that finished."""

    @abstractmethod
    def command(self) -> list[str]:
        """The command line that runs `deck.cir` in the current directory into `out.raw`."""

    def files(self, deck: Deck) -> Mapping[str, str]:  # noqa: ARG002 - for those that need some
        """Name to text of what this simulator needs in its run directory besides a deck's netlist."""
        return {}

    def render_for_hand(self, deck: Deck, nodes: Sequence[str]) -> str:  # noqa: ARG002 - see below
        """The netlist for running it by hand.

        **Arguments:**

        - `deck`: the deck.
        - `nodes`: voltages to print, where the program does not run without printing any.
        """
        return self.render(deck)

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
        """Simulate a deck, as `SpiceSimulator.execute`."""
        begun = time.perf_counter()
        try:
            if directory is not None:
                directory.mkdir(parents=True, exist_ok=True)
            place = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=directory))
        except OSError as error:
            outcome = Outcome.of(disk_verdict(error), seconds=time.perf_counter() - begun)
            return SimulatorRun(outcome=outcome)
        try:
            execution = self._execute_in(place, deck, limits, progress, cancelled, begun)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        if keep:
            return execution
        shutil.rmtree(place, ignore_errors=True)
        return SimulatorRun(outcome=execution.outcome, waveforms=execution.waveforms)

    def _execute_in(
        self,
        place: Path,
        deck: Deck,
        limits: Limits,
        progress: Callable[[float], None] | None,
        cancelled: Callable[[], bool] | None,
        begun: float,
    ) -> SimulatorRun:
        def failed(verdict: Verdict) -> SimulatorRun:
            outcome = Outcome.of(verdict, seconds=time.perf_counter() - begun)
            return SimulatorRun(outcome=outcome, directory=place)

        netlist = self.render(deck)
        try:
            for name, text in {DECK: netlist, **self.files(deck)}.items():
                (place / name).write_text(text, "utf-8")
        except OSError as error:
            return failed(disk_verdict(error))
        if not os.access(self.executable, os.X_OK):
            words = f"{self.executable} is not there or may not be executed."
            return failed(Verdict(Cause.SIMULATOR_MISSING, words))
        try:
            ended = _process.run(
                self.command(),
                directory=place,
                limits=limits,
                watch=progress and Watch(deck.analysis, place / RAW, progress).look,
                cancelled=cancelled,
            )
        except _process.NotStartedError as error:
            return failed(disk_verdict(error.reason))
        verdict, waveforms = self._judge(deck, place, limits, ended)
        outcome = Outcome.of(
            verdict,
            seconds=time.perf_counter() - begun,
            cpu_seconds=ended.cpu_seconds,
            peak_memory=ended.peak_memory,
        )
        if progress is not None and waveforms is not None:
            progress(1.0)
        return SimulatorRun(outcome=outcome, waveforms=waveforms, directory=place)

    def _judge(
        self, deck: Deck, place: Path, limits: Limits, ended: Ended
    ) -> tuple[Verdict, Waveforms | None]:
        verdict = stop_verdict(ended, limits) or self.classify(
            ended.returncode, ended.stdout, ended.stderr
        )
        if verdict.cause in _PERHAPS_DISK and is_full(place):
            verdict = Verdict(Cause.DISK_FULL, f"The disk of {place} is full. {verdict.message}")
        if verdict.cause is Cause.UNDEFINED_SYMBOL:
            words = f"{verdict.message}\nSignals asked for: {', '.join(deck.signals)}."
            verdict = Verdict(verdict.cause, words)
        if verdict.cause is Cause.KILLED and limits.memory_bytes is not None:
            words = (
                f"{verdict.message}\nIts address space was limited to {limits.memory_bytes} bytes."
            )
            verdict = Verdict(verdict.cause, words)
        if verdict.cause is not Cause.NONE:
            return verdict, None
        try:
            raw = read_raw(place / RAW)
            return verdict, self._waveforms(deck, raw, ended)
        except OSError as error:
            return disk_verdict(error), None
        except TruncatedRawFileError as error:
            if is_full(place):
                return Verdict(Cause.DISK_FULL, f"The disk of {place} is full. {error}"), None
            return Verdict(Cause.TRUNCATED_OUTPUT, str(error)), None
        except _UnusableError as error:
            return error.verdict, None

    def _waveforms(self, deck: Deck, raw: RawFile, ended: Ended) -> Waveforms:
        """The signals of a complete raw file; refuses missing signals, incomplete axes, and values not finite."""
        rows = {name: index for index, name in enumerate(raw.names)}
        missing = [signal for signal in deck.signals if self.native(signal) not in rows]
        if missing:
            words = f"The simulator saved no {', '.join(missing)}: not in the circuit."
            raise _UnusableError(Verdict(Cause.UNDEFINED_SYMBOL, words))
        axis, values, outer = _axis(deck, raw)
        signals = {signal: raw.data[rows[self.native(signal)]] for signal in deck.signals}
        for signal, samples in signals.items():
            if not np.isfinite(samples).all():
                words = f"{signal} holds values that are no finite number."
                raise _UnusableError(Verdict(Cause.NOT_FINITE, words))
        return Waveforms(
            axis=axis,
            values=values,
            outer=outer,
            signals=signals,
            statistics=self.statistics(ended.stdout),
        )


class _UnusableError(Exception):
    """A complete output that cannot be used as a result."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict


def _axis(deck: Deck, raw: RawFile) -> tuple[str, NDArray[np.float64], NDArray[np.float64] | None]:
    """Name and values of the axis, and the outer sweep; an error unless it is complete."""
    points = raw.data.shape[1]
    analysis = deck.analysis
    if isinstance(analysis, Transient):
        time_axis = raw.data[0]
        end = float(time_axis[-1])
        whole = raw.names[0] == "time" and abs(end - analysis.stop) <= 1e-9 * analysis.stop
        if not whole or not np.all(np.diff(time_axis) >= 0.0):
            msg = f"The output ends at {end:g} s and not at {analysis.stop:g} s."
            raise TruncatedRawFileError(msg)
        return "time", time_axis, None
    if isinstance(analysis, DCSweep):
        inner, outer = analysis.grid()
        if points != inner.size:
            msg = f"The output holds {points} of the {inner.size} points of the sweep."
            raise TruncatedRawFileError(msg)
        return analysis.source, inner, outer
    if points != 1:
        msg = f"The output holds {points} operating points and not one."
        raise TruncatedRawFileError(msg)
    return "point", np.zeros(1), None
