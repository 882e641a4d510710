# SPDX-License-Identifier: GPL-3.0-or-later
"""The sections of the report about the study as a whole, as HTML."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations, pairwise

import plotly.graph_objects as go

from objectives import accuracy
from sweep._numbers import duration, pure, quantity
from sweep.report import figures, fit_figures
from sweep.report._findings import Findings
from sweep.report._html import Cell, Figures, section, table, tabs
from sweep.report._tables import (
    facts_table,
    failure_table,
    importance_table,
    ladder_table,
    outcome_table,
)
from sweep.report._templates import block
from sweep.report.trial import TrialFindings
from sweep.results.overview import COMPLETE, FAILED, PRUNED, RUNNING, Overview, TrialView
from sweep.study.space import Parameter


def header(found: Findings) -> str:
    """Returns the head of the page: name, main numbers and result of the study."""
    seen, leader, led = found.overview, found.leader, found.led
    counts = seen.counts
    others = [f"{counts[state]} {state}" for state in (PRUNED, FAILED, RUNNING) if counts[state]]
    entries = []
    if leader is not None:
        entries += _leading(seen, leader)
        entries.append(("before training", pure(leader.before), "the same trial"))
        if led is not None and led.fit is not None and led.fit.classes:
            share = accuracy(led.fit.after, led.fit.target)
            entries.append(("accuracy", f"{share:.1%}", "of its held-out points"))
    entries += [
        ("best linear fit", pure(seen.linear_fit), "what a circuit has to beat"),
        (
            "trials",
            f"{counts[COMPLETE]} of {seen.planned}",
            ", ".join(others) or ("all complete" if seen.trials else "none has begun"),
        ),
        *(
            [
                (
                    "within the constraints",
                    str(seen.ranked.allowed),
                    ", ".join(seen.limits.values()),
                )
            ]
            if seen.limits
            else []
        ),
    ]
    if leader is not None:
        entries.append(("energy", quantity(leader.energy, "J"), "for each training point"))
        entries.append(("training took", duration(leader.seconds), f"{len(leader.curve)} epochs"))
    network, task = found.provenance["network"], found.provenance["task"]
    return block(
        "header", seen.name, network, task, found.provenance["simulator"],
        found.provenance["silicon"], _verdict(seen, leader), entries, _glance(seen),
    )  # fmt: skip


def _leading(seen: Overview, leader: TrialView) -> list[tuple[str, str, str]]:
    """Returns the tiles of the best objective, if it is not the NMSE, and of the leader's NMSE."""
    which = f"trial {leader.number}, {leader.state}"
    if seen.best is None:
        if leader.state == COMPLETE:
            return [("NMSE of the nearest", pure(leader.nmse), f"{which}, not allowed")]
        return [("lowest NMSE so far", pure(leader.nmse), which)]
    objective = seen.objectives[0]
    if len(seen.objectives) > 1:
        return [("NMSE of the best fit", pure(leader.nmse), f"{which}, on the front")]
    if objective.name == "nmse":
        return [("best NMSE", pure(leader.nmse), which)]
    return [
        (f"best {objective.label}", quantity(leader.values[0], objective.unit), which),
        ("its NMSE", pure(leader.nmse), "the same trial"),
    ]


def _verdict(seen: Overview, leader: TrialView | None) -> str:
    """Returns the result of the study so far, in one or two sentences."""
    ranked = seen.ranked
    missing = f"There is no best trial: {ranked.reason}. " if ranked.none_allowed else ""
    return missing + _learning(seen, leader)


