# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep export`: the best design of a study as files that stand on their own.

- `design.toml`: the design with its network, task and training; `sweep simulate` repeats it.
- `design.param`: its numbers as SPICE parameters.
- `ngspice/`, `xyce/`: the netlist of the whole first epoch for each simulator, and
  `models.spice` beside them: the transistors they call.
- `weights.npz`, `weights.csv`: what the training left on the storage nodes.
- `README.md`: what it is, and the command that reproduces its figures.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pdk
from circuits import Design, TransientTrainer, split_weights
from circuits.simulators import Ngspice, SpiceSimulator, Xyce
from objectives import TrainingPlan
from sweep._errors import SweepError
from sweep._files import write_whole
from sweep._version import __version__
from sweep.design_file import design_text
from sweep.overview import COMPLETE, Overview, TrialView, overview
from sweep.store import EpochRecord, Results

__all__ = ["ExportError", "Exported", "export"]

MODELS = "models.spice"
NETLIST = "epoch0.cir"
_RUN_IN_NGSPICE = ".control\nset noinit\nrun\nwrite out.raw\n.endc\n.end\n"


class ExportError(SweepError):
    """There is no such trial, or nothing of it to export."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    **Attributes:**

    - `directory`: where.
    - `trial`: which one.
    - `nmse_before`, `nmse`: its held-out NMSE before and after training.
    - `files`: relative to `directory`.
    - `command`: reproduces the figures.
    - `notes`: what to know about it, one sentence each; empty as a rule.
    """

    directory: Path
    trial: int
    nmse_before: float
    nmse: float
    files: tuple[str, ...]
    command: str
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return dataclasses.asdict(self) | {"directory": str(self.directory)}


def export(results: Results, *, trial: int | None = None, to: Path | None = None) -> Exported:
    """Write a trial's design, netlists and weights.

    **Arguments:**

    - `trial`: its number; the best one by default.
    - `to`: the directory; `best` (or `trial-<number>`) in the study's directory by default.

    **Raises:** `ExportError`; `pdk.PdkError` where the transistor models are not to be had.
    """
    seen = overview(results)
    chosen = _choose(seen, trial)
    records = results.epochs(chosen.number)
    if not records:
        msg = (
            f"{results.out}: trial {chosen.number} has no file of a finished epoch, so there are "
            f"no weights to export; export another one: {_choices(seen)}."
        )
        raise ExportError(msg)
    name = "best" if trial is None else f"trial-{chosen.number}"
    target = results.out / name if to is None else to
    _check_target(target)
    plan = results.study_file.plan
    design = results.study_file.space.design(chosen.parameters)
    models = pdk.locate(results.study_file.pdk_path)
    simulator = records[-1].simulator
    command = f"sweep simulate design.toml --simulator {simulator}"
    notes = tuple(_notes(chosen, records, plan, models))
    files: dict[str, str | bytes] = {
        "design.toml": _design_toml(results, chosen, records, design, command),
        "design.param": param_text(design, title=f"{seen.name}, trial {chosen.number}"),
        **_netlists(plan, design, models),
        **_weights(plan, design, records[-1].arrays["final_weights"]),
    }
    exported = Exported(
        directory=target,
        trial=chosen.number,
        nmse_before=records[0].score.nmse_before,
        nmse=records[-1].score.nmse,
        files=("README.md", *files),
        command=command,
        notes=notes,
    )
    files["README.md"] = _readme(exported, seen, records)
    for relative, content in files.items():
        write_whole(target / relative, content if isinstance(content, bytes) else content.encode())
    return exported


def _choose(seen: Overview, number: int | None) -> TrialView:
    if number is not None:
        for trial in seen.trials:
            if trial.number == number:
                return trial
        msg = f"The study {seen.name!r} has no trial {number}; it has {_choices(seen)}."
        raise ExportError(msg)
    if seen.best is None:
        msg = (
            f"The study {seen.name!r} has no complete trial; go on with `sweep run --resume`, or "
            f"export one that has begun with --trial: {_choices(seen)}."
        )
        raise ExportError(msg)
    return seen.best


