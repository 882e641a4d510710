# SPDX-License-Identifier: GPL-3.0-or-later
"""Output of the commands for people: rich tables that fit into 80 columns."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sweep._numbers import duration, pure, quantity
from sweep.cli._console import facts, grid

if TYPE_CHECKING:
    from pathlib import Path

    from circuits import Quantity
    from sweep.app.doctor import Check, Examination
    from sweep.app.export import Exported
    from sweep.app.migrate import Migrated
    from sweep.app.replay import Replay
    from sweep.app.simulate import SimulatedTraining
    from sweep.app.status import StudyStatus
    from sweep.app.verify import Difference, Verification
    from sweep.results.overview import Overview
    from sweep.results.rungs import RungView
    from sweep.study.start import StartPoint
    from sweep.study.study_file import StudyFile

_COLOURS = {"ok": "green", "optional": "dim", "warning": "yellow", "missing": "bold red"}
_CURVE_LINES = 25
_FINISHED = 5  # best trials that `status` lists
_SHOWN = frozenset(("nmse", "energy", "seconds"))  # metrics shown for each of these


def examination_view(found: Examination) -> RenderableType:
    """Returns the checks of `sweep doctor`, good packages in one line, and then the remedies."""
    well = [c for c in found.checks if c.group == "packages" and str(c.state) == "ok"]
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in found.checks:
        if check in well[1:]:
            continue
        name, words = check.name, check.found
        if check in well:
            name = "packages"
            words = ", ".join(f"{entry.name} {entry.found}" for entry in well)
        state = Text(str(check.state), style=_COLOURS[str(check.state)])
        table.add_row(state, name, Text(words))
        if check.sha256:
            table.add_row("", "", Text(f"SHA-256 {check.sha256[:24]}..."))
    remedies = [check for check in found.checks if check.remedy]
    parts: list[RenderableType] = [table]
    if remedies:
        parts += ["", Text("What helps", style="bold"), _remedies(remedies)]
    verdict = "A study can run." if found.ok else "No study can run yet: see what is missing."
    return Group(*parts, "", Text(verdict, style="green" if found.ok else "bold red"))


def _remedies(checks: Iterable[Check]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in checks:
        table.add_row(f"  {check.name}", Text(check.remedy))
    return table


def status_view(shown: StudyStatus) -> RenderableType:
    """Returns the progress of a study: counts, best trials, running ones and failures."""
    seen, counts = shown.overview, shown.overview.counts
    states = ", ".join(
        f"{counts[state]} {state}" for state in counts if counts[state] or state == "complete"
    )
    rows = {
        "study": f"{seen.name} in {shown.out}",
        "simulator": f"{shown.simulator} {shown.version}",
        "trials": f"{states}; {seen.planned} asked for",
        "driver": "none on this machine" if shown.driver is None else f"process {shown.driver}",
        **({"asked to": shown.request} if shown.request else {}),
        **({"run cache": f"{shown.cached} epochs came out of it"} if shown.cached else {}),
        "linear fit": f"{pure(seen.linear_fit)} held-out NMSE, what a circuit has to beat",
    }
    parts: list[RenderableType] = [facts(rows), *_ranked(seen)]
    running = seen.of("running")
    if running:
        table = grid("running", "epochs", "NMSE so far", right=("running", "epochs", "NMSE so far"))
        for trial in running:
            epochs = f"{len(trial.curve)}/{trial.epochs or seen.epochs}"
            table.add_row(str(trial.number), epochs, pure(trial.nmse))
        parts += ["", table]
    if seen.ladder:
        parts += ["", ladder_view(seen.ladder)]
    if seen.failures():
        table = grid("failures", "trials", "first words", right=("trials",))
        for cause, trials in seen.failures():
            first = trials[0].failure
            words = first.message.splitlines()[0] if first and first.message else ""
            table.add_row(escape(cause), str(len(trials)), escape(words))
        parts += ["", table]
    if shown.unfinished and shown.driver is None:
        parts += ["", "To go on:"]
        parts.append(_command(shown.resume))
    return Group(*parts)


def _ranked(seen: Overview) -> list[RenderableType]:
    """Returns the complete trials, the best one first, and the reason why it is, or why there is none."""
    if not seen.ordered:
        return []
    several = len(seen.objectives) > 1
    others = [
        (index, objective)
        for index, objective in enumerate(seen.objectives)
        if objective.name not in _SHOWN
    ]
    shown = [trial for trial in seen.ordered if trial in seen.front or not several]
    shown = (shown or list(seen.ordered))[:_FINISHED]
    title = "best trials" if seen.best is not None and not several else "complete trials"
    title = "Pareto front" if several and seen.best is not None else title
    columns = (title, *(objective.label for _, objective in others))
    columns += ("NMSE", "before", "energy", "time")
    forbidden = not all(trial.allowed for trial in shown)
    table = grid(*columns, *(["not allowed"] if forbidden else []), right=columns)
    for trial in shown:
        table.add_row(
            str(trial.number),
            *(quantity(trial.values[index], objective.unit) for index, objective in others),
            pure(trial.nmse), pure(trial.before), quantity(trial.energy, "J"),
            duration(trial.seconds), *([escape(seen.beyond(trial))] if forbidden else []),
        )  # fmt: skip
    if seen.best is None:
        verdict = Text(f"No best trial: {seen.ranked.reason}.", style="yellow")
    else:
        verdict = Text(f"Best: trial {seen.best.number}, {seen.ranked.reason}.")
    parts: list[RenderableType] = ["", table, verdict]
    if len(seen.unlearned) == len(seen.ordered):
        words = "None of the complete trials fits better than before its training."
        parts.append(Text(words, style="yellow"))
    return parts


def ladder_view(rungs: Iterable[RungView]) -> RenderableType:
    """Returns a table of the rungs of a ladder: numbers of trials and cost."""
    columns = ("trials", "went on", "failed", "wall", "simulated", "rank corr.")
    table = grid("rung", *columns, right=columns)
    for rung in rungs:
        table.add_row(
            f"{rung.number} {escape(rung.label)}", str(rung.reached),
            str(rung.promoted) if rung.promoted or rung.stopped else "", str(rung.failed or ""),
            duration(rung.seconds), duration(rung.simulated),
            pure(rung.correlation) if rung.pairs else "",
        )  # fmt: skip
    return table


def choice_words() -> str:
    """Says which simulator `auto` chooses, and why."""
    from circuits.simulators import available  # noqa: PLC0415  (slow to import)

    found = available()
    for entry in found:
        if entry.problem is None:
            others = [other.name for other in found if other.problem is not None]
            why = f"; {', '.join(others)} cannot be used" if others else ""
            return f"auto takes {entry.name} {entry.version}{why}"
    return "auto finds no simulator"


def study_view(study: StudyFile, start: Sequence[StartPoint]) -> RenderableType:
    """Returns a description of a valid study: its search space and the designs that it begins with."""
    from sweep.study.start import notes_of  # noqa: PLC0415  (slow to import)

    plan, search, ladder = study.plan, study.search, study.ladder
    objectives = ", ".join(f"{way} {name}" for name, way in search.objectives.items())
    rows = {
        "study": study.name,
        "network": "-".join(map(str, study.layers)),
        "task": (
            f"{plan.task.name}, {plan.task.points} training and {plan.task.held_out} held-out points"
        ),
        "training": f"{plan.epochs} epochs"
        + (f" of stride {plan.stride}" if plan.stride > 1 else "")
        + f" in corner {plan.corner.process}"
        + ", noiseless" * plan.noiseless,
        **({"ladder": " -> ".join(r.label for r in ladder.rungs)} if ladder.declared else {}),
        "linear fit": f"{pure(plan.linear_fit())} held-out NMSE, what a circuit has to beat",
        "search": f"{search.trials} trials of {search.sampler}, {search.pruner.kind} pruner",
        "objectives": objectives,
        **({"start": f"{len(start)} designs: {', '.join(search.start)}"} if start else {}),
        "fingerprint": study.fingerprint[:16],
    }
    table = grid("parameter", "from", "to", "scale", right=("from", "to"))
    for entry in study.space.parameters:
        if entry.choices:
            words = ", ".join(quantity(choice, entry.unit) for choice in entry.choices)
            table.add_row(escape(entry.name), "", "", escape(f"one of {words}"))
            continue
        scale = "log" if entry.log else "linear"
        if entry.step is not None:
            scale += f", step {quantity(entry.step, entry.unit)}"
        low, high = quantity(entry.low, entry.unit), quantity(entry.high, entry.unit)
        table.add_row(escape(entry.name), low, high, scale)
    parts: list[RenderableType] = [facts(rows), "", table]
    notes = [Text(line) for line in notes_of(start)]
    return Group(*parts, *[""] * bool(notes), *notes)


def fields_view(quantities: Mapping[str, tuple[Quantity, Any]]) -> RenderableType:
    """Returns every quantity of a design: default, legal values, and its meaning below."""
    head = f"{'quantity':<36}{'default':<11}{'legal':<24}per layer"
    parts: list[RenderableType] = [Text(head, style="bold")]
    for name, (spec, value) in quantities.items():
        default = spec.show(value)
        legal = ", ".join(spec.choices) or f"{spec.show(spec.low)} to {spec.show(spec.high)}"
        if spec.integer:
            legal += ", whole"
        first, *others = textwrap.wrap(legal, 23)
        row = Text.assemble((f"{name:<35} ", "bold"), f"{default:<10} {first:<23} ")
        row.append("yes" if spec.per_layer else "")
        parts += [
            row,
            *(Text(f"{'':<47}{line}") for line in others),
            Padding(Text(spec.meaning, style="dim"), (0, 0, 0, 2), expand=False),
        ]
    return Group(*parts)


def training_view(training: SimulatedTraining) -> RenderableType:
    """Returns the metrics of one training, or how it ended without a result."""
    rows = {
        "design": training.name,
        "simulator": f"{training.simulator} {training.version}",
        "outcome": str(training.outcome.status),
    }
    if not training.ok:
        rows["outcome"] += f" ({training.outcome.cause}) in epoch {len(training.scores)}"
        rows["its message"] = training.outcome.message
    rows |= {
        "epochs": f"{len(training.scores)} of {training.epochs}",
        "points": str(sum(score.points for score in training.scores)),
        "seconds": f"{training.seconds:.2f}",
        "nmse_before": pure(training.nmse_before, 6),
        "nmse": pure(training.nmse, 6) + " (noiseless)" * training.noiseless,
        "linear_fit": pure(training.linear_fit, 6),
    }
    if training.improved is False:
        rows["learning"] = "none: it fits no better than before its training"
    if math.isfinite(training.accuracy):
        linear = f"the best linear fit has {pure(training.linear_accuracy, 3)}"
        rows["accuracy"] = f"{pure(training.accuracy, 3)} of the held-out points; {linear}"
    rows |= {
        "energy": f"{quantity(training.energy_per_point, 'J')} for each training point",
    }
    return Group(facts(rows), "", _curve(training))


def _curve(training: SimulatedTraining) -> RenderableType:
    """Returns the learning curve as bars on a logarithmic scale."""
    values = [training.nmse_before, *(score.nmse for score in training.scores)]
    known = [value for value in values if value > 0 and math.isfinite(value)]
    if not known:
        return Text("")
    low, high = math.log10(min(known)) - 0.1, math.log10(max(known))
    table = grid("epochs", "NMSE", "", right=("epochs", "NMSE"))
    step = math.ceil(len(values) / _CURVE_LINES)
    for epochs, value in list(enumerate(values))[::-step][::-1]:
        share = (math.log10(value) - low) / (high - low) if value in known else 0.0
        table.add_row(str(epochs), pure(value), Text("━" * round(40 * share), style="blue"))
    return table


def migrated_view(found: Migrated, path: Path) -> RenderableType:
    """Returns the rewritten files, and the paths of their old versions."""
    if not found.written:
        return Text(f"{path} is as of today already: nothing was changed.")
    written, kept = ("\n".join(map(str, paths)) for paths in (found.written, found.kept))
    notes = [Text(note) for note in found.notes]
    return Group(facts({"written": written, "kept": kept}), *[""] * bool(notes), *notes)


def replay_view(played: Replay) -> RenderableType:
    """Returns the deviations of a replayed trajectory, in millivolts."""
    rows = {
        "simulator": f"{played.simulator} {played.version}",
        "points": f"{played.points} in {played.seconds:.1f} s",
    }
    columns = ("first point", "median", "largest")
    table = grid("deviation (mV)", *columns, right=columns)
    for name in ("free", "nudged", "weights"):
        found = getattr(played, name)
        table.add_row(name, *(f"{1e3 * v:.2f}" for v in (found.first, found.median, found.max)))
    return Group(facts(rows), "", table)


def export_view(exported: Exported) -> RenderableType:
    """Returns a description of an export, and the command that repeats its training."""
    rows = {
        "trial": str(exported.trial),
        "nmse_before": pure(exported.nmse_before),
        "nmse": pure(exported.nmse),
        "directory": str(exported.directory),
        "files": ", ".join(exported.files),
    }
    parts: list[RenderableType] = [facts(rows), ""]
    if exported.verification is not None:
        parts += [verification_view(exported.verification), ""]
    command = _command(f"cd {exported.directory} && {exported.command}")
    return Group(*parts, "To repeat the training:", command)


def verification_view(checked: Verification) -> RenderableType:
    """Returns the result of each simulation, and all differences."""
    rows = {
        each.by: f"NMSE {pure(each.nmse, 6)} from {pure(each.nmse_before, 6)}"
        + (f", weights within {quantity(each.weights, 'V')}" if each.weights >= 0 else "")
        + f", in {duration(each.seconds)}; asked for: {each.tolerance}"
        for each in checked.repeats
    }
    parts: list[RenderableType] = [facts(rows)]
    parts += [Text(note, style="yellow") for note in checked.notes]
    if checked.ok:
        return Group(*parts, Text("Verified: the same comes out again.", style="green"))
    return Group(*parts, Text("Not verified:", style="bold red"), _differences(checked.differences))


def _differences(differences: Iterable[Difference]) -> RenderableType:
    return Group(*(Padding(Text(str(entry)), (0, 0, 0, 2)) for entry in differences))


def _command(words: str) -> Text:
    """Returns a command line that is not wrapped."""
    return Text(f"  {words}", no_wrap=True, overflow="ignore")


def show(view: RenderableType) -> None:
    """Prints a view on stdout."""
    Console(highlight=False).print(view, crop=False)
