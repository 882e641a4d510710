# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of one trial, as HTML that the page's script shows below its heading."""

from __future__ import annotations

from circuits import weight_shapes
from sweep.report import figures
from sweep.report._html import Figures, section
from sweep.report._sections import fit_panels
from sweep.report._tables import design_table
from sweep.report._templates import block
from sweep.report.course_figures import MEASURES
from sweep.report.schematic import amplifier_schematic, synapse_schematic
from sweep.report.trial import TrialFindings
from sweep.results.trial_examination import TrainingHistory, Waves


def trial_page(found: TrialFindings, figs: Figures, linear_fit: float) -> str:
    """Returns the sections of a trial's page, in a template element that the page's script shows.

    **Arguments:**

    - `found`: the trial.
    - `figs`: collects the figures.
    - `linear_fit`: held-out NMSE of the best linear fit.
    """
    number = found.view.number
    name = f"t{number}"
    blocks = [
        _biases(found),
        _fit(found, figs, name),
        _curves(found, figs, name, linear_fit),
        _weights(found, figs, name),
        _waves(found, figs, name),
        _updates(found, figs, name),
        _scenarios(found, figs, name),
        _schematics(found),
    ]
    notes = () if found.history is None else found.history.notes
    return block("trial", number, notes, blocks)


def _biases(found: TrialFindings) -> str:
    chosen = [value for value in found.values if value.origin != "default"]
    rest = [value for value in found.values if value.origin == "default"]
    number = found.view.number
    return section(
        "Bias",
        design_table(f"trial-{number}-bias", chosen),
        block(
            "details",
            f"{len(rest)} fields at their default",
            design_table(f"trial-{number}-defaults", rest),
        ),
        anchor=f"bias-{number}",
        words="The dot is this trial, the bar the circuit this project starts from; the line is the "
        "legal range, logarithmic where the quantity is.",
    )


def _fit(found: TrialFindings, figs: Figures, name: str) -> str:
    if found.fit is None:
        gone = block("soft", "The files of its epochs are gone.")
        return section("Fit", gone, anchor=f"fit-{name}")
    blocks = fit_panels(found, figs, name)
    history = found.history
    if history is not None and history.held_out:
        drawn = figures.fit_over_epochs(found.fit, history.epochs, history.held_out)
        blocks += ["<h3>In the course of training</h3>", figs.place(
            f"{name}-course", drawn,
            caption=f"Held-out points after each epoch, weight seed {history.seed}; drag the slider.",
        )]  # fmt: skip
    return section("Fit before and after training", *blocks, anchor=f"fit-{name}")


def _curves(found: TrialFindings, figs: Figures, name: str, linear_fit: float) -> str:
    if not found.curves:
        return ""
    drawn = figures.seed_curves(found.curves, linear_fit)
    return section(
        "Learning curves",
        figs.place(f"{name}-seeds", drawn, caption="Every training of this trial."),
        anchor=f"curves-{name}",
    )


def _weights(found: TrialFindings, figs: Figures, name: str) -> str:
    history = found.history
    if history is None or not history.weights:
        return ""
    shapes = weight_shapes(found.layers)
    design = found.design
    before = _before(history)
    blocks = [
        figs.place(
            f"{name}-weights",
            figures.weights_over_epochs(history.epochs, history.weights, shapes),
            caption="Over the epochs; of large layers evenly spaced ones.",
        )
    ]
    if before is not None and len(history.within):
        drawn = figures.weights_in_epoch(
            history.weights[before],
            history.within,
            shapes,
            design.nudge,
            design.timing.phase_duration,
        )
        blocks.append(figs.place(
            f"{name}-within", drawn,
            caption=f"In the first points of epoch {history.within_epoch + 1}, less what they began "
            "with: held in the free and nudged phases, written in the update.",
        ))  # fmt: skip
    return section("Weights", *blocks, anchor=f"weights-{name}")


def _before(history: TrainingHistory) -> int | None:
    """Returns the index of the weights before the epoch of `history.within`; None where they were not kept."""
    places = {epoch: place for place, epoch in enumerate(history.epochs)}
    return places.get(history.within_epoch)


def _waves(found: TrialFindings, figs: Figures, name: str) -> str:
    waves = found.waves
    if not isinstance(waves, Waves):
        words = (
            waves
            or "Not simulated for this page; `sweep report OUT --waveforms` has those of the best trial."
        )
        return section("Waveforms", block("soft", words), anchor=f"waves-{name}")
    blocks = [
        figs.place(f"{name}-waves-{group.replace(' ', '-')}", figures.waveforms(waves, group))
        for group in waves.voltages
    ]
    words = (
        f"The first {waves.points} points of an epoch with the weights after training, in "
        f"{waves.simulator}."
    )
    return section("Waveforms", *blocks, anchor=f"waves-{name}", words=words)


def _updates(found: TrialFindings, figs: Figures, name: str) -> str:
    history = found.history
    if history is None or not history.examined:
        return ""
    epochs = [epoch for epoch, _ in history.examined]
    blocks = []
    for measure, (title, log) in MEASURES.items():
        values = [
            [getattr(layer, measure) for layer in looked.layers] for _, looked in history.examined
        ]
        drawn = figures.layer_measure(epochs, values, title, log=log)
        blocks.append(figs.place(f"{name}-{measure.replace('_', '-')}", drawn, tools=False))
    points = history.examined[0][1].points
    return section(
        "What its updates are worth",
        f'<div class="slices">{"".join(blocks)}</div>',
        anchor=f"updates-{name}",
        words=f"At {points} training points with the weights of these epochs, in quasi-static "
        "simulation; docs/trainability.md says what the measures mean.",
    )


def _scenarios(found: TrialFindings, figs: Figures, name: str) -> str:
    if not found.scenarios:
        return ""
    drawn = figures.scenario_map(found.scenarios, "held-out NMSE, the worst of each place")
    return section(
        "Corners and temperatures",
        figs.place(f"{name}-scenarios", drawn, tools=False),
        anchor=f"scenarios-{name}",
    )


def _schematics(found: TrialFindings) -> str:
    depth = len(found.layers) - 1
    drawings = "".join(
        f"<figure><figcaption>Layer {layer}: {what}</figcaption>{drawing}</figure>"
        for layer in range(depth)
        for what, drawing in (
            ("synapse", synapse_schematic(found.design, layer)),
            ("amplifier", amplifier_schematic(found.design, layer, last=layer == depth - 1)),
        )
    )
    return section(
        "Schematic",
        f'<div class="slices wide">{drawings}</div>',
        anchor=f"schematic-{found.view.number}",
    )
