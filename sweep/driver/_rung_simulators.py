# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses the simulator of each rung of a study, and describes it for the workers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pdk
from circuits import Trainer, make_trainer
from circuits.run_cache import default_directory
from circuits.simulators import SIMULATORS
from sweep._errors import SweepError
from sweep.results.files import StoreError
from sweep.results.manifest import Manifest
from sweep.study.ladder import QUASISTATIC, TRANSIENT
from sweep.study.study_file import StudyFile
from sweep.worker.simulator_spec import RungSimulator, SimulatorSpec

_AUTO = "auto"


class SimulatorChoiceError(SweepError):
    """The requested simulator does not fit the study."""

    exit_code = 2


def trainers_for(
    study: StudyFile, chosen: str | None, begun: Manifest | None, *, out: Path
) -> tuple[Trainer, ...]:
    """Returns a trainer for each rung. Rungs with the same simulator share one.

    **Arguments:**

    - `study`: the study file.
    - `chosen`: the requested simulator, which goes before that of the study file; on a ladder it applies to
      the rungs whose simulator is `transient`. None for no request.
    - `begun`: the manifest of a study that is resumed, which keeps its simulators; None for a new study.
    - `out`: its directory, for messages.

    **Raises:** `StoreError` where the study was begun with another simulator than `chosen`,
    `SimulatorChoiceError` where `chosen` is `quasistatic` and the study has a ladder; otherwise as
    `pdk.locate` and `circuits.make_trainer`.
    """
    models = pdk.locate(study.pdk_path, technology=study.technology)
    made: dict[str, Trainer] = {}
    trainers = []
    for name in _names(study, chosen, begun, out):
        if name not in made:
            made[name] = make_trainer(
                name, models, limits=study.trainer_limits(), processes=study.execution.processes
            )
        trainers.append(made[name])
    return tuple(trainers)


def _names(
    study: StudyFile, chosen: str | None, begun: Manifest | None, out: Path
) -> Sequence[str]:
    """Returns the name of each rung's simulator."""
    ladder = study.ladder
    if not ladder.declared:
        name = chosen or study.execution.simulator
        if begun is not None:
            _check_same(chosen, {begun.simulator}, name, out)
            name = begun.simulator
        return [name]
    if chosen == QUASISTATIC:
        msg = (
            f"{study.source} has a ladder, whose rungs say what is quasi-static; give "
            f"{' or '.join((_AUTO, *SIMULATORS))} for its transient rungs, or leave --simulator out."
        )
        raise SimulatorChoiceError(msg)
    transient = chosen or study.transient or _AUTO
    asked = [transient if rung.simulator == TRANSIENT else rung.simulator for rung in ladder.rungs]
    if begun is None:
        return asked
    kept = [str(rung["simulator"]) for rung in begun.rungs]
    fitting = zip(ladder.rungs, kept, strict=True)
    _check_same(
        chosen,
        {name for rung, name in fitting if rung.simulator == TRANSIENT},
        str(chosen),
        out,
    )
    return kept


def _check_same(chosen: str | None, begun: set[str], name: str, out: Path) -> None:
    if begun and chosen not in {None, _AUTO, *begun}:
        msg = (
            f"{out} was begun with {', '.join(sorted(begun))}, and one study has one simulator; "
            f"leave --simulator out, or start another study with {name} and another --out."
        )
        raise StoreError(msg)


def rung_simulators_for(
    study: StudyFile, trainers: Sequence[Trainer], scratch: Path, *, cache: bool
) -> tuple[RungSimulator, ...]:
    """Returns the trainer of each rung with its simulator spec, and makes the directory for their runs.

    **Arguments:**

    - `study`: the study file.
    - `trainers`: one for each rung.
    - `scratch`: the driver's temporary directory; its subdirectory `runs` must not exist.
    - `cache`: whether workers read finished runs from the run cache and write them there.
    """
    runs = scratch / "runs"
    runs.mkdir()
    return tuple(
        RungSimulator(
            trainer,
            SimulatorSpec(
                simulator=trainer.name,
                executable=str(trainer.simulator.executable),
                version=trainer.version,
                processes=study.execution.processes,
                models=trainer.models,
                limits=study.trainer_limits(),
                scratch=str(runs),
                cache_bytes=study.execution.run_cache if cache else 0,
                cache=str(default_directory()),
            ),
        )
        for trainer in trainers
    )
