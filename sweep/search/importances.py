# SPDX-License-Identifier: GPL-3.0-or-later
"""Importance of each parameter for objectives and for values of rungs, by PED-ANOVA and fANOVA."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import optuna
from optuna.importance import (
    BaseImportanceEvaluator,
    FanovaImportanceEvaluator,
    PedAnovaImportanceEvaluator,
    get_param_importances,
)
from optuna.trial import FrozenTrial, create_trial

from sweep.results.costs import costs_of
from sweep.results.importances import Target
from sweep.results.overview import COMPLETE, Overview
from sweep.results.rung_results import rung_results_of
from sweep.search.opening import OpenedResults
from sweep.study.ladder import GradientRung, TrainingRung

_LEAST_TRIALS = 5  # for importances that mean anything
_TREES = 32
_MOST_TRIALS = 400  # that fANOVA looks at: its cost grows faster than they do


def targets(results: OpenedResults, seen: Overview) -> tuple[Target, ...]:
    """Returns importances for every objective, then for the values of the rungs below the last."""
    trials, objectives = results.study.get_trials(deepcopy=False), seen.objectives
    done = [(trials[view.number], view.values) for view in seen.of(COMPLETE)]
    found = [
        _target(
            objective.title,
            [(trial, values[index]) for trial, values in done],
            maximise=objective.maximise,
        )
        for index, objective in enumerate(objectives)
    ]
    for index, rung in enumerate(results.study_file.ladder.rungs[:-1]):
        finished = [(trial, rung_results_of(trial.user_attrs)) for trial in trials]
        known = [
            (trial, rungs[index].values[0])
            for trial, rungs in finished
            if len(rungs) > index and rungs[index].values
        ]
        trains = isinstance(rung, TrainingRung)
        what = objectives[0].title if trains else "1 - worst alignment of an update"
        if trains or isinstance(rung, GradientRung):
            title = f"rung {index + 1} ({rung.label}): {what}"
            found.append(_target(title, known, maximise=trains and objectives[0].maximise))
    return tuple(found)


def _target(title: str, known: Sequence[tuple[FrozenTrial, float]], *, maximise: bool) -> Target:
    # Logarithms where all are above 0: else a few bad trials make all of fANOVA's variance.
    finite = [(trial, value) for trial, value in known if math.isfinite(value)]
    costs = costs_of(np.array([value for _, value in finite]), [maximise])[:, 0]
    costed = [(trial, float(cost)) for (trial, _), cost in zip(finite, costs, strict=True)]
    spaced = np.linspace(0, len(costed) - 1, min(len(costed), _MOST_TRIALS)).round().astype(int)
    shares = {
        "PED-ANOVA": _shares(costed, PedAnovaImportanceEvaluator()),
        "fANOVA": _shares(
            [costed[place] for place in spaced],
            FanovaImportanceEvaluator(n_trees=_TREES, seed=0),
        ),
    }
    return Target(
        title=title,
        trials=len(finite),
        shares={name: found for name, found in shares.items() if found},
    )


def _shares(
    known: Sequence[tuple[FrozenTrial, float]], evaluator: BaseImportanceEvaluator
) -> Mapping[str, float]:
    """Shares by PED-ANOVA (Watanabe et al. 2023, arXiv 2304.10255) or fANOVA (Hutter et al. 2014)."""
    if len(known) < _LEAST_TRIALS or len({value for _, value in known}) == 1:
        return {}
    study = optuna.create_study()
    study.add_trials(
        [
            create_trial(params=trial.params, distributions=trial.distributions, value=value)
            for trial, value in known
        ]
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of evaluators, on few trials
            shares = get_param_importances(study, evaluator=evaluator)
    except (ValueError, RuntimeError):  # trials without a parameter in common
        return {}
    return shares if math.isfinite(sum(shares.values())) else {}
