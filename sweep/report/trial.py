# SPDX-License-Identifier: GPL-3.0-or-later
"""`TrialFindings`: everything that the page of one trial shows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from circuits import Design, Quantity
from sweep.report.fit_figures import Fit
from sweep.results.overview import TrialView
from sweep.results.study_results import Layout, Results
from sweep.results.trial_examination import TrainingHistory, TrialExamination, Waves

_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value of a design.

    - `field`, `meaning`: of the quantity; `shown`: value with unit; `origin`: searched, set or default.
    - `legal`: description of the legal values; `original`: the default, which is that of the original circuit.
    - `place`, `original_place`: place of value and default in the legal range, from 0 to 1; NaN without a finite
      range, and for several values.
    """

    field: str
    shown: str
    origin: str
    meaning: str
    legal: str
    original: str
    place: float
    original_place: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFindings:
    """Content of the page of a trial.

    - `view`: the trial; `design`: made from its parameters; `values`: of its quantities.
    - `fit`: before and after training; `history`: of the epochs between. None where files are missing.
    - `curves`: NMSE before and after each epoch of every training of the trial, by name.
    - `scenarios`: held-out NMSE by corner and temperature; empty where the study has none.
    - `waves`: waveforms, or the reason why there are none; None where none were requested.
    """

    view: TrialView
    layers: tuple[int, ...]
    design: Design
    values: tuple[Value, ...]
    fit: Fit | None
    history: TrainingHistory | None
    curves: Mapping[str, tuple[float, ...]]
    scenarios: Mapping[tuple[str, float], float]
    waves: Waves | str | None


def find_out_trial(
    results: Results, view: TrialView, examination: TrialExamination
) -> TrialFindings:
    """Collects everything that the page of one trial shows.

    **Arguments:**

    - `results`: of the study.
    - `view`: the trial.
    - `examination`: what was computed for its page.

    **Returns:** the findings.
    """
    design = results.study_file.space.design(view.parameters)
    return TrialFindings(
        view=view,
        layers=results.study_file.layers,
        design=design,
        values=tuple(_values(results, design)),
        fit=fit_of(results, view),
        history=examination.history,
        curves=_curves(results, view.number),
        scenarios=_scenarios(view.scenarios),
        waves=examination.waves,
    )


def fit_of(results: Results, view: TrialView) -> Fit | None:
    """Returns the outputs of a trial before and after its highest training; None without one."""
    reached = results.reached(view.number)
    records = [] if reached is None else results.epochs(view.number, reached.name)
    if reached is None or not records:
        return None
    design = results.study_file.space.design(view.parameters)
    task, data = reached.plan.task, reached.plan.task.data()
    return Fit(
        x=data.held_inputs[:, : len(task.variables)],  # further inputs repeat these
        variables=task.variables,
        classes=task.classes,
        target=reached.plan.targets_in_volts(design, data.held_targets),
        before=records[0].arrays.get("held_out_before"),
        after=records[-1].arrays["held_out"],
    )


def _curves(results: Results, number: int) -> dict[str, tuple[float, ...]]:
    """Returns the NMSE over the epochs of every training on disk: of each seed, simulator and scenario."""
    directory = Layout(results.out).trial(number)
    named = sorted(entry.name for entry in directory.glob("*/"))
    first = f"{results.manifest.simulator}, weight seed {results.study_file.plan.weight_seed}"
    found: dict[str, tuple[float, ...]] = {}
    for name in named if results.study_file.ladder.declared else [""]:
        scores = results.scores(number, name)
        if scores:
            words = name.replace("_seed", ", weight seed ").replace("_", ", ") or first
            found[words] = (scores[0].nmse_before, *(score.nmse for score in scores))
    return found


def _scenarios(scenarios: Sequence[Mapping[str, Any]]) -> dict[tuple[str, float], float]:
    """Returns the NMSE by corner and temperature, the worst of all seeds; empty without scenarios."""
    found: dict[tuple[str, float], float] = {}
    for entry in scenarios:
        place = str(entry["corner"]), float(entry["temperature"])
        nmse = math.inf if entry["nmse"] is None else float(entry["nmse"])
        found[place] = max(found.get(place, -math.inf), nmse)
    return found


def _values(results: Results, design: Design) -> list[Value]:
    """Returns the quantities: searched ones first, then those that the study sets, then the defaults."""
    space = results.study_file.space
    searched = {parameter.field for parameter in space.parameters}
    fixed = {name.partition("[")[0] for name in space.fixed}
    known, defaults = design.quantities(), space.defaults
    values = []
    for field, value in design.to_values().items():
        name = field.partition("[")[
            0
        ]  # some quantities are named by layer, as not all layers have them
        spec, original = known[name], _single(defaults[name])
        if name in searched:
            origin = "searched"
        elif name in fixed or value != original:
            origin = "set"
        else:
            origin = "default"
        bounds = (spec.low, spec.high, spec.log)
        values.append(
            Value(
                field=field,
                shown=spec.show(value, digits=_DIGITS),
                origin=origin,
                meaning=spec.meaning,
                legal=legal_range(spec),
                original=spec.show(original, digits=_DIGITS),
                place=_place(value, *bounds),
                original_place=_place(original, *bounds),
            )
        )
    return sorted(values, key=lambda entry: ("searched", "set", "default").index(entry.origin))


def legal_range(spec: Quantity) -> str:
    """Returns a short description of the legal values of a quantity."""
    if spec.choices:
        return ", ".join(spec.choices)
    if not spec.unit or spec.unit.startswith("1/"):
        ends = (f"{end:.{_DIGITS}g}".replace("e+0", "e") for end in (spec.low, spec.high))
        return f"{' to '.join(ends)} {spec.unit}".strip()
    return " to ".join(spec.show(end, digits=_DIGITS) for end in (spec.low, spec.high))


def _single(value: object) -> object:
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def _place(value: object, low: float, high: float, log: bool) -> float:
    """Returns the place of a number in its range, from 0 to 1."""
    if not isinstance(value, int | float) or not (low < high) or math.isinf(low + high + value):
        return math.nan
    if log and low > 0:
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)
