# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep verify`: simulates an exported design again, and compares results and files with the export."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pdk
from circuits import make_trainer
from circuits.simulators import SIMULATORS, available
from circuits.trainers import QUASISTATIC
from sweep._errors import SweepError
from sweep._version import __version__
from sweep.app._verify_files import WEIGHTS, Difference, file_differences, has_files, weights_beside
from sweep.app._verify_training import (
    OTHER,
    SAME,
    Progress,
    RecordedTraining,
    Repeat,
    Tolerance,
    repeat,
)
from sweep.app.simulate import number_or_none
from sweep.study.study_file import DesignFile, load_design

__all__ = ["OTHER", "SAME", "Difference", "Repeat", "Tolerance", "Verification", "verify"]

_OURS = f"analog-sweep {__version__}"


class VerifyError(SweepError):
    """The file holds no results with which a simulation could be compared."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Verification:
    """Result of the verification of a design file.

    **Attributes:**

    - `file`: the design file.
    - `repeats`: its training, simulated again in one simulator or more.
    - `files`: differences between the files beside it and those that it gives.
    - `notes`: remarks for the user, one sentence each.
    """

    file: Path
    repeats: tuple[Repeat, ...]
    files: tuple[Difference, ...]
    notes: tuple[str, ...]

    @property
    def differences(self) -> tuple[Difference, ...]:
        """All differences, those of the files first."""
        return self.files + tuple(entry for each in self.repeats for entry in each.differences)

    @property
    def ok(self) -> bool:
        """True if every repeated simulation gave the recorded results and no file differs."""
        return not self.differences

    def to_json(self) -> dict[str, Any]:
        """Returns the record as plain values."""
        return {
            "file": str(self.file),
            "verified": self.ok,
            "repeats": [
                dataclasses.asdict(each)
                | {
                    name: number_or_none(getattr(each, name))
                    for name in ("nmse_before", "nmse", "weights")
                }
                for each in self.repeats
            ],
            "files": [dataclasses.asdict(entry) for entry in self.files],
            "notes": list(self.notes),
        }


def verify(
    path: Path,
    *,
    simulator: str | None = None,
    cross_check: bool = True,
    progress: Progress | None = None,
) -> Verification:
    """Simulates an exported design again, and compares the files beside it with those that it gives.

    **Arguments:**

    - `path`: the design file, or the directory it lies in.
    - `simulator`: the only one to use; None for that of the export.
    - `cross_check`: whether to use the other installed SPICE simulators, too; not where `simulator` is given,
      nor for a quasi-static export.
    - `progress`: called with the epoch and the fraction of it that is done.

    **Raises:** `StudyFileError`; `VerifyError`; `SimulatorNotFound`; `pdk.PdkError`.
    """
    path = path / "design.toml" if path.is_dir() else path
    design_file = load_design(path)
    record = _record(design_file)
    epochs = min(record.epochs, design_file.plan.epochs)
    design_file = dataclasses.replace(
        design_file, plan=dataclasses.replace(design_file.plan, epochs=epochs)
    )
    models = pdk.locate(design_file.pdk_path, technology=design_file.technology)
    notes = list(_notes(record, models))
    names = [simulator] if simulator else _simulators(record, notes, cross_check=cross_check)
    weights = weights_beside(path)
    files: list[Difference] = []
    if has_files(path):
        files = file_differences(path, design_file, models)
        if any(entry.what != WEIGHTS for entry in files) and record.exported_by != _OURS:
            notes.append(
                f"The files were written by {record.exported_by}, and this is {_OURS}: another "
                "version may write other netlists."
            )
    else:
        notes.append("No other files of an export lie beside it: its figures alone are checked.")
    repeats = []
    for name in names:
        trainer = make_trainer(
            name,
            models,
            limits=design_file.trainer_limits(),
            processes=design_file.execution.processes if _is_parallel(name) else 1,
        )
        repeats.append(repeat(design_file, record, trainer, weights, progress))
    return Verification(path, tuple(repeats), tuple(files), tuple(notes))


def _is_parallel(name: str) -> bool:
    """Returns whether a simulator can run in several processes."""
    return name in SIMULATORS and SIMULATORS[name].parallel


def _record(design_file: DesignFile) -> RecordedTraining:
    raw = tomllib.loads(design_file.text)
    provenance, metrics = raw.get("provenance", {}), raw.get("metrics", {})
    try:
        return RecordedTraining(
            simulator=str(provenance["simulator"]),
            version=str(provenance["simulator_version"]),
            models=str(provenance["pdk_sha256"]),
            exported_by=str(provenance["exported_by"]),
            nmse_before=float(metrics["nmse_before"]),
            nmse=float(metrics["nmse"]),
            accuracy=None if "accuracy" not in metrics else float(metrics["accuracy"]),
            epochs=int(metrics["epochs"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        msg = (
            f"{design_file.source} says no figures that a simulation could repeat ({error!s} in "
            "[provenance] or [metrics]); give a design that `sweep export` wrote."
        )
        raise VerifyError(msg) from error


def _notes(record: RecordedTraining, models: pdk.Models) -> Iterator[str]:
    if models.sha256 != record.models:
        yield (
            f"The transistor models of this machine ({models.source}) are not those of the export, "
            f"so {OTHER} is asked for."
        )


def _simulators(record: RecordedTraining, notes: list[str], *, cross_check: bool) -> list[str]:
    """Returns the simulators to use: that of the export, or any other where it is missing; then the others."""
    installed = [entry.name for entry in available() if entry.problem is None]
    if record.simulator == QUASISTATIC:
        return [QUASISTATIC]
    if record.simulator not in installed:
        notes.append(f"{record.simulator}, which computed the export, is not installed here.")
        return installed[: None if cross_check else 1] or ["auto"]
    others = [name for name in installed if name != record.simulator]
    return [record.simulator, *(others if cross_check else [])]