def _learning(seen: Overview, leader: TrialView | None) -> str:
    """Returns a sentence about the fit of the leader."""
    if leader is None:
        if seen.of(FAILED):
            return "No trial has finished an epoch: see the failures below."
        return "No trial has finished an epoch yet."
    scale = "(1 is a constant output, 0 a perfect fit)"
    against = f"the best linear fit leaves {pure(seen.linear_fit)}"
    if leader.nmse < min(seen.linear_fit, leader.before):
        return f"Trial {leader.number} learns to a held-out NMSE of {pure(leader.nmse)} {scale}; {against}."
    rank = ", the best," if leader is seen.best else ""
    course = (
        f"from a held-out NMSE of {pure(leader.before)} to {pure(leader.nmse)} {scale}; {against}."
    )
    done = seen.of(COMPLETE)
    if done and len(seen.unlearned) == len(done):
        return (
            f"No complete trial fits better than before its training: trial {leader.number}{rank} "
            f"goes {course}"
        )
    if len(seen.objectives) == 1 and seen.objectives[0].name == "nmse":
        return (
            f"No trial has learnt more than a linear fit: trial {leader.number}{rank} goes {course}"
        )
    return f"Trial {leader.number}{rank} has not learnt more than a linear fit: it goes {course}"


def _glance(seen: Overview) -> str:
    """Returns tables of the best value of each objective within the constraints, and of trials by outcome."""
    if not seen.trials:
        return ""
    done = [trial for trial in seen.of(COMPLETE) if trial.allowed]
    rows: list[tuple[str, list[Cell]]] = []
    for index, objective in enumerate(seen.objectives):
        known = [trial for trial in done if math.isfinite(trial.values[index])]
        if known:
            pick: Callable[..., TrialView] = max if objective.maximise else min
            best = pick(known, key=lambda trial, at=index: trial.values[at])
            link = f'<a href="#trial-{best.number}">trial {best.number}</a>'
            value = quantity(best.values[index], objective.unit)
            rows.append(("", [(objective.label, False), (value, True), (link, "html")]))
    values = (
        table("best", [("objective", False), ("best value", True), ("by", False)], rows)
        if rows else ""
    )  # fmt: skip
    return f'<div class="pair">{values}{outcome_table(seen)}</div>'


def fit(found: Findings, figs: Figures) -> str:
    """Returns the section about the leader's fit; empty without one."""
    leader, led = found.leader, found.led
    if leader is None or led is None or led.fit is None:
        return ""
    if leader is found.overview.best:
        called = "best trial"
    elif leader.state == COMPLETE:
        called = "trial nearest to the constraints"
    else:
        called = f"trial ({leader.state})"
    return section(
        f"Fit of the {called}, number {leader.number}",
        *fit_panels(led, figs, "best"),
        f'<p><a class="button" href="#trial-{leader.number}">Page of trial {leader.number}</a></p>',
        anchor="fit",
        words="Held-out points, in free phases without updates.",
    )


def fit_panels(found: TrialFindings, figs: Figures, name: str) -> list[str]:
    """Returns the HTML of the figures of a trial's fit, which depend on its task.

    **Arguments:**

    - `found`: the trial.
    - `figs`: collects the figures.
    - `name`: part of the figures' names, unique on the page.

    **Returns:** HTML blocks; none where the fit is unknown.
    """
    if found.fit is None:
        return []
    blocks = [
        figs.place(f"fit-{name}-{panel.name}", panel.figure, caption=panel.caption)
        for panel in fit_figures.panels(found.fit)
    ]
    return blocks if len(blocks) == 1 else ['<div class="slices">', *blocks, "</div>"]


def history(found: Findings, figs: Figures) -> str:
    """Returns the section with the objectives and the dominated hypervolume over the trials."""
    seen = found.overview
    if not seen.trials:
        return ""
    titles = [objective.title for objective in seen.objectives]
    drawn = {str(index): figures.history(seen, index) for index in range(len(titles))}
    blocks = [figs.choice("history", [("Objective", titles)], drawn)]
    if len(titles) > 1 and seen.of(COMPLETE):
        blocks += ["<h3>Hypervolume</h3>", figs.place(
            "hypervolume", figures.hypervolume(seen),
            caption="Share of the box between the best and the worst value of each objective that "
            "is dominated; logarithms where all values are above 0.",
        )]  # fmt: skip
    return section("History", *blocks, anchor="history")


