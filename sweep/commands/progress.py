# SPDX-License-Identifier: GPL-3.0-or-later
"""Observers that show how a study goes on: for people, and for machines."""

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
from rich.table import Table
from rich.text import Text

from sweep._numbers import duration
from sweep.commands._board import Board
from sweep.engine.events import (
    EpochFinished,
    EpochLost,
    Event,
    NodeLeftOut,
    Paused,
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
from sweep.results._manifest import now

_LANES = 16


class JsonObserver:
    """Writes each event as one line of JSON: `event`, `at` (UTC) and the event's fields.

    **Arguments:**

    - `stream`: where to; standard output by default.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.flush()

    def __call__(self, event: Event) -> None:
        """Write the event."""
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
        content = {"event": name, "at": now(), **_plain(dataclasses.asdict(event))}
        self._stream.write(json.dumps(content, allow_nan=False) + "\n")
        self._stream.flush()


class RichObserver:
    """A table that follows the study; without a terminal a line for each thing that happens.

    **Arguments:**

    - `console`: where to; standard output by default.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._board = Board()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def __call__(self, event: Event) -> None:
        """Take note of the event and show it."""
        self._board.note(event)
        text = line(event, self._board)
        if not self._console.is_terminal:
            if text:
                self._print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}")
            return
        if isinstance(event, StudyStarted):
            self._live = Live(get_renderable=self._render, console=self._console, transient=True)
            self._live.start()
        if isinstance(event, StudyFinished | Stopped):
            self._end()
        if text and not isinstance(event, EpochFinished | TrialStarted | StudyStarted):
            self._print(text)

    def _print(self, text: str) -> None:
        for part in text.splitlines():
            fits = self._console.is_terminal
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
    """What a line of text says about an event; empty for events that are not worth one."""
    match event:
        case StudyStarted():
            begins = "goes on" if event.resumed else "begins"
            return (
                f"study {event.name} {begins}: {event.done} of {event.trials} trials done, "
                f"{event.simulator} {event.version}, {event.workers} workers"
            )
        case Stopping() | Paused() | NodeLeftOut() | StorageAway() | Stopped():
            return _line_of_driver(event)
        case StudyFinished():
            return closing(event.summary)
        case _:
            return _line_of_trial(event, board)


def _line_of_driver(event: Stopping | Paused | NodeLeftOut | StorageAway | Stopped) -> str:
    match event:
        case Stopping():
            return (
                f"{event.reason}: {event.running} running simulations are finished first; "
                "Ctrl-C again drops them"
            )
        case Paused():
            return "paused: nothing is begun" if event.paused else "goes on"
        case NodeLeftOut():
            return event.words
        case StorageAway():
            return f"{event.words}; once more in {event.wait:g} s"
        case Stopped():
            return f"stopped: {event.reason}; go on with --resume"


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
                f"({event.cause}): {' '.join(event.words.split())}"
            )
        case TrialPromoted():
            text = (
                f"trial {event.trial} goes on to rung {event.rung + 1}, {_rung(event.rung, board)}"
            )
        case TrialFinished():
            best = ", the best so far" if event.best else ""
            text = f"trial {event.trial} finished: NMSE {event.nmse:.4g}{best} [{_count(board)}]"
        case TrialPruned():
            after = f" after {event.epochs} epochs" if event.epochs else ""
            value = f": NMSE {event.nmse:.4g}" if event.epochs else ""
            if event.values and not event.epochs:
                value = f": value {event.values[0]:.4g}"
            text = f"trial {event.trial} pruned{after}{_on(event.rung, board)}{value} [{_count(board)}]"
        case TrialFailed():
            words, on = " ".join(event.words.split()), _on(event.rung, board)
            text = f"trial {event.trial} failed{on}: {event.status} ({event.cause}): {words}"
        case _:
            pass
    return text


def _where(event: EpochFinished, board: Board) -> str:
    """Which epoch that was, and of what."""
    started = board.started
    if started is None or not started.rungs:
        return f"epoch {event.epoch + 1} of {started.epochs if started else 0}"
    epochs = f"epoch {event.epoch + 1}" if event.epochs == 1 else f"{event.epoch + 1} epochs"
    return f"rung {event.rung + 1}, seed {event.seed}, {epochs}"


def _on(rung: int, board: Board) -> str:
    """On which rung something happened; empty without a ladder."""
    return f" on rung {rung + 1}" if board.started and board.started.rungs else ""


def _rung(rung: int, board: Board) -> str:
    """What a rung is."""
    return board.started.rungs[rung] if board.started and board.started.rungs else ""


def closing(summary: Summary) -> str:
    """The lines at the end of a study."""
    counts = f"{summary.complete} complete, {summary.pruned} pruned, {summary.failed} failed"
    running = f", {summary.running} unfinished" if summary.running else ""
    lines = [f"{summary.name}: {counts}{running}, in {duration(summary.seconds)}"]
    for number, values in list(zip(summary.best, summary.best_values, strict=True))[:_LANES]:
        pairs = zip(summary.objectives, values, strict=True)
        shown = ", ".join(f"{name} {value:.4g}" for name, value in pairs)
        lines.append(f"best: trial {number}, {shown}")
    return "\n".join(lines)


def picture(board: Board) -> RenderableType:
    """The live table."""
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
        lanes.add_column(title, justify="right", header_style="dim")
    for number, lane in list(board.lanes.items())[:_LANES]:
        lanes.add_row(
            str(number),
            f"{lane.rung + 1}: {started.rungs[lane.rung]}"
            if started.rungs
            else f"{min(lane.epochs + 1, started.epochs)} of {started.epochs}",
            "" if lane.nmse is None else f"{lane.nmse:.4g}",
            "" if lane.since is None else duration(board.clock() - lane.since),
        )
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
        return "no result yet"
    number, value = board.best
    where = "" if number is None else f" (trial {number})"
    fit = board.started.linear_fit if board.started else math.nan
    return f"best {value:.4g}{where}, linear fit {fit:.3g}"


def _plain(value: Any) -> Any:
    """The value as JSON has it; what is no finite number becomes null."""
    if isinstance(value, dict):
        return {str(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
