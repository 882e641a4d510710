# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGINT and SIGTERM as a wish that the driver grants between two steps."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any, Self

_WATCHED = (signal.SIGINT, signal.SIGTERM)


class StopWish:
    """Notes the first SIGINT or SIGTERM; a context manager. The second one interrupts at once.

    Does nothing outside the main thread, where Python handles no signals.
    """

    def __init__(self) -> None:
        self._received: str | None = None
        self._former: dict[signal.Signals, Any] = {}

    @property
    def received(self) -> str | None:
        """The name of the signal, if one came."""
        return self._received

    def __enter__(self) -> Self:
        self.listen()
        return self

    def listen(self) -> None:
        """Handle the signals from now on, whoever handled them before."""
        if threading.current_thread() is threading.main_thread():
            for number in _WATCHED:
                former = signal.signal(number, self._note)
                self._former.setdefault(number, former)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self._received is not None:
            raise KeyboardInterrupt
        self._received = signal.Signals(number).name

    def __exit__(self, *_: object) -> None:
        for number, former in self._former.items():
            signal.signal(number, former)