def learning(found: Findings, figs: Figures) -> str:
    """Returns the section with the learning curves of all trials."""
    if not any(trial.curve for trial in found.overview.trials):
        return ""
    words = (
        "Held-out NMSE of every trial; 0 epochs is before training. Click a curve for its trial."
    )
    return section(
        "Learning curves",
        figs.place("learning-curves", figures.learning_curves(found.overview)),
        anchor="learning",
        words=words,
    )


def front(found: Findings, figs: Figures) -> str:
    """Returns the section with the Pareto fronts of two or three objectives, with sliders for their weights."""
    seen = found.overview
    count = len(seen.objectives)
    if count < 2 or not seen.of(COMPLETE):  # noqa: PLR2004
        return ""
    views: dict[str, go.Figure] = {}
    options = []
    for first, second in combinations(range(count), 2):
        options.append(" and ".join(seen.objectives[i].label for i in (first, second)))
        views[str(len(views))] = figures.front(seen, first, second, violating=found.violating)
    if count > 2:  # noqa: PLR2004
        for x, y, z in combinations(range(count), 3):
            options.append(", ".join(seen.objectives[i].label for i in (x, y, z)))
            views[str(len(views))] = figures.front3d(seen, (x, y, z), violating=found.violating)
    constraint = (
        f" {len(found.violating)} complete trials violate a constraint." if found.violating else ""
    )
    return section(
        "Pareto front",
        figs.choice("front", [("Objectives", options)], views),
        block("weights", [objective.label for objective in seen.objectives]),
        anchor="front",
        words="Click a trial for its page. The knee is where the front bends most; the ring is what "
        "the weights below choose." + constraint,
    )


def ladder(found: Findings, figs: Figures) -> str:
    """Returns the section about the rungs: trials, cost, and rank correlation with the next rung."""
    rungs, first = found.overview.ladder, found.overview.objectives[0]
    if not rungs:
        return ""
    blocks = [ladder_table(rungs)]
    if any(rung.seconds > 0 or rung.simulated > 0 for rung in rungs):
        blocks.append(figs.place("rung-costs", figures.rung_costs(rungs), tools=False))
    blocks.append('<div class="slices wide">')
    blocks += [
        figs.place(
            f"rungs{rung.number}",
            figures.agreement(rung, above, first.title),
            tools=False,
            caption=f"Rungs {rung.number} and {above.number}: rank correlation "
            f"{pure(rung.correlation)} over {len(rung.pairs)} trials.",
        )
        for rung, above in pairwise(rungs)
        if rung.pairs
    ]
    words = (
        "Wall time is that of the workers, simulated time that in the circuits. The rank "
        "correlation is Spearman's, over the trials that finished both rungs."
    )
    return section("Ladder", *blocks, "</div>", anchor="ladder", words=words)


def importances(found: Findings, figs: Figures) -> str:
    """Returns the section with the importance of each parameter."""
    if not found.overview.trials:
        return ""
    known = [target for target in found.targets if target.shares]
    if not known:
        few = block("soft", "Too few complete trials to tell.")
        return section("Importances", few, anchor="importances")
    drawn = {str(i): figures.importances(target.shares) for i, target in enumerate(known)}
    titles = [f"{target.title}, {target.trials} trials" for target in known]
    tables = [
        (title, importance_table(f"importances-{i}", target))
        for i, (title, target) in enumerate(zip(titles, known, strict=True))
    ]
    return section(
        "Importances",
        figs.choice("importances", [("For", titles)], drawn),
        block("details", "As tables", block("titled", tables)),
        anchor="importances",
        words="PED-ANOVA: how much a parameter separates the best tenth of the trials from the rest. "
        "fANOVA: its share of the variance over the whole space, of logarithms where all values are "
        "above 0. Both as shares of their sum.",
    )


