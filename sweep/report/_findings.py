# SPDX-License-Identifier: GPL-3.0-or-later
"""`Findings`: everything that the report of a study shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from scipy.stats import ks_2samp

from circuits import Quantity
from pdk import find_technology
from sweep._version import __version__
from sweep.report.trial import TrialFindings, find_out_trial
from sweep.results.importances import Target
from sweep.results.overview import COMPLETE, FAILED, Overview, TrialView
from sweep.results.study_results import Manifest, Results
from sweep.results.trial_examination import TrialExamination
from sweep.study.space import Parameter

_IN_PAIRS = 5
"""Parameters, the most important ones, of which all pairs are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Content of a report.

    **Attributes:**

    - `overview`: the trials.
    - `leader`: the trial to look at first, as `Overview.leader`; None if no trial has finished an
      epoch.
    - `pages`: trials with a full page, by number; the leader's is among them.
    - `targets`: importances; the first ones are those of the objectives, in their order.
    - `violating`: numbers of complete trials that violate a constraint.
    - `parameters`: of the search space; `quantities`: of its designs, by full names.
    - `provenance`: what is needed to get the same results, as text by name.
    - `study_text`: the study file.
    """

    overview: Overview
    leader: TrialView | None
    pages: Mapping[int, TrialFindings]
    targets: tuple[Target, ...]
    violating: frozenset[int]
    parameters: tuple[Parameter, ...]
    quantities: Mapping[str, Quantity]
    provenance: Mapping[str, str]
    study_text: str

    @property
    def led(self) -> TrialFindings | None:
        """The findings of the leader; None without one."""
        return None if self.leader is None else self.pages.get(self.leader.number)

    def by_importance(self, index: int = 0) -> list[Parameter]:
        """Returns the parameters, the most important ones for an objective first."""
        shares = next(iter(self.targets[index].shares.values()), {})
        return sorted(self.parameters, key=lambda entry: -shares.get(entry.name, 0.0))

    def pairs(self) -> list[tuple[Parameter, Parameter]]:
        """Returns pairs of the most important parameters that are numbers."""
        of_numbers = [entry for entry in self.by_importance() if not entry.choices]
        return list(combinations(of_numbers[:_IN_PAIRS], 2))

    def pairs_of_failures(self) -> list[tuple[Parameter, Parameter]]:
        """Returns pairs of parameters that are numbers, first those in which failed trials differ most from others."""
        of_numbers = [entry for entry in self.by_importance() if not entry.choices]
        of_numbers.sort(key=self._apart, reverse=True)
        return list(combinations(of_numbers[:_IN_PAIRS], 2))

    def _apart(self, entry: Parameter) -> float:
        """Returns the Kolmogorov-Smirnov distance between the values of failed and other trials."""
        failed: list[float] = []
        others: list[float] = []
        for trial in self.overview.trials:
            if entry.name in trial.parameters:
                side = failed if trial.state == FAILED else others
                side.append(float(trial.parameters[entry.name]))
        return float(ks_2samp(failed, others).statistic) if failed and others else 0.0


def find_out(
    results: Results,
    seen: Overview,
    importances: tuple[Target, ...],
    examinations: Mapping[int, TrialExamination],
) -> Findings:
    """Collects everything that the report of a study shows.

    **Arguments:**

    - `results`: of the study.
    - `seen`: the trials, as `overview(results)` gives them.
    - `importances`: of the parameters, as `sweep.search.importances.targets` gives them.
    - `examinations`: of the trials that get a full page, by number, the leader's among them.

    **Returns:** the findings.
    """
    views = {trial.number: trial for trial in seen.trials}
    return Findings(
        overview=seen,
        leader=seen.leader,
        pages={
            number: find_out_trial(results, views[number], examination)
            for number, examination in examinations.items()
        },
        targets=importances,
        violating=frozenset(trial.number for trial in seen.of(COMPLETE) if not trial.allowed),
        parameters=results.study_file.space.parameters,
        quantities=results.study_file.space.quantities,
        provenance=_provenance(results, seen.planned),
        study_text=results.study_file.text,
    )


def _simulators(results: Results) -> str:
    """Describes the simulators of the study; on a ladder with several, with their rungs."""
    manifest = results.manifest
    if not manifest.rungs:
        return f"{manifest.simulator} {manifest.simulator_version}"
    rungs: dict[str, list[str]] = {}
    for rung, used in zip(results.study_file.ladder.rungs, manifest.rungs, strict=True):
        rungs.setdefault(f"{used['simulator']} {used['version']}".strip(), []).append(rung.label)
    if len(rungs) == 1:
        return next(iter(rungs))
    return "; ".join(f"{used} ({', '.join(labels)})" for used, labels in rungs.items())


def _packages(manifest: Manifest) -> dict[str, str]:
    """Describes the parts that come from installed packages, if there are any."""
    parts = [
        f"{entry['kind']} {entry['name']} of {entry['package']} {entry['version']}".strip()
        for entry in manifest.plugins or ()
    ]
    return {"packages": ", ".join(parts)} if parts else {}


def _provenance(results: Results, planned: int) -> dict[str, str]:
    manifest, study_file = results.manifest, results.study_file
    plan, technology = study_file.plan, find_technology(study_file.technology)
    seeds = ", ".join(
        f"{name} {'none' if seed is None else seed}" for name, seed in manifest.seeds.items()
    )
    told: dict[str, Any] = {
        "study": f"{manifest.name}, fingerprint {manifest.fingerprint}",
        "network": "-".join(map(str, study_file.layers)),
        "task": f"{plan.task.name}: {plan.task.points} training and {plan.task.held_out} held-out points",
        "silicon": (
            f"{technology.title}, corner {plan.corner.process}, {plan.corner.temperature:g} °C, substrate network "
            f"{'kept' if plan.body_network else 'left out'}"
        ),
        "search": f"{study_file.search.sampler}, {planned} trials",
        "seeds": seeds,
        "simulator": _simulators(results),
        "transistor models": f"{technology.title}, version {manifest.pdk['version']}, {manifest.pdk['source']}",
        "models' SHA-256": manifest.pdk["sha256"],
        **_packages(manifest),
        **({"data": note} if (note := results.data_note()) else {}),
        "storage": manifest.storage,
        "program": f"analog-sweep {manifest.package_version}, Python {manifest.python}",
        "machine": manifest.host,
        "started": manifest.created,
        "resumed": ", ".join(str(entry["at"]) for entry in manifest.resumed) or "never",
        "report": f"written {datetime.now(UTC).isoformat(timespec='seconds')} by analog-sweep {__version__}",
    }
    return {name: str(words) for name, words in told.items()}
