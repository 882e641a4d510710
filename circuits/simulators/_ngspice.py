# SPDX-License-Identifier: GPL-3.0-or-later
"""ngspice 39 and later, in batch mode."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from circuits.simulators._accuracy import ngspice_options, number
from circuits.simulators._analysis import DCSweep, Transient
from circuits.simulators._deck import Deck, split_signal
from circuits.simulators._outcome import Cause, Verdict
from circuits.simulators._program import DECK, RAW, SpiceProgram
from circuits.simulators._records import Statistics
from circuits.simulators._verdicts import join_words, pick, system_verdict, tail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Read from the run's own directory instead of the user's: HSPICE dialect without its check of
# model parameters, one thread, binary output.
_SPICEINIT = """\
set ngbehavior=hsa
set ng_nomodcheck
set num_threads=1
set filetype=binary
"""
# No operating point by a transient (a final time of 0): ngspice tries that where all else fails, and in it
# no node keeps its initial condition, so a training would begin with other weights without a message.
_NO_TRANSIENT_POINT = "optran 1 1 1 0 0 0\n"
_SIGNALS_PER_LINE = 20

# In order: the first phrase that is found names the cause (ngspice 39, src/frontend and
# src/spicelib/analysis).
_PHRASES: tuple[tuple[Cause, tuple[str, ...]], ...] = (
    (
        Cause.MISSING_FILE,
        ("could not find include file", "could not find library file", "can't open"),
    ),
    (
        Cause.UNDEFINED_SYMBOL,
        (
            "no data saved for",
            "no such vector",
            "ic on non-existent node",
            "unknown controlling source",
            "is not in the circuit",
        ),
    ),
    (Cause.TIME_STEP_TOO_SMALL, ("timestep too small; time =",)),
    (
        Cause.NO_DC_POINT,
        (
            "initial timepoint",
            "op:  timestep too small",
            "dc:  timestep too small",
            "transient op failed",
            "iteration limit reached",
            "timestep too small",
            "no convergence",
            "too many iterations without convergence",
        ),
    ),
    (
        Cause.PARSE_ERROR,
        (
            "circuit not parsed",
            "simulation interrupted due to error",
            "there aren't any circuits loaded",
            "unknown subckt",
            "error on line",
            "fatal error",
            "unusual leading characters",
        ),
    ),
)
_PARSE_WORDS = ("error", "can't find", "unknown", "could not", "undefined", "unable", "too few")
_EMPTY_WORDS = ("interrupted due to", "circuit not parsed", "aren't any circuits", "no resource")


@dataclass(frozen=True, slots=True)
class Ngspice(SpiceProgram):
    """The program ngspice; `find("ngspice")` returns it."""

    name: ClassVar[str] = "ngspice"
    program: ClassVar[str] = "ngspice"
    ask: ClassVar[str] = "--version"
    told: ClassVar[re.Pattern[str]] = re.compile(r"ngspice-(\d+(?:\.\d+)*)")
    oldest: ClassVar[tuple[int, ...]] = (39,)
    install: ClassVar[str] = "sudo apt-get install ngspice"

    def render(self, deck: Deck) -> str:
        """The netlist in ngspice's HSPICE dialect (`set ngbehavior=hsa`)."""
        options = " ".join(f"{k}={v}" for k, v in ngspice_options(deck.accuracy).items())
        natives = [self._saved(signal) for signal in deck.signals]
        lines = [f"* {deck.title.strip()}"]
        if deck.library is not None:
            lines.append(f'.include "{deck.library.path}"')
        lines.append(deck.circuit.rstrip("\n"))
        lines += [f".ic v({node})={number(value)}" for node, value in deck.initial.items()]
        lines.append(f".temp {number(deck.temperature)}")
        lines.append(f".options {options} acct")
        lines += [
            f".save {' '.join(natives[i : i + _SIGNALS_PER_LINE])}"
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
                    f"{_device(s.source)} {number(s.start)} {number(s.bound)} {number(s.step)}"
                    for s in sweeps
                )
            )
        else:
            lines.append(".op")
        return "\n".join([*lines, ".end", ""])

    def native(self, signal: str) -> str:
        """`v(x1.node)` and `i(v.x1.v2)`, for the current of source v2 of instance x1."""
        return self._saved(signal)

    @staticmethod
    def _saved(signal: str) -> str:
        kind, name = split_signal(signal)
        return f"v({name})" if kind == "v" else f"i({_device(name)})"

    def files(self, deck: Deck) -> Mapping[str, str]:
        """`.spiceinit`, which also keeps the user's own one from being read."""
        return {".spiceinit": _SPICEINIT + _NO_TRANSIENT_POINT * bool(deck.initial)}

    def render_for_hand(self, deck: Deck, nodes: Sequence[str]) -> str:
        """As `SpiceProgram.render_for_hand`: prints the nodes, without which `ngspice -b` does not run."""
        printed = f".print tran {' '.join(f'v({node})' for node in nodes)}"
        return self.render(deck).removesuffix(".end\n") + f"{printed}\n.end\n"

    def command(self) -> list[str]:
        """Batch mode with a binary raw file."""
        return [str(self.executable), "-b", "-r", RAW, DECK]

    def classify(self, returncode: int, stdout: str, stderr: str) -> Verdict:
        """As `SpiceProgram.classify`; relies on stderr, as the exit status is 0 after some errors."""
        verdict = system_verdict(returncode, stdout, stderr) or _said(returncode, stderr)
        if verdict is not None:
            return verdict
        if "No. of Data Rows" not in stdout:
            words = "ngspice ended without a word about its data."
            return Verdict(Cause.TRUNCATED_OUTPUT, join_words([words, *tail(stderr, 4)]))
        return Verdict(Cause.NONE)

    def statistics(self, stdout: str) -> Statistics:
        """The counts that `.options acct` prints at the end."""
        counts = {
            key: int(value)
            for key, value in re.findall(r"^([A-Z][\w ]+?) = (\d+)$", stdout, re.MULTILINE)
        }
        equations = counts.get("Circuit Equations")
        return Statistics(
            steps=counts.get("Accepted timepoints"),
            rejected=counts.get("Rejected timepoints"),
            newton_iterations=counts.get("Total iterations"),
            unknowns=None if equations is None else equations - 1,  # ngspice counts ground
        )


def _said(returncode: int, stderr: str) -> Verdict | None:
    """The verdict that the messages call for; None where they contain no error."""
    lowered = stderr.lower()
    aborted = returncode != 0 or "simulation(s) aborted" in lowered or "doanalyses:" in lowered
    for cause, phrases in _PHRASES:
        # These messages also appear on the way to an operating point that is found in the end.
        if (cause is Cause.NO_DC_POINT and not aborted) or not any(p in lowered for p in phrases):
            continue
        words = pick(stderr, *phrases)
        if cause is Cause.NO_DC_POINT and "singular matrix" in lowered:
            shown = [*pick(stderr, "singular matrix:")[:1], *words]
            return Verdict(Cause.SINGULAR_MATRIX, join_words(shown))
        if cause is Cause.PARSE_ERROR:
            said = pick(stderr, *_PARSE_WORDS) or words
            words = [w for w in said if not any(e in w.lower() for e in _EMPTY_WORDS)] or said
        return Verdict(cause, join_words(words))
    return Verdict(Cause.ABORTED, join_words(tail(stderr, 6))) if aborted else None


def _device(path: str) -> str:
    """The flat name of a device: source v2 of instance x1 is `v.x1.v2`."""
    instances, _, leaf = path.rpartition(".")
    return f"{leaf[0]}.{instances}.{leaf}" if instances else leaf
