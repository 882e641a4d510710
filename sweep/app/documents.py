# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON documents that `sweep validate --json` and `sweep fields --json` print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from circuits import Design, Quantity, design_quantities
from sweep.study.refusals import Refusal
from sweep.study.start import StartPoint
from sweep.study.study_file import StudyFile

__all__ = ["fields_document", "study_document"]


def study_document(
    study: StudyFile, start: Sequence[StartPoint], refused: Sequence[Refusal] = ()
) -> dict[str, Any]:
    """Returns a valid study, with the designs that it begins with, as plain values in SI units.

    **Arguments:**

    - `study`: the study file.
    - `start`: the designs that it begins with.
    - `refused`: parts of its search space that its simulators refuse.
    """
    plan, search = study.plan, study.search
    return {
        "ok": True,
        "name": study.name,
        "fingerprint": study.fingerprint,
        "layers": list(study.layers),
        "task": plan.task.name,
        "epochs": plan.epochs,
        "stride": plan.stride,
        "ladder": study.ladder.described() if study.ladder.declared else [],
        "noiseless": plan.noiseless,
        "linear_fit": plan.linear_fit(),
        "sampler": search.sampler,
        "pruner": search.pruner.kind,
        "trials": search.trials,
        "objectives": dict(search.objectives),
        "start": [
            {
                "name": point.named,
                "values": dict(point.values),
                "moved": list(point.moved),
                "fields": [asdict(entry) for entry in point.fields],
                "training": [asdict(entry) for entry in point.training],
                "refusal": point.refusal,
            }
            for point in start
        ],
        "parameters": [
            {
                "name": entry.name,
                "field": entry.field,
                "layer": entry.layer,
                "unit": entry.unit,
                "choices": list(entry.choices),
            }
            if entry.choices
            else {
                "name": entry.name,
                "field": entry.field,
                "layer": entry.layer,
                "unit": entry.unit,
                "low": entry.low,
                "high": entry.high,
                "step": entry.step,
                "log": entry.log,
                "integer": entry.integer,
            }
            for entry in study.space.parameters
        ],
        "warnings": [
            {
                "field": refusal.field,
                "choices": list(refusal.choices),
                "rung": refusal.rung,
                "refused": refusal.refused,
                "designs": refusal.designs,
                "message": refusal.message,
            }
            for refusal in refused
        ],
    }


def fields_of(kinds: Sequence[str]) -> dict[str, tuple[Quantity, Any]]:
    """Returns quantity and default by full name, for designs with the given kinds of parts.

    **Arguments:**

    - `kinds`: `<role>=<kind>`, such as `amplifier=linear`; other parts are those of the original circuit.

    **Raises:** `DesignError` for an unknown kind.
    """
    values = dict(kind.partition("=")[::2] for kind in kinds)
    design = Design.from_values({f"{role}.kind": kind for role, kind in values.items()})
    return {
        name: (spec, design.value(name)) for name, spec in design_quantities(design.kinds).items()
    }


def fields_document(kinds: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Returns every quantity of designs with some kinds of parts, in SI units; an infinite bound is None."""
    return [
        {
            "name": name,
            "default": default,
            "unit": spec.unit,
            "low": None if spec.choices else spec.low,
            "high": None if spec.choices else spec.high,
            "choices": list(spec.choices),
            "log": spec.log,
            "integer": spec.integer,
            "per_layer": spec.per_layer,
            "meaning": spec.meaning,
        }
        for name, (spec, default) in fields_of(kinds).items()
    ]
