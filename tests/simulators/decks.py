# SPDX-License-Identifier: GPL-3.0-or-later
"""Small circuits that several tests simulate."""

from __future__ import annotations

from typing import Any

from circuits.simulators import Analysis, Deck, Transient

RC = "V1 in 0 1\nR1 in out 1k\nC1 out 0 1n\n"
SHORT = Transient(10e-6, 10e-9)
ENDLESS = Transient(10.0, 1e-9, 1e-9)


def deck(
    circuit: str = RC,
    analysis: Analysis = SHORT,
    signals: tuple[str, ...] = ("v(out)",),
    **rest: Any,
) -> Deck:
    """A deck with the title of a test."""
    return Deck(title="a test", circuit=circuit, analysis=analysis, signals=signals, **rest)