def _choices(seen: Overview) -> str:
    """The trials that can be exported, the best first, in words."""
    begun = [trial for trial in seen.trials if trial.curve]
    if not begun:
        return "none with a finished epoch"
    ordered = sorted(begun, key=lambda trial: (trial.state != COMPLETE, trial.nmse))
    shown = [f"{trial.number} ({trial.state}, NMSE {trial.nmse:.3g})" for trial in ordered[:3]]
    more = f" and {len(begun) - 3} more" if len(begun) > 3 else ""  # noqa: PLR2004
    return ", ".join(shown) + more


def _check_target(target: Path) -> None:
    """Refuse a directory with other things in it."""
    if target.exists() and not target.is_dir():
        msg = f"{target} is a file; name a directory with --to."
        raise ExportError(msg)
    if target.is_dir() and any(target.iterdir()) and not (target / "design.toml").is_file():
        msg = f"{target} holds other files; name an empty or a new directory with --to."
        raise ExportError(msg)


def _notes(
    trial: TrialView, records: list[EpochRecord], plan: TrainingPlan, models: pdk.Models
) -> list[str]:
    notes = []
    if trial.state != COMPLETE:
        notes.append(
            f"Trial {trial.number} is {trial.state}: these are its weights after "
            f"{len(records)} of {plan.epochs} epochs."
        )
    if models.sha256 != records[-1].models:
        notes.append(
            f"The transistor models of this machine ({models.source}) are not those that the study "
            "ran with, so the netlists differ from its own."
        )
    return notes


def _design_toml(
    results: Results,
    trial: TrialView,
    records: list[EpochRecord],
    design: Design,
    command: str,
) -> str:
    manifest, described = results.manifest, results.study_file
    execution = described.execution
    first, last = records[0].score, records[-1].score
    suffix = f" trial {trial.number}"
    tables: dict[str, Mapping[str, object]] = {
        "execution": {
            "epoch_time_limit": f"{execution.epoch_time_limit!r}".removesuffix(".0") + " s",
            "memory_limit": None
            if execution.memory_limit is None
            else f"{execution.memory_limit} B",
        },
        "pdk": {"path": None if described.pdk_path is None else str(described.pdk_path.absolute())},
        "provenance": {
            "study": manifest.name,
            "fingerprint": manifest.fingerprint,
            "trial": trial.number,
            "state": trial.state,
            "package_version": manifest.package_version,
            "simulator": records[-1].simulator,
            "simulator_version": records[-1].version,
            "pdk_source": manifest.pdk["source"],
            "pdk_version": manifest.pdk["version"],
            "pdk_sha256": records[-1].models,
            "run_key": records[-1].run_key,
            "search_seed": manifest.seeds.get("search"),
            "host": manifest.host,
            "started": manifest.created,
            "exported": datetime.now(UTC).isoformat(timespec="seconds"),
            "exported_by": f"analog-sweep {__version__}",
        },
        "metrics": {
            "nmse_before": first.nmse_before,
            "nmse": last.nmse,
            "linear_fit": described.plan.linear_fit(),
            "epochs": len(records),
            "energy_per_point": f"{_mean_energy(records)!r} J",
            "seconds": f"{sum(record.score.seconds for record in records)!r} s",
        },
    }
    heading = (
        f"The design of trial {trial.number} of the study {manifest.name!r}.\n"
        f"This repeats its training and prints the figures of [metrics]:\n    {command}"
    )
    return design_text(
        described.name[: 80 - len(suffix)] + suffix,
        described.plan,
        design,
        tables={title: values for title, values in tables.items() if any_set(values)},
        heading=heading,
    )


def any_set(values: Mapping[str, object]) -> bool:
    """Whether a table has anything to say."""
    return any(value is not None for value in values.values())


def _mean_energy(records: list[EpochRecord]) -> float:
    return float(np.mean([record.score.energy_per_point for record in records]))


