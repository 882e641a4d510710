# SPDX-License-Identifier: GPL-3.0-or-later
"""Observers that show the progress of a study, for people and for programs."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import sys
import textwrap
import time
from pathlib import Path
from typing import Any, Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sweep._numbers import duration, quantity
from sweep.driver.events import (
    EpochFinished,
    EpochLost,
    Event,
    NodeLeftOut,
    Noticed,
    PartRefused,
    Paused,
    Prepared,
    Preparing,
    Stopped,
    Stopping,
    StorageAway,
    StudyFinished,
    StudyStarted,
    Summary,
    TrainingFailed,
    TrialFailed,
    TrialFinished,
    TrialPromoted,
    TrialPruned,
    TrialStarted,
)
from sweep.observers._board import Board
from sweep.observers._rarely import Rarely
from sweep.results.manifest import now
from sweep.results.outcomes import OutcomeCount

_LANES = 16
_FIT = "nmse"
_ON_BOARD = (EpochFinished, Preparing, Prepared, TrialStarted, StudyStarted)
"""Events that the live table shows."""


class JsonObserver:
    """Writes each event as one line of JSON: `event`, `at` (UTC) and the event's fields.

    **Arguments:**

    - `stream`: for the output; standard output by default.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.flush()

    def __call__(self, event: Event) -> None:
        """Writes the event."""
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
        content = {"event": name, "at": now(), **_plain(dataclasses.asdict(event))}
        self._stream.write(json.dumps(content, allow_nan=False) + "\n")
        self._stream.flush()


