# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the parts of a search space that the study's simulators cannot compute, before anything runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from circuits import CircuitError
from objectives import ObjectiveError
from sweep._errors import InfeasibleDesign, dotted
from sweep.study._probe import samples
from sweep.study.ladder import QUASISTATIC, TrainingRung

if TYPE_CHECKING:
    from circuits import Design, Run
    from sweep.study.space import Value
    from sweep.study.study_file import StudyFile

__all__ = ["Refusal", "refusals"]

_LOOKED_AT = 64
"""Number of legal designs of a space that are checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A part of a space that a rung's simulator cannot compute; its trials will fail there.

    **Attributes:**

    - `field`: the field of the design that is to blame.
    - `choices`: those of its choices that are refused whatever else is chosen; empty where it is a
      number, or not searched.
    - `rung`: number of the rung, from 1; 0 in a study without a ladder. `label`: the rung in words.
    - `refused`, `designs`: how many designs from all over the space are refused because of the field,
      and how many were checked.
    - `reason`: why the first of them is refused.
    - `searched`: whether the field is searched.
    """

    field: str
    choices: tuple[str, ...]
    rung: int
    label: str
    refused: int
    designs: int
    reason: str
    searched: bool

    @property
    def message(self) -> str:
        """What is refused, where and why, and what to do about it."""
        key = dotted("space", self.field) if self.searched else f"design.{self.field}"
        where = f"on rung {self.rung} ({self.label})" if self.rung else f"by {self.label}"
        if self.choices:
            named = ", ".join(map(repr, self.choices))
            what = f"{key}: {named} {'is' if len(self.choices) == 1 else 'are'} refused"
            todo = f"take {'it' if len(self.choices) == 1 else 'them'} out of the choices"
        else:
            share = f"{self.refused} of {self.designs} designs from all over [space]"
            what = f"{key}: {share} are refused"
            todo = "narrow its range" if self.searched else "change it"
        other = (
            "leave the quasi-static rungs out"
            if self.rung
            else "run the study with a transient simulator (ngspice, xyce)"
        )
        return f"{what} {where}, and such trials fail: {self.reason}; {todo}, or {other}"


def refusals(study: StudyFile, simulator: str | None = None) -> list[Refusal]:
    """Returns the parts of a study's space that its simulators refuse; usually none.

    **Arguments:**

    - `study`: the study file.
    - `simulator`: a simulator that replaces that of the study file, as for `sweep run`; None for none.
    """
    found = _rung(study, simulator)
    if found is None:
        return []
    rung, label = found
    designs = _designs(study)
    if not designs:
        return []
    try:
        run = study.plan.epoch_run(designs[0][1], 0, None)
    except (CircuitError, ObjectiveError):  # its trials will fail with this error
        return []
    verdicts = [(values, _refused(run, design)) for values, design in designs]
    fields = dict.fromkeys(error[0] for _, error in verdicts if error is not None)
    return [_refusal(study, field, rung, label, verdicts) for field in fields]


def _rung(study: StudyFile, simulator: str | None) -> tuple[int, str] | None:
    """Number and words of the first rung that is quasi-static; None where none is."""
    ladder = study.ladder
    if not ladder.declared:
        name = simulator or study.execution.simulator
        return (0, "the quasi-static simulator") if name == QUASISTATIC else None
    for number, rung in enumerate(ladder.rungs, start=1):
        if rung.simulator == QUASISTATIC and isinstance(rung, TrainingRung):
            return number, rung.label
        if rung.simulator == QUASISTATIC:
            return number, f"{rung.label}, which is quasi-static"
    return None


def _designs(study: StudyFile) -> list[tuple[dict[str, Value], Design]]:
    """Legal designs from all over the space, every choice among them."""
    space = study.space
    all_of = samples(space)
    middle = all_of[0]
    chosen = [
        {**middle, parameter.name: choice}
        for parameter in space.parameters
        for choice in parameter.choices
    ]
    found: list[tuple[dict[str, Value], Design]] = []
    for values in [*chosen, *all_of]:
        try:
            found.append((values, space.design(values)))
        except InfeasibleDesign:
            continue
        if len(found) == max(_LOOKED_AT, 2 * len(chosen)):
            break
    return found


def _refused(run: Run, design: Design) -> tuple[str, str] | None:
    """The field that is to blame and the reason; None for a design that is computed."""
    # It takes a second to import, and few studies need it.
    from circuits.quasistatic import NotQuasistatic, check_quasistatic  # noqa: PLC0415

    try:
        check_quasistatic(dataclasses.replace(run, design=design))
    except NotQuasistatic as error:
        return error.field, error.reason
    return None


def _refusal(
    study: StudyFile,
    field: str,
    rung: int,
    label: str,
    verdicts: Sequence[tuple[dict[str, Value], tuple[str, str] | None]],
) -> Refusal:
    blamed = [
        (values, error) for values, error in verdicts if error is not None and error[0] == field
    ]
    mine = [parameter for parameter in study.space.parameters if parameter.field == field]
    searched = bool(mine) or any(rule.entry.field == field for rule in study.space.rules)
    choices: list[str] = []
    for parameter in mine:
        accepted = {values[parameter.name] for values, error in verdicts if error is None}
        refused = {values[parameter.name] for values, _ in blamed} - accepted
        choices += [str(choice) for choice in parameter.choices if choice in refused]
    return Refusal(
        field=field,
        choices=tuple(dict.fromkeys(choices)),
        rung=rung,
        label=label,
        refused=len(blamed),
        designs=len(verdicts),
        reason=blamed[0][1][1],
        searched=searched,
    )
