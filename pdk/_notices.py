# SPDX-License-Identifier: GPL-3.0-or-later
"""Notices: messages to the user that do not stop the program. Each is given once per process."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _print(text: str) -> None:
    sys.stderr.write(text + "\n")


_given: set[str] = set()
_listeners: list[Callable[[str], None]] = [_print]


def notice(text: str, *, about: str | None = None) -> None:
    """Give a notice to the listener, by default standard error, unless it was given before.

    **Arguments:**

    - `text`: one line.
    - `about`: what the notice is about; further ones about it are left out. `text` by default.
    """
    key = text if about is None else about
    if key not in _given:
        _given.add(key)
        _listeners[-1](text)


@contextlib.contextmanager
def listening(listener: Callable[[str], None]) -> Iterator[None]:
    """Inside this context, notices go to `listener` instead."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
