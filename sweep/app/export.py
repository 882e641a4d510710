# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep export`: writes a design of a study as files that can be used without the study.

- `design.toml`: the design with its network, task and training; `sweep simulate` repeats it. Of a
  trial on a ladder it is the highest training that the trial reached, from its first seed.
- `design.param`: its numbers as SPICE parameters.
- `ngspice/`, `xyce/`: the netlist of the whole first epoch for each simulator, and
  `models.spice` beside them: the transistors they call.
- `weights.npz`, `weights.csv`: voltages of the storage nodes before and after training.
- `README.md`: describes the export, with the command that reproduces its metrics.

The written files are then verified (`sweep verify`), and the result is added to `design.toml` and
`README.md`. An export that was stopped before says that it is not verified.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pdk
from circuits import Design
from objectives import TrainingPlan
from sweep._errors import SweepError
from sweep.app._export_files import (
    MODELS,
    NETLIST,
    design_toml,
    mean_energy,
    netlists,
    param_text,
    weight_files,
)
from sweep.app.verify import Verification
from sweep.app.verify import verify as look_again
from sweep.results.files import write_whole
from sweep.results.overview import COMPLETE, Overview, TrialView, overview
from sweep.results.study_results import EpochRecord, Reached, Results

__all__ = ["ExportError", "Exported", "export"]


class ExportError(SweepError):
    """The trial does not exist, has nothing to export, or cannot be written to the directory."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Exported:
    """An export that was written.

    **Attributes:**

    - `directory`: of the files.
    - `trial`: its number.
    - `nmse_before`, `nmse`: held-out NMSE before and after this training.
    - `files`: relative to `directory`.
    - `command`: command line that reproduces the metrics.
    - `notes`: remarks for the user, one sentence each; usually empty.
    - `verification`: comparison with a new simulation; None where none was made.
    """

    directory: Path
    trial: int
    nmse_before: float
    nmse: float
    files: tuple[str, ...]
    command: str
    notes: tuple[str, ...]
    verification: Verification | None = None

    @property
    def verified(self) -> bool:
        """True if the simulation after the export gave the metrics and weights of the trial."""
        return self.verification is not None and self.verification.ok

    def to_json(self) -> dict[str, Any]:
        """Returns the record as plain values."""
        plain = dataclasses.asdict(dataclasses.replace(self, verification=None))
        checked = None if self.verification is None else self.verification.to_json()
        return plain | {
            "directory": str(self.directory),
            "verified": self.verified,
            "verification": checked,
        }


def export(
    results: Results,
    *,
    trial: int | None = None,
    to: Path | None = None,
    verify: bool = True,
    cross_check: bool = True,
    progress: Callable[[int, float], None] | None = None,
) -> Exported:
    """Writes a trial's design, netlists and weights, and verifies them.

    **Arguments:**

    - `results`: of the study.
    - `trial`: its number; None for the best one.
    - `to`: the directory; `best` (or `trial-<number>`) in the study's directory by default.
    - `verify`: whether to simulate the training again and record whether the results are the same.
    - `cross_check`: whether to verify in the other installed SPICE simulators, too.
    - `progress`: of the verification: called with the epoch and the fraction of it that is done.

    **Raises:** `ExportError`; `pdk.PdkError` where the transistor models are missing.
    """
    seen = overview(results)
    chosen = _choose(seen, trial)
    records = results.epochs(chosen.number)
    reached = results.reached(chosen.number)
    if not records or reached is None:
        msg = (
            f"Trial {chosen.number} in {results.out} has no finished epoch, so there are no weights "
            f"to export; trials to choose from: {_choices(seen)}."
        )
        raise ExportError(msg)
    name = "best" if trial is None else f"trial-{chosen.number}"
    target = results.out / name if to is None else to
    _check_target(target)
    plan = reached.plan
    design = results.study_file.space.design(chosen.parameters)
    study = results.study_file
    models = pdk.locate(study.pdk_path, technology=study.technology)
    simulator = records[-1].simulator
    command = f"sweep simulate design.toml --simulator {simulator}"
    notes = (
        *filter(None, [results.data_note()]),
        *_notes(chosen, records, plan, models, rungs=_rungs(results, reached)),
        *seen.warnings(chosen),
    )
    files: dict[str, str | bytes] = {
        "design.param": param_text(design, title=f"{seen.name}, trial {chosen.number}"),
        **netlists(plan, design, models),
        **weight_files(plan, design, records[-1].arrays["final_weights"]),
    }
    exported = Exported(
        directory=target,
        trial=chosen.number,
        nmse_before=records[0].scores[0].nmse_before,
        nmse=records[-1].score.nmse,
        files=("README.md", "design.toml", *files),
        command=command,
        notes=notes,
    )

    def write(exported: Exported, files: Mapping[str, str | bytes]) -> None:
        verdict = _verdict(exported)
        text = design_toml(results, chosen, reached, records, design, command, verdict)
        readme = _readme(exported, seen, records, design)
        for relative, content in {**files, "design.toml": text, "README.md": readme}.items():
            raw = content if isinstance(content, bytes) else content.encode()
            write_whole(target / relative, raw)

    write(exported, files)
    if verify:
        checked = look_again(target / "design.toml", cross_check=cross_check, progress=progress)
        exported = dataclasses.replace(exported, verification=checked)
        write(exported, {})
    return exported


def _verdict(exported: Exported) -> dict[str, object]:
    """Returns the entries of the design file about its verification."""
    checked = exported.verification
    if checked is None:
        return {"verified": False}
    return {
        "verified": checked.ok,
        "verified_by": [each.by for each in checked.repeats],
        "differences": list(map(str, checked.differences)) or None,
    }


def _choose(seen: Overview, number: int | None) -> TrialView:
    if number is not None:
        for trial in seen.trials:
            if trial.number == number:
                return trial
        msg = f"The study {seen.name!r} has no trial {number}; it has {_choices(seen)}."
        raise ExportError(msg)
    if seen.best is None:
        if seen.ranked.none_allowed:
            todo = "go on with more --trials, start a study with wider constraints,"
        else:
            todo = "go on with `sweep run --resume`,"
        msg = (
            f"The study {seen.name!r} has no best trial: {seen.ranked.reason}; {todo} or choose "
            f"one that has begun with --trial: {_choices(seen)}."
        )
        raise ExportError(msg)
    return seen.best


def _choices(seen: Overview) -> str:
    """Describes the trials that can be exported, the best one first."""
    begun = [trial for trial in seen.trials if trial.curve]
    if not begun:
        return "none that has finished an epoch"
    others = sorted((t for t in begun if t.state != COMPLETE), key=lambda trial: trial.nmse)
    ordered = [*(trial for trial in seen.ordered if trial.curve), *others]
    shown = [
        f"{trial.number} ({trial.state}{'' if trial.allowed else ', not allowed'}, "
        f"NMSE {trial.nmse:.3g})"
        for trial in ordered[:3]
    ]
    more = f" and {len(begun) - 3} more" if len(begun) > 3 else ""  # noqa: PLR2004
    return ", ".join(shown) + more


def _check_target(target: Path) -> None:
    """Raises `ExportError` for a file, and for a directory with other files than an export."""
    if target.exists() and not target.is_dir():
        msg = f"{target} is a file; name a directory with --to."
        raise ExportError(msg)
    if target.is_dir() and any(target.iterdir()) and not (target / "design.toml").is_file():
        msg = f"{target} holds other files; name an empty or a new directory with --to."
        raise ExportError(msg)


def _rungs(results: Results, reached: Reached) -> str:
    """Describes the rung of the exported training; empty without a ladder."""
    ladder = results.study_file.ladder
    if not ladder.declared:
        return ""
    rung = ladder.rungs[reached.rung]
    return f"rung {reached.rung + 1} of {len(ladder.rungs)} ({rung.label})"


def _notes(
    trial: TrialView,
    records: list[EpochRecord],
    plan: TrainingPlan,
    models: pdk.Models,
    *,
    rungs: str,
) -> list[str]:
    notes = []
    if rungs:
        notes.append(
            f"This is the training of {rungs} of the study's ladder, from weight seed "
            f"{plan.weight_seed}."
        )
    if trial.state != COMPLETE:
        notes.append(
            f"Trial {trial.number} is {trial.state}: these are its weights after "
            f"{records[-1].epoch + 1} of {plan.epochs} epochs."
        )
    if models.sha256 != records[-1].models:
        notes.append(
            f"The transistor models of this machine ({models.source}) are not those that the study "
            "ran with, so the netlists differ from its own."
        )
    return notes


def _verdict_words(exported: Exported) -> str:
    checked = exported.verification
    if checked is None:
        return "Not verified: nothing was simulated again when this was exported."
    by = "; ".join(f"{each.by} ({each.tolerance})" for each in checked.repeats)
    if checked.ok:
        return (
            f"Verified: simulated again before it was handed over, with the same outcome, by {by}."
        )
    told = "\n".join(f"- {entry}" for entry in checked.differences)
    return f"**Not verified.** Simulated again by {by}, it differs:\n\n{told}"


def _readme(exported: Exported, seen: Overview, records: list[EpochRecord], design: Design) -> str:
    last = records[-1]
    notes = "".join(f"\n{note}\n" for note in exported.notes)
    return f"""\
