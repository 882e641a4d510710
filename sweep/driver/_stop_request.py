# SPDX-License-Identifier: GPL-3.0-or-later
"""Stop requests: signals, and request files in the study's directory, which the driver checks between steps."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any, Self

from sweep.results.files import Layout
from sweep.results.requests import Request, clear_request, read_request

_WATCHED = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """Context manager that collects requests to end or pause a study.

    After the first SIGINT the driver finishes its running tasks and ends, or drops them and ends. The second
    one drops them, and the next one raises `KeyboardInterrupt`. SIGTERM drops them at once, as its sender
    usually kills the process soon after. Request files in the study's directory have the same effects, or
    pause the study: then the driver begins no task.

    Signals are handled only in the main thread, as Python allows no other.

    **Arguments:**

    - `layout`: paths of the study's files. A request that an earlier driver left there is removed.
    - `drops_first`: whether the first SIGINT drops running tasks.
    """

    def __init__(self, layout: Layout, *, drops_first: bool = False) -> None:
        self._layout = layout
        self._drops_first = drops_first
        self._received: str | None = None
        self._drops = False
        self._paused = False
        self._former: dict[signal.Signals, Any] = {}

    @property
    def received(self) -> str | None:
        """Name of the signal or command that ends the study; None before one came."""
        return self._received

    @property
    def drops(self) -> bool:
        """Whether the study ends without waiting for running tasks."""
        return self._drops

    @property
    def is_paused(self) -> bool:
        """Whether the study is paused: no task is begun."""
        return self._paused

    def __enter__(self) -> Self:
        clear_request(self._layout)
        self.listen()
        return self

    def listen(self) -> None:
        """Installs the signal handlers, in place of all earlier ones."""
        if threading.current_thread() is threading.main_thread():
            for number in _WATCHED:
                former = signal.signal(number, self._note)
                self._former.setdefault(number, former)

    def look(self) -> None:
        """Reads the request file in the study's directory."""
        request = read_request(self._layout)
        self._paused = request is Request.PAUSE
        if request in {Request.STOP, Request.DROP}:
            self._received = self._received or f"sweep {Request.STOP}"
            self._drops |= request is Request.DROP

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self._drops:
            raise KeyboardInterrupt
        self._drops = self._drops_first or self._received is not None or number == signal.SIGTERM
        self._received = signal.Signals(number).name

    def __exit__(self, *_: object) -> None:
        for number, former in self._former.items():
            signal.signal(number, former)
        clear_request(self._layout)
