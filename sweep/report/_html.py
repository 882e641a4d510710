# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces of the page: figures that are drawn when they come into view, choices among them, tables."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from sweep.report._marks import HOVER

_DIGITS = 6

Cell = tuple[str, bool | str]


class Figures:
    """Collects the figures of a page as JSON, apart from the places where they are drawn."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def place(self, name: str, drawn: go.Figure, *, tools: bool = True, caption: str = "") -> str:
        """Where a figure is drawn, with words above it.

        **Arguments:**

        - `name`: of letters, digits and hyphens; no other figure of the page has it.
        - `tools`: whether plotly's tools show up under a pointer.
        """
        self._texts[name] = embedded(_plain(drawn.to_plotly_json()))
        words = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
        bar = "" if tools else " data-no-tools"
        return (
            f'<figure>{words}<div class="plot" id="figure-{name}" data-figure="{name}"{bar} '
            f'style="height:{drawn.layout.height}px"></div></figure>'
        )

    def choice(
        self,
        name: str,
        labels: Sequence[tuple[str, Sequence[str]]],
        drawn: Mapping[str, go.Figure],
        *,
        caption: str = "",
    ) -> str:
        """One place for several figures, with a list for each label to choose by.

        **Arguments:**

        - `labels`: of each list its label and its options.
        - `drawn`: the chosen options' numbers, such as `0-2`, to figure.
        """
        if not drawn:
            return ""
        keys = {key: f"{name}-{key}" for key in drawn}
        for key, figure in drawn.items():
            self._texts[keys[key]] = embedded(_plain(figure.to_plotly_json()))
        lists = "".join(
            f'<label>{html.escape(label)} <select data-position="{position}">'
            + "".join(
                f'<option value="{number}">{html.escape(option)}</option>'
                for number, option in enumerate(options)
            )
            + "</select></label>"
            for position, (label, options) in enumerate(labels)
        )
        first = next(iter(drawn))
        words = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
        return (
            f'<figure class="chooser" id="choice-{name}" data-choice="{name}">{words}'
            f'<div class="controls">{lists}</div>'
            f'<div class="plot" id="figure-{name}" data-figure="{keys[first]}" '
            f'style="height:{drawn[first].layout.height}px"></div></figure>'
        )

    def scripts(self) -> str:
        """All figures as JSON, to stand at the end of the page."""
        return "\n".join(
            f'<script type="application/json" id="json-{name}">{text}</script>'
            for name, text in self._texts.items()
        )


def embedded(value: Any) -> str:
    """A value as JSON that may stand in a script element."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def plain(value: Any) -> Any:
    """A value as JSON has it: six digits, and null for what is no finite number."""
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        rounded = float(f"{value:.{_DIGITS}g}")
        return int(rounded) if rounded.is_integer() and abs(rounded) < 1e9 else rounded  # noqa: PLR2004
    if isinstance(value, Mapping):
        # The default template's traces say nothing that the figures do not, and the page's script
        # knows what to say about a trial.
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
    """A table of `(text, kind)` cells that can be copied and downloaded as CSV.

    A kind is: numeric or not, a class of the style sheet, or `html` for what is markup already. Each
    row has a class, too.

    **Arguments:**

    - `name`: of the CSV file, without its ending.
    """
    kinds = {True: ' class="number"', False: "", "html": ""}
    top = "".join(f"<th{kinds[numeric]}>{html.escape(text)}</th>" for text, numeric in head)
    body = "".join(
        f'<tr class="{state}">'
        + "".join(
            f"<td{kinds.get(kind, f' class={chr(34)}{kind}{chr(34)}')}>"
            f"{text if kind == 'html' else html.escape(text)}</td>"
            for text, kind in cells
        )
        + "</tr>"
        for state, cells in rows
    )
    return (
        f'<div class="tabled" data-csv="{html.escape(name)}"><div class="scroll"><table><thead>'
        f"<tr>{top}</tr></thead><tbody>{body}</tbody></table></div></div>"
    )


def section(title: str, *blocks: str, anchor: str, words: str = "") -> str:
    """A section of the page with its heading; nothing without blocks."""
    if not any(blocks):
        return ""
    soft = f'<p class="soft">{html.escape(words)}</p>' if words else ""
    return (
        f'<section id="{anchor}"><h2>{html.escape(title)}</h2>{soft}'
        + "".join(blocks)
        + "</section>"
    )


def tabs(name: str, label: str, options: Sequence[str], blocks: Sequence[str]) -> str:
    """Blocks of which one is shown, with a list to choose it by where there are several."""
    if len(blocks) == 1:
        return blocks[0]
    entries = "".join(
        f'<option value="{number}">{html.escape(option)}</option>'
        for number, option in enumerate(options)
    )
    shown = "".join(
        f'<div class="tab"{" hidden" if number else ""}>{block}</div>'
        for number, block in enumerate(blocks)
    )
    return (
        f'<div data-tabs="{name}"><div class="controls"><label>{html.escape(label)} '
        f"<select>{entries}</select></label></div>{shown}</div>"
    )


def tiles(entries: Iterable[tuple[str, str, str]]) -> str:
    """Name, value and a few words each, as a row of tiles."""
    cells = "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}"
        f"<small>{html.escape(words)}</small></dd></div>"
        for name, value, words in entries
    )
    return f'<dl class="tiles">{cells}</dl>'
