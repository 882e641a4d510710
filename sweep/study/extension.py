# SPDX-License-Identifier: GPL-3.0-or-later
"""Continuing a study after its space was widened: what a new study file may change."""

from __future__ import annotations

from sweep._errors import dotted
from sweep.study._fingerprint import description
from sweep.study.space import Parameter, Space
from sweep.study.study_file import StudyFile

__all__ = ["what_forbids"]

_FREE = ("sampler", "seed", "startup_trials", "pruner", "trials", "stop")


def what_forbids(old: StudyFile, new: StudyFile) -> str:
    """Returns why a study cannot continue with another study file; empty where it can.

    Ranges of `[space]` may become wider, and of `[search]` may change what proposes and stops trials:
    sampler, seed, startup_trials, pruner, trials, stop. All else determines what a trial's value is,
    or what its parameters mean.
    """
    before = {parameter.name: parameter for parameter in old.space.parameters}
    after = {parameter.name: parameter for parameter in new.space.parameters}
    if before.keys() != after.keys():
        changed = ", ".join(sorted(before.keys() ^ after.keys()))
        return (
            f"space: {changed} is searched by one file only, so older trials would lack its value"
        )
    for name, parameter in before.items():
        reason = _narrower(parameter, after[name])
        if reason:
            return f"{dotted('space', name)}: {reason}"
    if _rest(old) != _rest(new):
        return (
            "it differs in more than wider ranges of [space] and in what proposes and stops trials "
            f"([search] {', '.join(_FREE)}): network, task, training, design, ladder, scenarios, "
            "objectives and constraints must stay"
        )
    return ""


def _narrower(old: Parameter, new: Parameter) -> str:
    if old.choices or new.choices:
        return "" if old.choices == new.choices else "choices cannot change: Optuna numbers them"
    if (old.integer, old.log, old.step) != (new.integer, new.log, new.step):
        return "log and step must stay as they are"
    if new.low > old.low or new.high < old.high:
        return (
            f"{new.show(new.low)} to {new.show(new.high)} leaves out some of "
            f"{old.show(old.low)} to {old.show(old.high)}, where there may be trials"
        )
    if old.step is not None and abs((old.low - new.low) / old.step % 1.0 - 0.5) < 0.5 - 1e-9:
        return "its steps must lie on the old ones"
    return ""


def _rest(study: StudyFile) -> str:
    """The description of what must stay."""
    space = Space(study.space.depth, study.space.fixed, (), study.space.rules)
    kept = type(study.search).model_fields.keys() - set(_FREE)
    defaults = {name: field.default for name, field in type(study.search).model_fields.items()}
    search = study.search.model_copy(
        update={name: value for name, value in defaults.items() if name not in kept}
    )
    return description(study.plan, space, search, study.ladder)
