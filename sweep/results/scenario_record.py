# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions and results of a finished scenario of a trial."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from sweep.results.stored_numbers import stored, stored_number

__all__ = ["ScenarioRecord"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioRecord:
    """A finished scenario.

    **Attributes:**

    - `corner`, `temperature`, `mismatch_seed`: the corner; the temperature in degrees Celsius.
    - `weight_seed`, `noise_seed`, `data_seed`: the seeds of the training; None for no noise.
    - `training`: the name of the training, which says where its files are.
    - `nmse`: held-out NMSE after it; infinite where the training has no result.
    - `status`, `cause`: why it has no result; None where it has one.
    - `metrics`: the other objectives, by name; NaN where unknown.
    """

    corner: str
    temperature: float
    mismatch_seed: int | None = None
    weight_seed: int | None = None
    noise_seed: int | None = None
    data_seed: int | None = None
    training: str = ""
    nmse: float = math.inf
    status: str | None = None
    cause: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Returns it as it is stored; an infinite NMSE as None."""
        own = {each.name: getattr(self, each.name) for each in fields(self)}
        metrics = own.pop(_METRICS)
        if self.status is None:
            own = {name: value for name, value in own.items() if name not in _OF_FAILURES}
        content: dict[str, Any] = stored(own | dict(metrics))
        return content

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Reads what `to_dict` returned."""
        own = {name: content[name] for name in _STORED if name in content}
        nmse = stored_number(content.get("nmse"))
        return cls(
            **{**own, "nmse": math.inf if math.isnan(nmse) else nmse},
            metrics={
                name: stored_number(value) for name, value in content.items() if name not in _STORED
            },
        )


_METRICS = "metrics"
_OF_FAILURES = ("status", "cause")
_STORED = frozenset(each.name for each in fields(ScenarioRecord)) - {_METRICS}
