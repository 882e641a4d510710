# SPDX-License-Identifier: GPL-3.0-or-later
"""`Findings`: all that the report shows, out of a study's results."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import optuna
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import TrialState

from circuits import Design
from sweep._version import __version__
from sweep.report.fit_figures import Fit
from sweep.results.overview import Overview, TrialView, overview
from sweep.results.store import Results
from sweep.study.space import Parameter

_DIGITS = 4
_LEAST_TRIALS = 5  # complete ones, for importances that mean anything


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the leading trial's design: field, value with unit, where it is from, meaning."""

    field: str
    shown: str
    origin: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What a report shows.

    **Attributes:**

    - `overview`: the trials.
    - `leader`: the best complete trial or, before there is one, the unfinished trial that fits
      best; None if no trial has finished an epoch.
    - `fit`: its outputs at the held-out points, None where its files are gone.
    - `design`: its design, field by field.
    - `importances`: for each objective parameter to share; empty where trials are too few.
    - `parameters`: of the search space.
    - `provenance`: what to know in order to get the same results, name to words.
    - `study_text`: the study file.
    """

    overview: Overview
    leader: TrialView | None
    fit: Fit | None
    design: tuple[Value, ...]
    importances: tuple[Mapping[str, float], ...]
    parameters: tuple[Parameter, ...]
    provenance: Mapping[str, str]
    study_text: str


def find_out(results: Results) -> Findings:
    """Everything that the report of a study shows."""
    seen = overview(results)
    leader = seen.leader
    design = None if leader is None else results.study_file.space.design(leader.parameters)
    return Findings(
        overview=seen,
        leader=leader,
        fit=None if leader is None or design is None else _fit(results, leader.number, design),
        design=() if design is None else tuple(_values(results, design)),
        importances=tuple(
            _importances(results.study, index, maximise=objective.maximise)
            for index, objective in enumerate(seen.objectives)
        ),
        parameters=results.study_file.space.parameters,
        provenance=_provenance(results),
        study_text=results.study_file.text,
    )


def _fit(results: Results, number: int, design: Design) -> Fit | None:
    records = results.epochs(number)
    if not records:
        return None
    plan = results.study_file.plan
    task, data = plan.task, plan.task.data()
    return Fit(
        x=data.held_inputs[:, : len(task.variables)],  # what doubles them comes after them
        variables=task.variables,
        classes=task.classes,
        target=plan.targets_in_volts(design, data.held_targets),
        before=records[0].arrays.get("held_out_before"),
        after=records[-1].arrays["held_out"],
    )


def _values(results: Results, design: Design) -> list[Value]:
    """Fields that were searched first, then those that the study sets, then the defaults."""
    space = results.study_file.space
    searched = {parameter.field for parameter in space.parameters}
    defaults = Design()
    values = []
    for field, spec in Design.quantities().items():
        value = getattr(design, field)
        if field in searched:
            origin = "searched"
        elif field in space.fixed or value != getattr(defaults, field):
            origin = "set"
        else:
            origin = "default"
        entry = value[0] if isinstance(value, tuple) and len(value) == 1 else value
        shown = spec.show(entry, digits=_DIGITS)
        values.append(Value(field, shown, origin, spec.meaning))
    return sorted(values, key=lambda entry: ("searched", "set", "default").index(entry.origin))


def _importances(study: optuna.Study, index: int, *, maximise: bool) -> Mapping[str, float]:
    """Shares by PED-ANOVA (Watanabe et al. 2023, arXiv 2304.10255) for one objective."""
    sign = -1.0 if maximise else 1.0  # with a target, the evaluator takes lower for better
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    values = {trial.values[index] for trial in done}
    if len(done) < _LEAST_TRIALS or len(values) == 1:
        return {}

    def target(trial: optuna.trial.FrozenTrial) -> float:
        return sign * float(trial.values[index])

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", message=".*achieve low `target`", category=UserWarning
            )
            shares = get_param_importances(
                study, evaluator=PedAnovaImportanceEvaluator(), target=target
            )
    except (ValueError, RuntimeError):  # trials without a parameter in common
        return {}
    return shares if math.isfinite(sum(shares.values())) else {}


def _simulators(results: Results) -> str:
    """What simulated the study; on a ladder, rung by rung."""
    manifest = results.manifest
    if not manifest.rungs:
        return f"{manifest.simulator} {manifest.simulator_version}"
    rungs = zip(results.study_file.ladder.rungs, manifest.rungs, strict=True)
    return "; ".join(f"{rung.label}: {used['simulator']} {used['version']}" for rung, used in rungs)


def _provenance(results: Results) -> dict[str, str]:
    manifest, described = results.manifest, results.study_file
    plan = described.plan
    seeds = ", ".join(
        f"{name} {'none' if seed is None else seed}" for name, seed in manifest.seeds.items()
    )
    told: dict[str, Any] = {
        "study": f"{manifest.name}, fingerprint {manifest.fingerprint}",
        "network": "-".join(map(str, described.layers)),
        "task": f"{plan.task.name}: {plan.task.points} training and {plan.task.held_out} held-out points",
        "silicon": (
            f"corner {plan.scenario.corner}, {plan.scenario.temperature:g} °C, substrate network "
            f"{'kept' if plan.body_network else 'left out'}"
        ),
        "search": f"{described.search.sampler}, {described.search.trials} trials",
        "seeds": seeds,
        "simulator": _simulators(results),
        "transistor models": f"SkyWater 130, version {manifest.pdk['version']}, {manifest.pdk['source']}",
        "models' SHA-256": manifest.pdk["sha256"],
        "storage": manifest.storage,
        "program": f"analog-sweep {manifest.package_version}, Python {manifest.python}",
        "machine": manifest.host,
        "started": manifest.created,
        "resumed": ", ".join(str(entry["at"]) for entry in manifest.resumed) or "never",
        "report": f"written {datetime.now(UTC).isoformat(timespec='seconds')} by analog-sweep {__version__}",
    }
    return {name: str(words) for name, words in told.items()}
