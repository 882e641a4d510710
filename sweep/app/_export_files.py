# SPDX-License-Identifier: GPL-3.0-or-later
"""The content of the files that `sweep export` writes."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits import Design, TransientTrainer, split_weights, training_circuit
from circuits.simulators import SIMULATORS
from objectives import EpochScore, TrainingPlan
from pdk import Models
from sweep._version import __version__
from sweep.results.overview import TrialView
from sweep.results.study_results import EpochRecord, Reached, Results
from sweep.study.design_file import design_text

MODELS = "models.spice"
NETLIST = "epoch0.cir"
_LONGEST_NAME = 80


def design_toml(
    results: Results,
    trial: TrialView,
    reached: Reached,
    records: list[EpochRecord],
    design: Design,
    command: str,
    verdict: Mapping[str, object],
) -> str:
    """Returns the text of the design file of an exported trial.

    **Arguments:**

    - `results`: of the study.
    - `trial`: the exported trial.
    - `reached`: its highest training, with rung and plan.
    - `records`: of all epochs of that training, the first one first.
    - `design`: of the trial.
    - `command`: the command line that simulates the file, for its heading.
    - `verdict`: entries that say whether the export is verified, added to the table `[provenance]`.
    """
    manifest, study_file = results.manifest, results.study_file
    execution = study_file.execution
    first, last = records[0].scores[0], records[-1].score
    plan, ladder = reached.plan, study_file.ladder
    suffix = f" trial {trial.number}"
    tables: dict[str, Mapping[str, object]] = {
        "execution": {
            "epoch_time_limit": f"{execution.epoch_time_limit!r}".removesuffix(".0") + " s",
            "memory_limit": f"{limit} B" if (limit := execution.memory_limit) else None,
        },
        "pdk": {
            "path": None if study_file.pdk_path is None else str(study_file.pdk_path.absolute())
        },
        "provenance": {
            "study": manifest.name,
            "fingerprint": manifest.fingerprint,
            "trial": trial.number,
            "state": trial.state,
            "rung": ladder.rungs[reached.rung].label if ladder.declared else None,
            "package_version": manifest.package_version,
            "simulator": records[-1].simulator,
            "simulator_version": records[-1].version,
            "pdk_source": _without_home(manifest.pdk["source"]),
            "pdk_version": manifest.pdk["version"],
            "pdk_sha256": records[-1].models,
            "run_key": records[-1].run_key,
            "search_seed": manifest.seeds.get("search"),
            "host": manifest.host,
            "started": manifest.created,
            "exported": datetime.now(UTC).isoformat(timespec="seconds"),
            "exported_by": f"analog-sweep {__version__}",
            **verdict,
        },
        "metrics": {
            "nmse_before": first.nmse_before,
            "nmse": last.nmse,
            "accuracy": None if math.isnan(last.accuracy) else last.accuracy,
            "linear_fit": plan.linear_fit(),
            "epochs": last.epoch + 1,
            "energy_per_point": f"{mean_energy(records)!r} J",
            "seconds": f"{sum(score.seconds for score in _scores(records))!r} s",
        },
    }
    heading = (
        f"The design of trial {trial.number} of the study {manifest.name!r}.\n"
        f"This repeats its training and prints the figures of [metrics]:\n    {command}"
    )
    return design_text(
        study_file.name[: _LONGEST_NAME - len(suffix)] + suffix,
        plan,
        design,
        tables={title: values for title, values in tables.items() if _any_set(values)},
        heading=heading,
    )


def mean_energy(records: list[EpochRecord]) -> float:
    """Returns the energy of a training point, averaged over all epochs, J."""
    return float(np.mean([score.energy_per_point for score in _scores(records)]))


def _without_home(place: str) -> str:
    """Returns a path with `~` for the user's home directory, which others need not know."""
    try:
        return place.replace(str(Path.home()), "~")
    except RuntimeError:  # no home directory is known
        return place


def _scores(records: list[EpochRecord]) -> list[EpochScore]:
    return [score for record in records for score in record.scores]


def param_text(design: Design, *, title: str) -> str:
    """Returns the numbers of a design as `.param` lines, in SI units, for ngspice, Xyce and HSPICE.

    The parameter of `update.scale` is `update_scale`; where layers have values of their own there is one
    for each, `update_scale_0` for the first. Texts and infinite values, which no SPICE parameter can hold,
    become comments.
    """
    lines, known, described = [f"* analog-sweep: {title}"], design.quantities(), set[str]()
    for called, name, value in _entries(design):
        spec = known[name]
        if isinstance(value, str) or math.isinf(value):
            lines.append(f"* {called} is {value}")
            continue
        if name not in described:
            described.add(name)
            lines.append(f"* {spec.meaning}{f', {spec.unit}' if spec.unit else ''}")
        lines.append(f".param {called}={value!r}")
    return "\n".join(lines) + "\n"


def _entries(design: Design) -> Iterator[tuple[str, str, Any]]:
    """Each value of a design with the SPICE parameter and the quantity that it belongs to."""
    for full, value in design.to_values().items():
        name, _, layer = full.removesuffix("]").partition("[")
        parameter = name.replace(".", "_")
        if isinstance(value, list):
            yield from ((f"{parameter}_{index}", name, entry) for index, entry in enumerate(value))
        else:
            yield (f"{parameter}_{layer}" if layer else parameter), name, value


def netlists(plan: TrainingPlan, design: Design, models: Models) -> dict[str, str]:
    """Returns netlists of the first epoch for ngspice and Xyce, whether these are installed or not.

    **Arguments:**

    - `plan`: the training.
    - `design`: the circuit.
    - `models`: the transistor models.

    **Returns:** text by path relative to the directory of the export: the netlists and their input files
    under the simulator's name, and the transistor models that they include.
    """
    run = plan.epoch_run(design, 0)
    outputs = training_circuit(run).outputs
    files: dict[str, str] = {}
    for name in sorted(SIMULATORS.own):
        kind = SIMULATORS[name]
        program = kind(Path(kind.program), ".".join(map(str, kind.oldest)))
        deck = TransientTrainer(program, models).deck(run)
        assert deck.library is not None
        files[MODELS] = deck.library.text
        beside = dataclasses.replace(deck.library, path=Path("..") / MODELS)
        beside_deck = dataclasses.replace(deck, library=beside)
        files |= {f"{name}/{file}": text for file, text in program.files(deck).items()}
        files[f"{name}/{NETLIST}"] = program.render_for_hand(beside_deck, outputs)
    return files


def weight_files(
    plan: TrainingPlan, design: Design, final: NDArray[np.float64]
) -> dict[str, str | bytes]:
    """Returns the files with the storage voltages before and after training.

    **Arguments:**

    - `plan`: the training, which gives the first weights.
    - `design`: the circuit.
    - `final`: weights after training, V, in the order of `circuits.Trace.final_weights`.

    **Returns:** content by file name: `weights.npz` with arrays `layer0`, `initial0`, ... of shape
    `(inputs, outputs)` in V, and `weights.csv` with one row for each weight.
    """
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


def _any_set(values: Mapping[str, object]) -> bool:
    """Returns whether a table has any value besides None."""
    return any(value is not None for value in values.values())
