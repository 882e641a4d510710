# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals, and requests in the study's directory, as wishes that the driver grants between two steps."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any, Self

from sweep.results.files import Layout
from sweep.results.requests import Request, clear_request, read_request

_WATCHED = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """What the driver is to do about its running tasks; a context manager.

    The first SIGINT has it finish them and end, or drop them and end; the second one drops them;
    after that the next one interrupts at once. SIGTERM drops them, for what sends it kills soon.
    Requests in the directory do the same, or have the driver begin nothing for a while.

    No signal does anything outside the main thread, where Python handles none.

    **Arguments:**

    - `layout`: of the study. A request that an earlier driver left there is forgotten.
    - `drops_first`: whether the first SIGINT drops.
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
        """The name of the signal or command that ends the study, if one came."""
        return self._received

    @property
    def drops(self) -> bool:
        """Whether it ends without waiting for what is running."""
        return self._drops

    @property
    def is_paused(self) -> bool:
        """Whether nothing is to be begun for the time being."""
        return self._paused

    def __enter__(self) -> Self:
        clear_request(self._layout)
        self.listen()
        return self

    def listen(self) -> None:
        """Handle the signals from now on, whoever handled them before."""
        if threading.current_thread() is threading.main_thread():
            for number in _WATCHED:
                former = signal.signal(number, self._note)
                self._former.setdefault(number, former)

    def look(self) -> None:
        """Take note of what is asked for in the study's directory."""
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
