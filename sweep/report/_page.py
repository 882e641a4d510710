# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's HTML: one page with style, script, figures and plotly.js inside."""

from __future__ import annotations

import html
from importlib.resources import files

from plotly.offline import get_plotlyjs

from sweep.report import _sections as sections
from sweep.report._data import page_data
from sweep.report._findings import Findings
from sweep.report._html import Figures, embedded
from sweep.report._trial_page import trial_page

_STYLES = ("page.css", "report.css")
_SCRIPTS = ("numbers.js", "figures.js", "tables.js", "trials.js", "front.js", "pages.js", "main.js")
_CHAPTERS = (
    ("fit", "Fit"), ("front", "Front"), ("trials", "Trials"), ("history", "History"),
    ("learning", "Learning"), ("importances", "Importances"), ("slices", "Slices"),
    ("space", "Space"), ("failures", "Failures"), ("ladder", "Ladder"),
    ("provenance", "Provenance"),
)  # fmt: skip


def page(found: Findings, *, refresh: float | None = None) -> str:
    """Returns the whole page.

    **Arguments:**

    - `found`: the content.
    - `refresh`: after how many seconds it loads itself again; None for never.
    """
    figs = Figures()
    body = [
        sections.header(found),
        sections.fit(found, figs),
        sections.front(found, figs),
        sections.trials(found),
        sections.history(found, figs),
        sections.learning(found, figs),
        sections.importances(found, figs),
        sections.slices(found, figs),
        sections.pairs(found, figs),
        sections.failures(found, figs),
        sections.ladder(found, figs),
        sections.provenance(found),
    ]
    study = "\n".join(part for part in body if part)
    chapters = "".join(
        f'<a href="#{anchor}">{title}</a>'
        for anchor, title in _CHAPTERS
        if f'<section id="{anchor}">' in study
    )
    linear = found.overview.linear_fit
    templates = "\n".join(trial_page(trial, figs, linear) for trial in found.pages.values())
    name = html.escape(found.overview.name)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}: study report</title>\n"
        f"<style>\n{_assets(_STYLES)}</style>\n</head>\n<body>\n"
        f'<nav><a class="home" href="#top">{name}</a><div class="chapters">{chapters}</div>'
        '<span id="live" hidden></span>'
        '<button id="theme" type="button" title="Light, dark, or as the system has it">◐</button>'
        f'</nav>\n<main id="study">\n{study}\n</main>\n<main id="trial" hidden></main>\n'
        f"{templates}\n{figs.scripts()}\n"
        '<script type="application/json" id="data">'
        f"{embedded(page_data(found, refresh=refresh))}</script>\n"
        f'<script type="text/plain" id="plotly">{get_plotlyjs()}</script>\n'
        f"<script>\n{_assets(_SCRIPTS)}</script>\n"
        "</body>\n</html>\n"
    )


def _assets(names: tuple[str, ...]) -> str:
    folder = files("sweep.report").joinpath("assets")
    return "\n".join(folder.joinpath(name).read_text("utf-8") for name in names)