def param_text(design: Design, *, title: str) -> str:
    """The numbers of a design as `.param` lines, SI units, for ngspice, Xyce and HSPICE.

    A quantity of several layers has one parameter for each, `update_scale_0` for the first. Words
    and infinite levels, which no SPICE parameter can hold, are comments.
    """
    lines = [f"* analog-sweep: {title}"]
    for name, spec in design.quantities().items():
        value = getattr(design, name)
        entries = value if isinstance(value, tuple) else (value,)
        for index, entry in enumerate(entries):
            called = name if len(entries) == 1 else f"{name}_{index}"
            unit = f" {spec.unit}" if spec.unit else ""
            if isinstance(entry, str) or math.isinf(entry):
                lines.append(f"* {called} is {entry}")
            else:
                lines += [f"* {spec.meaning}{',' if unit else ''}{unit}"] * (index == 0)
                lines.append(f".param {called}={entry!r}")
    return "\n".join(lines) + "\n"


def _netlists(plan: TrainingPlan, design: Design, models: pdk.Models) -> dict[str, str]:
    """The first epoch for each simulator, installed here or not, and the models they include."""
    run = plan.epoch_run(design, 0)
    programs: tuple[SpiceSimulator, ...] = (
        Ngspice(Path("ngspice"), "39"), Xyce(Path("Xyce"), "7"),
    )  # fmt: skip
    files: dict[str, str] = {}
    for program in programs:
        deck = TransientTrainer(program, models).deck(run)
        assert deck.library is not None
        files[MODELS] = deck.library.text
        beside = dataclasses.replace(deck.library, path=Path("..") / MODELS)
        text = program.render(dataclasses.replace(deck, library=beside))
        if isinstance(program, Ngspice):
            text = text.removesuffix(".end\n") + _RUN_IN_NGSPICE
            files |= {f"{program.name}/{file}": said for file, said in program.files().items()}
        files[f"{program.name}/{NETLIST}"] = text
    return files


def _weights(
    plan: TrainingPlan, design: Design, final: NDArray[np.float64]
) -> dict[str, str | bytes]:
    """Storage voltages after training and before, as arrays and as a table."""
    trained = split_weights(final, plan.layers)
    first = plan.first_weights(design)
    arrays = {f"layer{index}": layer for index, layer in enumerate(trained)}
    arrays |= {f"initial{index}": layer for index, layer in enumerate(first)}
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("layer", "input", "output", "initial_V", "trained_V"))
    for index, (before, after) in enumerate(zip(first, trained, strict=True)):
        for (i, j), value in np.ndenumerate(after):
            writer.writerow((index, i, j, repr(float(before[i, j])), repr(float(value))))
    return {"weights.npz": packed.getvalue(), "weights.csv": table.getvalue()}


def _readme(exported: Exported, seen: Overview, records: list[EpochRecord]) -> str:
    last = records[-1]
    notes = "".join(f"\n{note}\n" for note in exported.notes)
    return f"""\
# {seen.name}: trial {exported.trial}

A training circuit in SkyWater 130 nm, found by analog-sweep and computed by {last.simulator} \
{last.version}.

| figure | value |
|---|---|
| held-out NMSE before training | {exported.nmse_before:.6g} |
| held-out NMSE after {len(records)} epochs | {exported.nmse:.6g} |
| best linear fit to the task | {seen.linear_fit:.6g} |
| energy for each training point | {_mean_energy(records):.4g} J |
{notes}
This repeats the whole training and prints these figures:

    {exported.command}

| file | what it is |
|---|---|
| `design.toml` | the design with units, legal ranges and meanings, its network, task, training, \
provenance and metrics |
| `design.param` | its numbers as SPICE parameters |
| `ngspice/{NETLIST}`, `xyce/{NETLIST}` | the netlist of the whole first epoch |
| `{MODELS}` | the transistors that the netlists call |
| `weights.npz`, `weights.csv` | voltages of the storage nodes before and after training, V |

The netlists run by themselves, each in its own directory, and leave `out.raw` there:

    cd ngspice && ngspice -b {NETLIST}
    cd xyce && Xyce {NETLIST}

In `weights.npz`, `layer0`, `layer1`, ... are the trained voltages of each crossbar, inputs by
outputs, with all inputs at 0 V; `initial0`, ... those before training.
"""