def slices(found: Findings, figs: Figures) -> str:
    """Returns the section with each objective over each parameter."""
    seen = found.overview
    if not seen.of(COMPLETE):
        return ""
    groups = []
    for index in range(len(seen.objectives)):
        shown = [
            figs.place(f"slice{index}-{number}", _slice(seen, entry, index), tools=False)
            for number, entry in enumerate(found.by_importance(index))
        ]
        groups.append(f'<div class="slices">{"".join(shown)}</div>')
    words = "One point for each complete trial, later ones darker; the ring is the best trial."
    titles = [objective.title for objective in seen.objectives]
    return section(
        "Slices", tabs("slices", "Objective", titles, groups), anchor="slices", words=words
    )


def _slice(seen: Overview, entry: Parameter, index: int) -> go.Figure:
    return figures.slice_of(
        seen, entry.name, unit=entry.unit, log=entry.log, whole=entry.integer, index=index
    )


def pairs(found: Findings, figs: Figures) -> str:
    """Returns the section with objectives over pairs of parameters, and parallel coordinates."""
    seen, couples = found.overview, found.pairs()
    names = [f"{x.name} and {y.name}" for x, y in couples]
    blocks = []
    if seen.of(COMPLETE):
        titles = [objective.title for objective in seen.objectives]
        lists = [("Objective", titles), ("Parameters", names)]
        keys = [(o, p) for o in range(len(titles)) for p in range(len(couples))]
        for name, heading, draw in (
            ("contour", "Contours", figures.contour),
            ("rank", "Ranks", figures.rank),
        ):
            drawn = {f"{o}-{p}": draw(seen, *couples[p], o) for o, p in keys}
            if drawn:
                blocks += [f"<h3>{heading}</h3>", figs.choice(name, lists, drawn)]
        drawn_all = {
            str(o): figures.parallel(seen, found.parameters, o) for o in range(len(titles))
        }
        blocks += [
            "<h3>Parallel coordinates</h3>",
            figs.choice(
                "parallel", [("Colour", titles)], drawn_all,
                caption="One line for each complete trial; drag along an axis to pick.",
            ),
        ]  # fmt: skip
    return section("Space", *blocks, anchor="space")


def failures(found: Findings, figs: Figures) -> str:
    """Returns the section with failed trials by cause, and their places in the search space."""
    seen = found.overview
    if not seen.of(FAILED):
        return ""
    couples = found.pairs_of_failures()
    drawn = {str(i): figures.failures(seen, x, y) for i, (x, y) in enumerate(couples)}
    names = [f"{x.name} and {y.name}" for x, y in couples]
    return section(
        "Failures by cause",
        failure_table(seen.failures()),
        figs.choice("failures", [("Parameters", names)], drawn),
        anchor="failures",
    )


def trials(found: Findings) -> str:
    """Returns the section with the table of all trials, which the page's script fills."""
    if not found.overview.trials:
        return section("Trials", '<p class="soft">None has begun.</p>', anchor="trials")
    return section(
        "Trials",
        '<div class="controls"><label class="grow">Filter <input id="filter" type="search" '
        'placeholder="complete nmse&lt;0.1 energy&lt;50n" spellcheck="false"></label>'
        '<span id="count" class="soft" aria-live="polite"></span></div>'
        '<div class="tabled" id="trial-table" data-csv="trials"><div class="scroll"><table></table>'
        '</div></div><p><button id="more" type="button">Show all</button></p>'
        '<div id="compare"></div>',
        anchor="trials",
        words="A filter is words, and comparisons such as nmse<0.1 or update.scale[0]>=20; all must "
        "hold. Click a heading to sort by it; tick up to four trials to compare them.",
    )


def provenance(found: Findings) -> str:
    """Returns the section about the provenance of the results."""
    return section(
        "Provenance",
        facts_table(found.provenance),
        block("details", "The study file", block("preformatted", found.study_text)),
        anchor="provenance",
    )
