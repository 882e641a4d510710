# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's HTML: one page with style, figures and plotly.js inside."""

from __future__ import annotations

import html
from importlib.resources import files
from itertools import pairwise

import plotly.graph_objects as go
from plotly.io import to_html
from plotly.offline import get_plotlyjs

from objectives import accuracy
from sweep._numbers import duration, pure, quantity
from sweep.report import figures, fit_figures, space_figures
from sweep.report._findings import Findings
from sweep.report._tables import (
    design_table,
    facts_table,
    failure_table,
    ladder_table,
    trial_table,
)
from sweep.results.overview import COMPLETE, FAILED, PRUNED, RUNNING, Overview, TrialView

_CONFIG = {
    "responsive": True,
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "svg"},
}


def page(found: Findings) -> str:
    """The whole page."""
    seen = found.overview
    sections = [
        _header(found),
        _fit(found),
        _section(
            "Learning curves", figures.learning_curves(seen),
            "Held-out NMSE of every trial; 0 epochs is before training.",
        ) if any(trial.curve for trial in seen.trials) else "",
        _history(seen),
        _ladder(seen),
        _importances(found),
        _slices(found),
        _trials(found),
        _design(found),
        _provenance(found),
    ]  # fmt: skip
    style = files("sweep.report").joinpath("page.css").read_text("utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(seen.name)}: study report</title>\n"
        f"<style>\n{style}</style>\n<script>{get_plotlyjs()}</script>\n</head>\n<body>\n<main>\n"
        + "\n".join(section for section in sections if section)
        + "\n</main>\n</body>\n</html>\n"
    )


def _header(found: Findings) -> str:
    seen, leader = found.overview, found.leader
    counts = seen.counts
    others = [f"{counts[state]} {state}" for state in (PRUNED, FAILED, RUNNING) if counts[state]]
    tiles = []
    if leader is not None:
        best = "best NMSE" if leader.state == COMPLETE else "lowest NMSE so far"
        tiles.append((best, pure(leader.nmse), f"trial {leader.number}, {leader.state}"))
        tiles.append(("before training", pure(leader.before), "the same trial"))
        if found.fit is not None and found.fit.classes:
            share = accuracy(found.fit.after, found.fit.target)
            tiles.append(("accuracy", f"{share:.1%}", "of its held-out points"))
    tiles += [
        ("best linear fit", pure(seen.linear_fit), "what a circuit has to beat"),
        (
            "trials",
            f"{counts[COMPLETE]} of {seen.planned}",
            ", ".join(others) or ("all complete" if seen.trials else "none has begun"),
        ),
    ]
    if leader is not None:
        tiles.append(("energy", quantity(leader.energy, "J"), "for each training point"))
        tiles.append(("training took", duration(leader.seconds), f"{len(leader.curve)} epochs"))
    cells = "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}"
        f"<small>{html.escape(words)}</small></dd></div>"
        for name, value, words in tiles
    )
    network, task = found.provenance["network"], found.provenance["task"]
    return (
        f"<header><h1>{html.escape(seen.name)}</h1>\n"
        f'<p class="soft">Network {html.escape(network)}; task {html.escape(task)}; '
        f"{html.escape(found.provenance['simulator'])}; "
        f"SkyWater 130 nm, {html.escape(found.provenance['silicon'])}.</p>\n"
        f'<p class="lead">{html.escape(_verdict(seen, leader))}</p>\n'
        f'<dl class="tiles">{cells}</dl></header>'
    )


def _verdict(seen: Overview, leader: TrialView | None) -> str:
    """What the study has shown so far, in a sentence."""
    if leader is None:
        if seen.of(FAILED):
            return "No trial has finished an epoch: see the failures below."
        return "No trial has finished an epoch yet."
    scale = "(1 is a constant output, 0 a perfect fit)"
    against = f"the best linear fit leaves {pure(seen.linear_fit)}"
    if leader.nmse < min(seen.linear_fit, leader.before):
        return f"Trial {leader.number} learns to a held-out NMSE of {pure(leader.nmse)} {scale}; {against}."
    return (
        f"No trial has learnt more than a linear fit: trial {leader.number}, the best, goes from a "
        f"held-out NMSE of {pure(leader.before)} to {pure(leader.nmse)} {scale}; {against}."
    )


def _fit(found: Findings) -> str:
    leader = found.leader
    if leader is None or found.fit is None:
        return ""
    called = "best trial" if leader.state == COMPLETE else f"trial ({leader.state})"
    blocks = [
        f"<figure><figcaption>{html.escape(panel.caption)}</figcaption>"
        + _figure(panel.figure, f"fit-{panel.name}")
        + "</figure>"
        for panel in fit_figures.panels(found.fit)
    ]
    wide = len(blocks) == 1
    return (
        f"<section><h2>Fit of the {called}, number {leader.number}</h2>"
        '<p class="soft">Held-out points, in free phases without updates.</p>'
        + ("" if wide else '<div class="slices">')
        + "".join(blocks)
        + ("" if wide else "</div>")
        + "</section>"
    )


