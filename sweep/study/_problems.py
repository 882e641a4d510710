# SPDX-License-Identifier: GPL-3.0-or-later
"""Collecting all that is wrong with a file, so that it is reported in one go."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from circuits import DesignError
from sweep._errors import Problem, StudyFileError, dotted


class Problems:
    """The problems of one file, in the order in which they were found."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Problem] = []

    def add(self, key: tuple[object, ...], value: object, allowed: str, hint: str = "") -> None:
        """Add a problem.

        **Arguments:**

        - `key`: path through the tables; a number is an index, and an empty path the whole file.
        - `value`: the value there; None where there is none.
        - `allowed`: what is allowed there, in words.
        - `hint`: the nearest legal value, or what to do; may be empty.
        """
        self.found.append(Problem(self.file, dotted(*key), value, allowed, hint))

    def add_design(self, key: tuple[object, ...], error: DesignError) -> None:
        """Add a problem that a quantity of the design has found."""
        self.add(key, error.value, error.allowed, error.hint)

    def raise_any(self) -> None:
        """End with all problems found so far, if there are any.

        **Raises:** `StudyFileError`.
        """
        if self.found:
            raise StudyFileError(tuple(self.found))


def nearest(word: object, known: Iterable[object]) -> str:
    """Returns a question that names the closest of the known words; empty where none is close."""
    close = difflib.get_close_matches(str(word), [str(other) for other in known], n=1)
    return f"did you mean {close[0]!r}?" if close else ""
