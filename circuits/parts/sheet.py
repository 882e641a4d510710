# SPDX-License-Identifier: GPL-3.0-or-later
"""`Sheet`: an SVG drawing of a circuit; coordinates in units of the view box, y downward.

Lines have the colour of the text around them (`currentColor`), so one drawing serves any paper.
"""

from __future__ import annotations

import html


class Sheet:
    """A drawing of wires and circuit symbols."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self._head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'class="schematic" fill="none" stroke="currentColor" stroke-width="1.6" '
            f'stroke-linecap="round" stroke-linejoin="round" font-size="12.5">'
            f"<title>{html.escape(title)}</title>"
        )
        self._parts: list[str] = []

    def path(self, *corners: tuple[float, float]) -> None:
        """Draws a wire through the given corners."""
        points = " ".join(f"{x:g},{y:g}" for x, y in corners)
        self._parts.append(f'<polyline points="{points}"/>')

    def dot(self, x: float, y: float) -> None:
        """Draws a filled dot, where wires are connected."""
        self._parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="2.6" fill="currentColor"/>')

    def pin(self, x: float, y: float) -> None:
        """Draws an open circle, where a wire leaves the drawing."""
        self._parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="3.4"/>')

    def circle(self, x: float, y: float, radius: float) -> None:
        """Draws a circle, for the gate of a pfet or a source.

        **Arguments:**

        - `x`, `y`: its centre.
        - `radius`: its radius.
        """
        self._parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}"/>')

    def text(self, x: float, y: float, words: str, *, anchor: str = "start") -> None:
        """Writes text.

        **Arguments:**

        - `x`, `y`: of the first line; further lines are 15 units apart.
        - `words`: plain text; newlines separate lines.
        - `anchor`: which part of each line is at `x`: `start`, `middle` or `end`.
        """
        for index, line in enumerate(words.split("\n")):
            self._parts.append(
                f'<text x="{x:g}" y="{y + 15 * index:g}" text-anchor="{anchor}" stroke="none" '
                f'fill="currentColor">{html.escape(line)}</text>'
            )

    def fet(self, x: float, y: float, *, pfet: bool) -> None:
        """Draws a transistor, with its gate on the left.

        **Arguments:**

        - `x`, `y`: position. The gate is at (x - 28, y), drain and source at (x, y - 30) and (x, y + 30).
        - `pfet`: whether it is a pfet; otherwise an nfet.
        """
        self.path((x - 12, y - 14), (x - 12, y + 14))
        self.path((x - 17, y - 12), (x - 17, y + 12))
        for side in (-1, 1):
            self.path((x - 12, y + 10 * side), (x, y + 10 * side), (x, y + 30 * side))
        if pfet:
            self.circle(x - 20.5, y, 3.2)
            self.path((x - 24, y), (x - 28, y))
            self.path((x - 7, y - 14), (x - 1, y - 10), (x - 7, y - 6))
        else:
            self.path((x - 17, y), (x - 28, y))
            self.path((x - 6, y + 14), (x, y + 10), (x - 6, y + 6))

    def capacitor(self, x: float, y: float) -> None:
        """Draws a capacitor from (x, y) down to ground."""
        self.path((x, y), (x, y + 16))
        self.path((x - 11, y + 16), (x + 11, y + 16))
        self.path((x - 11, y + 22), (x + 11, y + 22))
        self.path((x, y + 22), (x, y + 36))
        self.ground(x, y + 36)

    def ground(self, x: float, y: float) -> None:
        """Draws the symbol of ground below (x, y)."""
        for index, half in enumerate((9, 5.5, 2)):
            self.path((x - half, y + 4 * index), (x + half, y + 4 * index))

    def resistor(self, x: float, y: float) -> None:
        """Draws a resistor from (x, y) to (x + 46, y)."""
        self._parts.append(f'<rect x="{x + 8:g}" y="{y - 6:g}" width="30" height="12"/>')
        self.path((x, y), (x + 8, y))
        self.path((x + 38, y), (x + 46, y))

    def diode(self, x: float, y: float, *, up: bool) -> None:
        """Draws a vertical diode.

        **Arguments:**

        - `x`, `y`: its upper end; the lower one is (x, y + 40).
        - `up`: whether the cathode is the upper end; otherwise it is the lower one.
        """
        self.path((x, y), (x, y + 40))
        tip, base = (y + 13, y + 27) if up else (y + 27, y + 13)
        self.path((x - 9, base), (x + 9, base), (x, tip), (x - 9, base))
        self.path((x - 9, tip), (x + 9, tip))

    def svg(self) -> str:
        """Returns the drawing as SVG."""
        return self._head + "".join(self._parts) + "</svg>"
