# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's HTML: one page with style, script, figures and plotly.js inside."""

from __future__ import annotations

from importlib.resources import files

from plotly.offline import get_plotlyjs

from sweep.report import _sections as sections
from sweep.report import _templates as templates
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
    linear = found.overview.linear_fit
    trials = "\n".join(trial_page(trial, figs, linear) for trial in found.pages.values())
    return templates.page(
        "report.html",
        name=found.overview.name,
        style=_assets(_STYLES),
        chapters=[each for each in _CHAPTERS if f'<section id="{each[0]}">' in study],
        study=study,
        trials=trials,
        figures=figs.scripts(),
        data=embedded(page_data(found, refresh=refresh)),
        plotly=get_plotlyjs(),
        script=_assets(_SCRIPTS),
    )


def _assets(names: tuple[str, ...]) -> str:
    folder = files("sweep.report").joinpath("assets")
    return "\n".join(folder.joinpath(name).read_text("utf-8") for name in names)
