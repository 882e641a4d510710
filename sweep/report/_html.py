# SPDX-License-Identifier: GPL-3.0-or-later
"""HTML of the report: figures that are drawn when they scroll into view, lists to choose from, tables."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from sweep.report._marks import HOVER
from sweep.report._templates import block

_DIGITS = 6

Cell = tuple[str, bool | str]


class Figures:
    """Collects the figures of a page as JSON, and returns HTML for the places where they are drawn."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def place(self, name: str, drawn: go.Figure, *, tools: bool = True, caption: str = "") -> str:
        """Adds a figure, and returns the HTML of the place where it is drawn.

        **Arguments:**

        - `name`: of the figure, unique on the page; letters, digits and hyphens.
        - `drawn`: the figure.
        - `tools`: whether plotly's toolbar appears under the pointer.
        - `caption`: text above the figure; empty for none.
        """
        self._texts[name] = embedded(_plain(drawn.to_plotly_json()))
        return block("figure", name, drawn.layout.height, tools, caption)

    def choice(
        self,
        name: str,
        labels: Sequence[tuple[str, Sequence[str]]],
        drawn: Mapping[str, go.Figure],
        *,
        caption: str = "",
    ) -> str:
        """Adds several figures, and returns the HTML of one place with drop-down lists to choose among them.

        **Arguments:**

        - `name`: as for `place`.
        - `labels`: label and options of each list.
        - `drawn`: figure by the numbers of the chosen options, such as `0-2` for the first of one list and
          the third of the next.
        - `caption`: text above the figure; empty for none.

        **Returns:** the HTML; empty without figures.
        """
        if not drawn:
            return ""
        keys = {key: f"{name}-{key}" for key in drawn}
        for key, figure in drawn.items():
            self._texts[keys[key]] = embedded(_plain(figure.to_plotly_json()))
        first = next(iter(drawn))
        return block("chooser", name, labels, keys[first], drawn[first].layout.height, caption)

    def scripts(self) -> str:
        """Returns script elements with all figures as JSON, for the end of the page."""
        return "\n".join(
            f'<script type="application/json" id="json-{name}">{text}</script>'
            for name, text in self._texts.items()
        )


def embedded(value: Any) -> str:
    """Returns a value as JSON with characters escaped that may not stand in a script element."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def plain(value: Any) -> Any:
    """Returns a value as JSON can hold it: numbers with six digits, and None for those that are not finite."""
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        rounded = float(f"{value:.{_DIGITS}g}")
        return int(rounded) if rounded.is_integer() and abs(rounded) < 1e9 else rounded  # noqa: PLR2004
    if isinstance(value, Mapping):
        # The default template changes nothing in the figures, and the page's script writes the text
        # about a trial itself.
        left_out = {"template", "text"} if value.get("meta") == HOVER["meta"] else {"template"}
        return {str(k): _plain(entry) for k, entry in value.items() if k not in left_out}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value.item() if hasattr(value, "item") else value


def table(
    name: str,
    head: Sequence[tuple[str, bool]],
    rows: Iterable[tuple[str, Sequence[Cell]]],
) -> str:
    """Returns the HTML of a table that can be copied and downloaded as CSV.

    **Arguments:**

    - `name`: of the CSV file, without its ending.
    - `head`: text of each column's heading, and whether the column holds numbers.
    - `rows`: CSS class of each row, and its cells `(text, kind)`. A kind is True for a number, False for
      other text, `html` for text that is markup already, or else a CSS class.
    """
    return block("table", name, head, rows)


def section(title: str, *blocks: str, anchor: str, words: str = "") -> str:
    """Returns the HTML of a section of the page.

    **Arguments:**

    - `title`: its heading, plain text.
    - `blocks`: its content, HTML.
    - `anchor`: its `id`, for links.
    - `words`: plain text below the heading; empty for none.

    **Returns:** the HTML; empty where all blocks are empty.
    """
    return block("section", title, blocks, anchor, words) if any(blocks) else ""


def tabs(name: str, label: str, options: Sequence[str], blocks: Sequence[str]) -> str:
    """Returns the HTML of blocks of which one is shown, with a drop-down list to choose it.

    **Arguments:**

    - `name`: by which the page's script finds them.
    - `label`: of the list, plain text.
    - `options`: name of each block in the list, plain text.
    - `blocks`: HTML, at least one; a single block is returned without a list.
    """
    if len(blocks) == 1:
        return blocks[0]
    return block("tabs", name, label, options, blocks)


def tiles(entries: Iterable[tuple[str, str, str]]) -> str:
    """Returns the HTML of a row of tiles, each with a name, a value and a short text."""
    return block("tiles", entries)
