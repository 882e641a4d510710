# SPDX-License-Identifier: GPL-3.0-or-later
"""Xyce 7.x, serial or under `mpirun`."""

from __future__ import annotations

import functools
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from circuits._errors import CircuitError
from circuits.simulators import _process
from circuits.simulators._accuracy import number, xyce_options
from circuits.simulators._analysis import DCSweep, Transient
from circuits.simulators._deck import Deck, split_signal
from circuits.simulators._not_found import SimulatorNotFound
from circuits.simulators._outcome import Cause, Verdict
from circuits.simulators._program import DECK, RAW, SpiceProgram
from circuits.simulators._records import Statistics
from circuits.simulators._verdicts import join_words, pick, system_verdict, tail

if TYPE_CHECKING:
    from pathlib import Path

_SIGNALS_PER_LINE = 20

# In order: the first phrase that is found names the cause (Xyce 7.10, N_ANP_Transient.C,
# N_ANP_DCSweep.C, N_IO_*).
_PHRASES: tuple[tuple[Cause, tuple[str, ...]], ...] = (
    (
        Cause.MISSING_FILE,
        ("could not find include file", "could not find library file", "could not open"),
    ),
    (
        Cause.UNDEFINED_SYMBOL,
        (
            "undefined symbol",
            "unknown solution node",
            "at nodes not present in circuit",
            "ignoring nodes",
            "unable to find parameter",
        ),
    ),
    (Cause.TIME_STEP_TOO_SMALL, ("time step too small", "maximum number of failures")),
    (Cause.NO_DC_POINT, ("dc operating point failed", "failed dc sweep")),
    (Cause.PARSE_ERROR, ("netlist error", "msg_error", "msg_fatal")),
)
_END = "***** End of Xyce(TM) Simulation"


@dataclass(frozen=True, slots=True)
class Xyce(SpiceProgram):
    """The program Xyce; `find("xyce")` returns it. With several `processes` it runs under `mpirun`."""

    name: ClassVar[str] = "xyce"
    program: ClassVar[str] = "Xyce"
    ask: ClassVar[str] = "-v"
    told: ClassVar[re.Pattern[str]] = re.compile(r"Xyce\D*?(\d+(?:\.\d+)*)")
    oldest: ClassVar[tuple[int, ...]] = (7,)
    install: ClassVar[str] = "Xyce 7 from https://xyce.sandia.gov, with its bin directory on PATH"
    parallel: ClassVar[bool] = True

    def check_parallel(self) -> None:
        """Refuse several processes without `mpirun` or with a serial build."""
        if shutil.which("mpirun") is None:
            msg = "mpirun was not found; install it: sudo apt-get install openmpi-bin."
            raise SimulatorNotFound(msg)
        if "parallel" not in _capabilities(self.executable).lower():
            msg = (
                f"{self.executable} is a serial build of Xyce; use 1 process, or a parallel build."
            )
            raise CircuitError(msg)

    def render(self, deck: Deck) -> str:
        """The netlist in Xyce's own dialect, nodes with `:` between levels."""
        transient = isinstance(deck.analysis, Transient)
        natives = [self.native(signal) for signal in deck.signals]
        options = xyce_options(deck.accuracy)
        options.setdefault("device", {})["temp"] = number(deck.temperature)
        lines = [f"* {deck.title.strip()}"]
        if deck.library is not None:
            lines.append(f'.include "{deck.library.path}"')
        lines.append(deck.circuit.rstrip("\n"))
        lines += [
            f".ic v({node.replace('.', ':')})={number(value)}"
            for node, value in deck.initial.items()
        ]
        lines += [
            f".options {package} {' '.join(f'{k}={v}' for k, v in entries.items())}"
            for package, entries in options.items()
        ]
        lines.append(f".print {'tran' if transient else 'dc'} format=raw file={RAW}")
        lines += [
            f"+ {' '.join(natives[i : i + _SIGNALS_PER_LINE])}"
            for i in range(0, len(natives), _SIGNALS_PER_LINE)
        ]
        analysis = deck.analysis
        if isinstance(analysis, Transient):
            lines.append(
                f".tran {number(analysis.step)} {number(analysis.stop)} 0 "
                f"{number(analysis.largest_step)}"
            )
        elif isinstance(analysis, DCSweep):
            sweeps = [analysis] if analysis.second is None else [analysis, analysis.second]
            lines.append(
                ".dc "
                + " ".join(
                    f"{s.source.replace('.', ':')} {number(s.start)} {number(s.bound)} "
                    f"{number(s.step)}"
                    for s in sweeps
                )
            )
        else:
            lines.append(".op")
        return "\n".join([*lines, ".end", ""])

    def native(self, signal: str) -> str:
        """`v(x1:node)` and `i(x1:v2)`."""
        kind, name = split_signal(signal)
        return f"{kind}({name.replace('.', ':')})"

    def command(self) -> list[str]:
        """Xyce alone, or under `mpirun`, whose processes end with it though each has a process group of its own."""
        xyce = [str(self.executable), "-quiet", "-max-warnings", "20", DECK]
        if self.processes == 1:
            return xyce
        return ["mpirun", "-n", str(self.processes), *_process.tie(), *xyce]

    def classify(self, returncode: int, stdout: str, stderr: str) -> Verdict:
        """As `SpiceProgram.classify`; relies on the error messages, which are on stdout."""
        verdict = system_verdict(returncode, stdout, stderr) or _said(stdout)
        if verdict is not None:
            return verdict
        if returncode != 0:
            return Verdict(Cause.ABORTED, join_words([*tail(stderr, 4), *tail(stdout, 4)]))
        if _END not in stdout:
            words = ["Xyce never said that it had finished.", *tail(stderr, 2), *tail(stdout, 2)]
            return Verdict(Cause.TRUNCATED_OUTPUT, join_words(words))
        return Verdict(Cause.NONE)

    def statistics(self, stdout: str) -> Statistics:
        """The counts of the last solution summary; the operating point has one of its own."""

        def count(what: str) -> int | None:
            found = re.findall(rf"{re.escape(what)}\s*(\d+)", stdout)
            return int(found[-1]) if found else None

        return Statistics(
            steps=count("Number Successful Steps Taken:"),
            rejected=count("Number Failed Steps Attempted:"),
            newton_iterations=count("Number Linear Solves:"),
            unknowns=count("Number of Unknowns ="),
        )


@functools.cache
def _capabilities(program: Path) -> str:
    return _process.told(program, "-capabilities")


def _said(stdout: str) -> Verdict | None:
    """The verdict that the messages call for; None where they contain no error."""
    lowered = stdout.lower()
    for cause, phrases in _PHRASES:
        if not any(phrase in lowered for phrase in phrases):
            continue
        words = pick(stdout, *phrases)
        if cause is Cause.PARSE_ERROR:
            words = pick(stdout, "error") or words
        if cause is Cause.NO_DC_POINT and "numerically singular matrix" in lowered:
            words = [*pick(stdout, "numerically singular matrix"), *words]
            return Verdict(Cause.SINGULAR_MATRIX, join_words(words))
        return Verdict(cause, join_words(words))
    return None
