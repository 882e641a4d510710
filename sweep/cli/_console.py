# SPDX-License-Identifier: GPL-3.0-or-later
"""Output of the command line: results on stdout, errors on stderr, as text or as JSON."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import signal
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from sweep.observers._rarely import Rarely

if TYPE_CHECKING:
    from circuits.preparation import Stage

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130
"""Exit codes: the work failed; the input is wrong; a signal stopped the program."""

_LEAST_WIDTH, _BESIDE_STATUS, _BESIDE_BAR = 24, 4, 50
"""Columns of a terminal: the least for text, and those that other output beside it takes."""

_PACKAGES = frozenset(("pdk", "circuits", "objectives", "sweep"))
_OF_THE_MACHINE = frozenset(  # errors that no other input would avoid
    (
        "SimulatorNotFound", "ModelsNotFoundError", "MicroBinnedModelsError", "DownloadError",
        "CacheError", "ModelFileError",
    )
)  # fmt: skip


def print_json(value: Any) -> None:
    """Prints a JSON document on stdout. Characters that stdout cannot encode are escaped."""
    sys.stdout.write(_dumped(value, sys.stdout, indent=2) + "\n")


def facts(rows: dict[str, str]) -> Table:
    """Returns a table of names and texts in two columns; `rows` hold plain text."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, words in rows.items():
        table.add_row(escape(name), escape(words))
    return table


def grid(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """Returns an empty table with headings and no lines; the columns in `right` are aligned right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


@contextlib.contextmanager
def stages_shown(*, quiet: bool) -> Iterator[None]:
    """Shows on stderr what is being measured and compiled: as a status in a terminal, otherwise as lines."""
    if quiet:
        yield
        return
    from circuits.preparation import watched  # noqa: PLC0415 - see `_is_ours`

    screen, rarely = Console(stderr=True, highlight=False), Rarely()
    status = screen.status("")

    def show(stage: Stage | None) -> None:
        if stage is None:
            status.stop()
        elif screen.is_terminal:
            status.update(_shown(stage, screen.width - _BESIDE_STATUS))
            status.start()
        elif rarely.is_due(stage):
            words = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {stage}"
            screen.print(Text(words), soft_wrap=True)

    with watched(show):
        try:
            yield
        finally:
            status.stop()


def _shown(stage: Stage, width: int) -> str:
    return escape(textwrap.shorten(str(stage), max(_LEAST_WIDTH, width), placeholder=" ..."))


_Update = Callable[[str, float, int | None], None]


@contextlib.contextmanager
def _bar_shown(words: str, *, quiet: bool) -> Iterator[_Update | None]:
    """Shows a progress bar on stderr, which also shows what is being prepared.

    Gives a function that takes text, amount done and total; None where stderr is no terminal or `quiet`.
    """
    screen = Console(stderr=True)
    if quiet or not screen.is_terminal:
        yield None
        return
    from circuits.preparation import watched  # noqa: PLC0415 - see `_is_ours`

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(words)

        def update(now: str, done: float, total: int | None) -> None:
            nonlocal words
            words = now
            bar.update(task, completed=done, total=total, description=now)

        def prepare(stage: Stage | None) -> None:
            said = words if stage is None else _shown(stage, screen.width - _BESIDE_BAR)
            bar.update(task, description=said)

        with watched(prepare):
            yield update


@contextlib.contextmanager
def epochs_shown(epochs: int, *, quiet: bool) -> Iterator[Callable[[int, float], None] | None]:
    """Shows a progress bar. Gives a function that takes epoch and fraction; None as for `_bar_shown`."""
    with _bar_shown("epoch 1", quiet=quiet) as update:
        if update is None:
            yield None
            return

        def progress(epoch: int, done: float) -> None:
            update(f"epoch {epoch + 1} of {epochs}", epoch + done, epochs)

        yield progress


@contextlib.contextmanager
def trainings_shown(*, quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """Shows a progress bar. Gives a function that takes name, number done and total; None as for `_bar_shown`."""
    with _bar_shown("", quiet=quiet) as update:
        if update is None:
            yield None
            return

        def progress(name: str, done: int, total: int) -> None:
            update(f"{name}, training {done + 1} of {total}", done, total)

        yield progress


@contextlib.contextmanager
def errors(as_json: bool) -> Iterator[None]:
    """Turns an error of this program into a line of text (or JSON) on stderr and an exit code.

    Other errors are bugs and keep their traceback.
    """
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        _say({"kind": "Interrupted", "message": "Stopped."}, as_json=as_json)
        raise typer.Exit(INTERRUPTED) from None
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        message = f"{place}{error.strerror or error}"
        _say({"kind": type(error).__name__, "message": message}, as_json=as_json)
        raise typer.Exit(FAILED) from None
    except Exception as error:
        if not _is_ours(error):
            raise
        _say(described(error), as_json=as_json)
        raise typer.Exit(exit_code(error)) from None
    finally:
        signal.signal(signal.SIGTERM, previous)


def described(error: Exception) -> dict[str, Any]:
    """Returns an error of this program as plain values."""
    told: dict[str, Any] = {"kind": type(error).__name__, "message": str(error)}
    problems = getattr(error, "problems", None)
    if problems is not None:
        told["problems"] = [dataclasses.asdict(problem) for problem in problems]
    outcome = getattr(error, "outcome", None)
    if outcome is not None:
        told |= {"outcome": str(outcome.status), "cause": str(outcome.cause)}
    return told


def exit_code(error: Exception) -> int:
    """Returns the exit code of an error: its own, otherwise 1 if the machine is to blame, or else 2."""
    own = getattr(error, "exit_code", None)
    if own is not None:
        return int(own)
    of_the_machine = any(base.__name__ in _OF_THE_MACHINE for base in type(error).__mro__)
    return FAILED if of_the_machine else BAD_INPUT


def _is_ours(error: Exception) -> bool:
    """Returns whether an error is of this program, by module name, as importing its classes takes too long."""
    return any(base.__module__.partition(".")[0] in _PACKAGES for base in type(error).__mro__)


def _say(error: dict[str, Any], *, as_json: bool) -> None:
    text = _dumped({"error": error}, sys.stderr) if as_json else error["message"]
    sys.stdout.flush()
    sys.stderr.write(text + "\n")


def _dumped(value: Any, stream: TextIO, *, indent: int | None = None) -> str:
    """Returns a value as JSON in characters that a stream can encode."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, default=_plain)
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent, default=_plain)
    return text


def _plain(value: object) -> object:
    """Converts values of types that `json` does not know."""
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)


def finite(value: Any) -> Any:
    """Returns the value with None for every number that is not finite, as JSON has no such numbers."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    return value
