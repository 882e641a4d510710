# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of this floor, each with the exit code that the command line ends with."""

from __future__ import annotations

import json
import re
import reprlib
from dataclasses import dataclass
from typing import ClassVar, Self

from circuits import DesignError, IllegalValue


class SweepError(Exception):
    """A study, its file, its results or its execution are not what they must be."""

    exit_code: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a study file.

    **Attributes:**

    - `file`: the file, as it was named.
    - `key`: where in the file, as a dotted TOML key (`search.trials`); empty for the whole file.
    - `value`: what stands there, None where nothing does; for the whole file what is wrong with it.
    - `allowed`: what is allowed there.
    - `hint`: the nearest valid key or value, or what to do; may be empty.
    """

    file: str
    key: str
    value: object
    allowed: str
    hint: str = ""

    def __str__(self) -> str:
        if not self.key:
            found = str(self.value)
        elif self.value is None:
            found = f"{self.key} is missing"
        else:
            found = f"{self.key} = {_short(self.value)}"
        tail = f" ({self.hint})" if self.hint else ""
        return _one_line(f"{self.file}: {found}: allowed is {self.allowed}{tail}")


class StudyFileError(SweepError):
    """A study file (or design file) that cannot be used: `problems` lists all that is wrong."""

    exit_code: ClassVar[int] = 2

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


class InfeasibleDesign(IllegalValue, SweepError):  # noqa: N818 - an event, not a mistake
    """A combination of searched values that makes no legal design: an event of the search."""

    @classmethod
    def of(cls, error: DesignError) -> Self:
        """The error of a design, as an event of the search."""
        return cls(error.field, error.value, error.allowed, hint=error.hint)


_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+(\[[0-9]+\])?")


def dotted(*keys: object) -> str:
    """A path of keys as TOML writes it; a number is an index. Odd keys are quoted."""
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            word = str(key)
            shown = word if _BARE_KEY.fullmatch(word) else json.dumps(word)
            text += f".{shown}" if text else shown
    return text


def _short(value: object) -> str:
    shortener = reprlib.Repr()
    shortener.maxstring = shortener.maxother = shortener.maxlong = 60
    shortener.maxlist = shortener.maxtuple = shortener.maxdict = 8
    return shortener.repr(value)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def one_line(error: BaseException) -> str:
    """What an error says, in one line; one of the system with the file that it is about."""
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return _one_line(f"{place}{error.strerror}")
    return _one_line(str(error)) or type(error).__name__