def _history(seen: Overview) -> str:
    if not seen.trials:
        return ""
    if len(seen.objectives) == 1:
        return _section("History", figures.history(seen))
    blocks = []
    if seen.of(COMPLETE):
        blocks += [
            _figure(figures.front(seen, 0, second), f"front{second}")
            for second in range(1, len(seen.objectives))
        ]
    for index, objective in enumerate(seen.objectives):
        blocks.append(f"<h3>{html.escape(objective.title)}</h3>")
        blocks.append(_figure(figures.history(seen, index), f"history{index}"))
    return "<section><h2>History</h2>" + "".join(blocks) + "</section>"


def _ladder(seen: Overview) -> str:
    if not seen.ladder:
        return ""
    caption = (
        "Wall time is that of the workers, simulated time that in the circuits. The rank "
        "correlation is Spearman's, over the trials that finished both rungs."
    )
    blocks = [f'<p class="soft">{caption}</p>', ladder_table(seen.ladder)]
    blocks += [
        f"<h3>Rungs {rung.number} and {above.number}: rank correlation {pure(rung.correlation)} over "
        f"{len(rung.pairs)} trials</h3>"
        + _figure(figures.agreement(rung, above), f"rungs{rung.number}", tools=False)
        for rung, above in pairwise(seen.ladder)
        if rung.pairs
    ]
    return "<section><h2>Ladder</h2>" + "".join(blocks) + "</section>"


def _importances(found: Findings) -> str:
    if not found.overview.of(COMPLETE):
        return ""
    blocks = []
    for index, shares in enumerate(found.importances):
        objective = found.overview.objectives[index]
        if len(found.importances) > 1:
            blocks.append(f"<h3>{html.escape(objective.title)}</h3>")
        if shares:
            blocks.append(
                _figure(space_figures.importances(shares), f"importances{index}", tools=False)
            )
        else:
            blocks.append('<p class="soft">Too few complete trials to tell.</p>')
    caption = (
        "How much each parameter separates the best tenth of the complete trials from the rest "
        "(PED-ANOVA), as a share of the whole."
    )
    return (
        f'<section><h2>Importances</h2><p class="soft">{caption}</p>'
        + "".join(blocks)
        + "</section>"
    )


def _slices(found: Findings) -> str:
    seen = found.overview
    if not seen.of(COMPLETE):
        return ""
    blocks = []
    for index, objective in enumerate(seen.objectives):
        shares = found.importances[index]
        ordered = sorted(found.parameters, key=lambda entry: -shares.get(entry.name, 0.0))
        if len(seen.objectives) > 1:
            blocks.append(f"<h3>{html.escape(objective.title)}</h3>")
        blocks.append('<div class="slices">')
        for number, entry in enumerate(ordered):
            drawn = space_figures.slice_of(
                seen, entry.name, unit=entry.unit, log=entry.log, whole=entry.integer, index=index
            )
            blocks.append(_figure(drawn, f"slice{index}-{number}", tools=False))
        blocks.append("</div>")
    caption = "One point for each complete trial, later ones darker; the ring is the best trial."
    return f'<section><h2>Slices</h2><p class="soft">{caption}</p>' + "".join(blocks) + "</section>"


def _trials(found: Findings) -> str:
    seen = found.overview
    blocks = ["<section><h2>Trials</h2>"]
    if seen.of(FAILED):
        blocks.append("<h3>Failures by cause</h3>" + failure_table(seen.failures()))
        blocks.append("<h3>All trials</h3>")
    if seen.trials:
        blocks.append(trial_table(seen, found.parameters))
    else:
        blocks.append('<p class="soft">None has begun.</p>')
    return "".join([*blocks, "</section>"])


def _design(found: Findings) -> str:
    if found.leader is None:
        return ""
    chosen = [value for value in found.design if value.origin != "default"]
    rest = [value for value in found.design if value.origin == "default"]
    return (
        f"<section><h2>Design of trial {found.leader.number}</h2>{design_table(chosen)}"
        f"<details><summary>{len(rest)} fields at their default</summary>{design_table(rest)}"
        "</details></section>"
    )


def _provenance(found: Findings) -> str:
    return (
        f"<section><h2>Provenance</h2>{facts_table(found.provenance)}"
        "<details><summary>The study file</summary>"
        f"<pre>{html.escape(found.study_text)}</pre></details></section>"
    )


def _section(title: str, drawn: go.Figure, caption: str = "") -> str:
    name = title.lower().replace(" ", "-").replace(",", "")
    words = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    return (
        f"<section><h2>{html.escape(title)}</h2>"
        f"<figure>{words}{_figure(drawn, name)}</figure></section>"
    )


def _figure(drawn: go.Figure, name: str, *, tools: bool = True) -> str:
    return str(
        to_html(
            drawn,
            full_html=False,
            include_plotlyjs=False,
            config=_CONFIG if tools else _CONFIG | {"displayModeBar": False},
            div_id=f"figure-{name}",
            default_width="100%",
            default_height=f"{drawn.layout.height}px",
        )
    )
