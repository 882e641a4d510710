# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers with units as people write them, and hints on those that cannot be read.

A decimal comma is accepted where it can be nothing else: one comma, no point, and not three digits behind
it that could be thousands (`0,35 um` and `1234,567 V`, but not `1,234 V`). Digits are never grouped.
"""

from __future__ import annotations

import math
import re

import quantiphy

# Characters that look like those of a number with a unit, and the ones that they stand for.
_ALIKE = str.maketrans(
    {
        "\N{MICRO SIGN}": "u",
        "\N{GREEK SMALL LETTER MU}": "u",
        "\N{OHM SIGN}": "Ohm",
        "\N{GREEK CAPITAL LETTER OMEGA}": "Ohm",
        "\N{DEGREE CELSIUS}": "°C",
        "\N{MASCULINE ORDINAL INDICATOR}": "°",
        "\N{MINUS SIGN}": "-",
        "\N{EN DASH}": "-",
    }
)
# Other spellings of a unit. "C" means degrees here: no quantity of a design is in coulombs.
_ALIASES = {"Ohm": ("ohm",), "degC": ("°C", "C")}
_PREFIXES = "TGMKkmunpfa"
_UNITS = ("V", "A", "S", "F", "m", "s", "Hz", "Ohm", "degC", "B", "J", "W", "C", "g")
_DIGITS = r"(\d+\.?\d*|\.\d+|\d*,\d+)"
_NUMBER = rf"(?P<number>[+-]?(inf|{_DIGITS}([eE][+-]?\d+|\s*[{_PREFIXES}])?))"
_TWO_MEANINGS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}(?!\d)([eE][+-]?\d+)?", re.ASCII)
_LOOKS_LIKE_ONE = re.compile(
    r"(?P<number>[+-]?[\d.,' _]*\d[.,]?([eE][+-]?\d+)?|[+-]?inf)\s*(?P<unit>.*)",
    re.ASCII | re.DOTALL,
)
_POWERS = {"": 0, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "k": 3, "M": 6, "G": 9}


def read(text: str, unit: str) -> float | None:
    """The number in a text such as `0.1 pF`, in this unit; None where the text is not such a number."""
    text = _plain(text)
    for written in (unit, *_ALIASES.get(unit, ())):
        found = re.fullmatch(_NUMBER + _ending(written), text, re.ASCII)
        if found and not _TWO_MEANINGS.match(found["number"]):
            return float(quantiphy.Quantity(found["number"].replace(",", ".")))
    return None


def advice(text: str, unit: str, low: float = -math.inf, high: float = math.inf) -> str:
    """Says what is wrong with a text that `read` refused, and what to write instead.

    **Arguments:**

    - `text`: what was written.
    - `unit`: the unit that it should have; empty for none.
    - `low`, `high`: legal range in this unit. Where the unit is missing, it is shown with the prefix that
      brings the number into this range.

    **Returns:** a part of a sentence; empty where the text does not look like a number.
    """
    found = _LOOKS_LIKE_ONE.fullmatch(_plain(text))
    if found is None:
        return ""
    number, rest = found["number"].strip(), found["unit"].strip()
    tail = f" {rest}" if rest else f" {unit}" if unit else ""
    if _TWO_MEANINGS.fullmatch(number):
        decimal, thousands = number.replace(",", "."), number.replace(",", "")
        return f'the comma has two meanings: write "{decimal}{tail}" or "{thousands}{tail}"'
    if not re.fullmatch(rf"[+-]?(inf|{_DIGITS}([eE][+-]?\d+)?)", number, re.ASCII):
        return f'write the number without marks between thousands, such as "{_bare(number)}{tail}"'
    number = number.replace(",", ".")
    if not rest:
        return f'write it with its unit, such as "{with_unit(number, unit, low, high)}"'
    found_unit = _without_prefix(rest)
    if unit and found_unit in {unit, *_ALIASES.get(unit, ())}:
        return f'write it like "{number} {unit}", with one prefix at most'
    wanted = f"the unit is {unit}, not" if unit else f"write {number}: it has no unit, not"
    return f"{wanted} {found_unit}"


def with_unit(number: object, unit: str, low: float, high: float) -> str:
    """A number without a unit as text with its unit, and with a prefix that brings it into a range.

    **Arguments:**

    - `number`: a number, or text of one.
    - `unit`: of the range; empty for none.
    - `low`, `high`: the range in this unit. Where no prefix brings the number into it, none is written.
    """
    prefixes = _POWERS if unit and not unit.startswith("1/") else {"": 0}
    for prefix, power in prefixes.items():
        if low <= float(str(number)) * 10.0**power <= high:
            return f"{number} {prefix}{unit}".strip()
    return f"{number} {unit}".strip()


def _plain(text: str) -> str:
    """A text with the usual characters for those that look alike, and single spaces."""
    return " ".join(text.translate(_ALIKE).split())


def _ending(unit: str) -> str:
    """The pattern of a unit behind its number; a reciprocal may lack its 1, as in `20/V`."""
    if unit.startswith("1/"):
        return rf"(\s+1\s*/|\s*/)\s*{re.escape(unit[2:])}"
    return rf"\s*{re.escape(unit)}"


def _bare(number: str) -> str:
    """A number without grouping: what stands before its last mark, where that can be a decimal one."""
    marks = re.findall(r"[.,]", number)
    whole, mark, fraction = number, "", ""
    if marks and marks.count(marks[-1]) == 1:
        whole, mark, fraction = number.rpartition(marks[-1])
    return re.sub(r"[.,' _]", "", whole) + ("." if mark else "") + fraction


def _without_prefix(unit: str) -> str:
    """A unit without its SI prefix, where it is one of those known."""
    rest = unit[1:].strip()
    return rest if unit[0] in _PREFIXES and rest in _UNITS else unit