class RichObserver:
    """Shows a live table of the study or, without a terminal, a line for each event.

    **Arguments:**

    - `console`: for the output; standard output by default.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._board = Board()
        self._live: Live | None = None
        self._rarely: dict[int, Rarely] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def __call__(self, event: Event) -> None:
        """Updates the board with the event, and shows it."""
        self._board.note(event)
        text = line(event, self._board)
        if not self._console.is_terminal:
            if isinstance(event, Preparing):
                rarely = self._rarely.setdefault(event.trial, Rarely())
                text = text if rarely.is_due(event.stage) else ""
            if text:
                self._print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}")
            return
        if isinstance(event, StudyStarted):
            self._live = Live(get_renderable=self._render, console=self._console, transient=True)
            self._live.start()
        if isinstance(event, StudyFinished | Stopped):
            self._end()
        if text and not isinstance(event, _ON_BOARD):
            self._print(text, whole=isinstance(event, Noticed))

    def _print(self, text: str, *, whole: bool = False) -> None:
        for part in text.splitlines():
            fits = self._console.is_terminal and not whole
            shown = (
                textwrap.shorten(part, self._console.width, placeholder=" ...") if fits else part
            )
            self._console.print(Text(shown), soft_wrap=True)

    def _end(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _render(self) -> RenderableType:
        return picture(self._board)


def line(event: Event, board: Board) -> str:
    """Returns a line of text about an event; empty for events that get none."""
    match event:
        case StudyStarted():
            begins = "goes on" if event.resumed else "begins"
            return (
                f"study {event.name} {begins}: {event.done} of {event.trials} trials done, "
                f"{event.simulator} {event.version}, {event.workers} workers"
            )
        case (
            Stopping()
            | Paused()
            | NodeLeftOut()
            | Noticed()
            | PartRefused()
            | StorageAway()
            | Stopped()
        ):
            return _line_of_driver(event)
        case StudyFinished():
            return closing(event.summary)
        case Preparing():
            return f"trial {event.trial}: {event.stage}"
        case Prepared():
            return f"trial {event.trial}: prepared in {duration(event.seconds)}"
        case _:
            return _line_of_trial(event, board)


def _line_of_driver(
    event: Stopping | Paused | NodeLeftOut | Noticed | PartRefused | StorageAway | Stopped,
) -> str:
    match event:
        case Stopping():
            return (
                f"{event.reason}: {event.running} running simulations are finished first; "
                "Ctrl-C again drops them"
            )
        case Paused():
            return "paused: nothing is begun" if event.paused else "goes on"
        case NodeLeftOut() | Noticed():
            return event.message
        case PartRefused():
            return f"warning: {event.message}"
        case StorageAway():
            return f"{event.message}; once more in {event.wait:g} s"
        case Stopped():
            # The message of the error is enough where the study never began.
            return f"stopped: {event.reason}; go on with --resume" if event.begun else ""


def _line_of_trial(event: Event, board: Board) -> str:
    text = ""
    match event:
        case TrialStarted() if event.epoch or event.rung:
            on = _on(event.rung, board)
            text = f"trial {event.trial} goes on at epoch {event.epoch + 1}{on}"
        case EpochFinished():
            text = (
                f"trial {event.trial}: {_where(event, board)}, "
                f"NMSE {event.nmse:.4g}, {event.seconds:.2f} s"
                f"{' when it was simulated (cached)' * bool(event.cached)}"
            )
        case EpochLost():
            text = f"trial {event.trial}: epoch {event.epoch + 1} is done again: {event.reason}"
        case TrainingFailed():
            text = (
                f"trial {event.trial}: {event.training} does not train: {event.status} "
                f"({event.cause}): {' '.join(event.message.split())}"
            )
        case TrialPromoted():
            text = (
                f"trial {event.trial} goes on to rung {event.rung + 1}, {_rung(event.rung, board)}"
            )
        case TrialFinished():
            text = f"trial {event.trial} finished: {_result(event, board)} [{_count(board)}]"
        case TrialPruned():
            after = f" after {event.epochs} epochs" if event.epochs else ""
            value = f": NMSE {event.nmse:.4g}" if event.epochs else ""
            if event.values and not event.epochs:
                value = f": value {event.values[0]:.4g}"
            text = f"trial {event.trial} pruned{after}{_on(event.rung, board)}{value} [{_count(board)}]"
        case TrialFailed():
            words, on = " ".join(event.message.split()), _on(event.rung, board)
            text = f"trial {event.trial} failed{on}: {event.status} ({event.cause}): {words}"
        case _:
            pass
    return text


def _result(event: TrialFinished, board: Board) -> str:
    """Describes the values of a complete trial, and whether it is the best, violates or has not improved."""
    parts = [f"NMSE {event.nmse:.4g}"]
    if board.started is not None:
        parts += [
            f"{name} {_value(name, value)}"
            for name, value in zip(board.started.objectives, event.values, strict=True)
            if name != _FIT
        ]
    if event.best:
        parts.append("the best so far" if event.best_trial == event.trial else "on the front")
    if event.violates:
        parts.append(f"not allowed ({event.violates})")
    if event.improved is False:
        parts.append("no better than before training")
    return ", ".join(parts)


def _value(name: str, value: float) -> str:
    """Returns a value of an objective with its unit."""
    from objectives import METRICS  # noqa: PLC0415  (slow to import, and few need it)

    return quantity(value, METRICS[name].unit, digits=4) if name in METRICS else f"{value:.4g}"


def _where(event: EpochFinished, board: Board) -> str:
    """Describes the place of an epoch in its trial."""
    started = board.started
    if started is None or not started.rungs:
        return f"epoch {event.epoch + 1} of {started.epochs if started else 0}"
    epochs = f"epoch {event.epoch + 1}" if event.epochs == 1 else f"{event.epoch + 1} epochs"
    return f"rung {event.rung + 1}, seed {event.seed}, {epochs}"


def _on(rung: int, board: Board) -> str:
    """Returns ` on rung N`; empty without a ladder."""
    return f" on rung {rung + 1}" if board.started and board.started.rungs else ""


def _rung(rung: int, board: Board) -> str:
    """Returns the description of a rung; empty without a ladder."""
    return board.started.rungs[rung] if board.started and board.started.rungs else ""


def closing(summary: Summary) -> str:
    """Returns the lines that are shown at the end of a study."""
    counts = f"{summary.complete} complete, {summary.pruned} pruned, {summary.failed} failed"
    running = f", {summary.running} unfinished" if summary.running else ""
    lines = [f"{summary.name}: {counts}{running}, in {duration(summary.seconds)}"]
    for number, values in list(zip(summary.best, summary.best_values, strict=True))[:_LANES]:
        pairs = zip(summary.objectives, values, strict=True)
        shown = ", ".join(f"{name} {_value(name, value)}" for name, value in pairs)
        lines.append(f"best: trial {number}, {shown}")
    if len(summary.best) > 1:
        lines.append(f"exported unless another is asked for: trial {summary.best_trial}")
    if not summary.best and not summary.stopped:
        lines.append(f"no best trial: {summary.reason}")
    if not summary.complete:
        lines += [_outcome(outcome) for outcome in summary.outcomes[:_LANES]]
    elif not summary.learned:
        lines.append("none of the complete trials fits better than before its training")
    return "\n".join(lines)


def _outcome(outcome: OutcomeCount) -> str:
    """Describes the trials that ended in the same way."""
    cause = f" ({outcome.cause})" if outcome.cause else ""
    words = f": {outcome.message}" if outcome.message else ""
    return f"{outcome.trials} {outcome.state}{cause}{words}"


def picture(board: Board) -> RenderableType:
    """Returns the live table."""
    started = board.started
    if started is None:
        return Text("")
    head = Table.grid(expand=True)
    head.add_column(no_wrap=True, overflow="ellipsis")
    head.add_column(justify="right", no_wrap=True)
    left = "?" if board.left is None else duration(board.left)
    head.add_row(
        f"[bold]{started.name}[/]  {started.simulator} {started.version}",
        f"elapsed {duration(board.elapsed)}  left {left}",
    )
    head.add_row(f"trials {_count(board)}", _best(board))
    lanes = Table(box=None, pad_edge=False)
    for title in ("trial", "rung" if started.rungs else "epoch", "NMSE", "running for"):
        lanes.add_column(title, justify="right", header_style="dim", no_wrap=True)
    lanes.add_column(no_wrap=True, overflow="ellipsis")
    for number, lane in list(board.lanes.items())[:_LANES]:
        lanes.add_row(
            str(number),
            f"{lane.rung + 1}: {started.rungs[lane.rung]}"
            if started.rungs
            else f"{min(lane.epochs + 1, started.epochs)} of {started.epochs}",
            "" if lane.nmse is None else f"{lane.nmse:.4g}",
            "" if lane.since is None else duration(board.clock() - lane.since),
            escape(str(board.stages.get(number, ""))),
        )
    waiting = [number for number in board.stages if number not in board.lanes]
    for number in waiting[:_LANES]:
        lanes.add_row(str(number), "", "", "", escape(str(board.stages[number])))
    return Group(head, lanes)


def _count(board: Board) -> str:
    wanted = board.started.trials if board.started else 0
    parts = [f"{board.done} of {wanted}"]
    if board.pruned:
        parts.append(f"{board.pruned} pruned")
    if board.failed:
        parts.append(f"{board.failed} failed")
    return ", ".join(parts)


def _best(board: Board) -> str:
    if board.best is None:
        count = board.with_values
        return f"none of {count} within the constraints" if count else "no result yet"
    number, value = board.best
    fit = board.started.linear_fit if board.started else math.nan
    names = board.started.objectives if board.started else ()
    if len(names) == 1 and names[0] != _FIT:
        return f"best {names[0]} {_value(names[0], value)} (trial {number})"
    return f"best {value:.4g} (trial {number}), linear fit {fit:.3g}"


def _plain(value: Any) -> Any:
    """Returns a value as JSON can hold it; numbers that are not finite become None."""
    if isinstance(value, dict):
        return {str(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