# {seen.name}: trial {exported.trial}

A training circuit in {design.process.title}, found by analog-sweep and computed by {last.simulator} \
{last.version}.

| figure | value |
|---|---|
| held-out NMSE before training | {exported.nmse_before:.6g} |
| held-out NMSE after {last.epoch + 1} epochs | {exported.nmse:.6g} |
| best linear fit to the task | {seen.linear_fit:.6g} |
| energy for each training point | {mean_energy(records):.4g} J |
{notes}
{_verdict_words(exported)}

This repeats the whole training and prints these figures, or compares them and the weights with those
of this directory:

    {exported.command}
    sweep verify design.toml

| file | what it is |
|---|---|
| `design.toml` | the design with units, legal ranges and meanings, its network, task, training, \
provenance and metrics |
| `design.param` | its numbers as SPICE parameters |
| `ngspice/{NETLIST}`, `xyce/{NETLIST}` | the netlist of the whole first epoch |
| `{MODELS}` | the transistors that the netlists call |
| `weights.npz`, `weights.csv` | voltages of the storage nodes before and after training, V |

The netlists run by themselves, each in its own directory, and leave all signals in `out.raw`:

    cd ngspice && ngspice -b -r out.raw {NETLIST}
    cd xyce && Xyce {NETLIST}

In `weights.npz`, `layer0`, `layer1`, ... are the trained voltages of each crossbar, inputs by
outputs, with all inputs at 0 V; `initial0`, ... those before training.
"""
