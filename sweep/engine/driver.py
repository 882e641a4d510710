# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver of a study: asks for trials, has their epochs simulated, keeps and tells the results.

    summary = run_study(load(Path("study.toml")), Settings(out=Path("out")), observer=observer)

The driver alone writes to the study's directory and storage. A trial's next epoch goes to a worker
as soon as the last one is on disk and reported and the pruner lets the trial live; as many trials
run at a time as there are workers. Optuna is behind `sweep.engine._ledger`, Ray behind `sweep.engine.executor`.
"""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import pdk
from circuits import Trainer, make_trainer
from sweep._errors import SweepError
from sweep.engine._begin import claim, read_begun
from sweep.engine._course import Course, MachineError
from sweep.engine._ledger import Ledger
from sweep.engine._samplers import make_sampler
from sweep.engine._scratch import Scratch
from sweep.engine._signals import StopWish
from sweep.engine._task import Equipment
from sweep.engine.events import Observer, Stopped, StudyFinished, StudyStarted, Summary
from sweep.engine.executor import RayExecutor
from sweep.results._files import StoreError
from sweep.study.study_file import StudyFile

__all__ = ["InterruptedStudy", "MachineError", "Settings", "StoreError", "Summary", "run_study"]


class InterruptedStudy(SweepError):  # noqa: N818 - nothing was wrong
    """A signal ended the driver before it had begun, or a second one before it had ended."""

    exit_code = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What may differ between two starts of one study.

    **Attributes:**

    - `out`: the study's directory.
    - `storage`: URL of an Optuna storage; None for a journal file in `out`.
    - `workers`: epochs at a time; None as the study file says, or else one for each core.
    - `simulator`: `"auto"`, `"xyce"` or `"ngspice"`; None as the study file says.
    - `trials`: how many trials in all, those of earlier starts included; None as the file says.
    - `resume`: go on where an earlier start ended, if there was one.
    - `address`: of a running Ray cluster; None to start Ray on this machine.
    """

    out: Path
    storage: str | None = None
    workers: int | None = None
    simulator: str | None = None
    trials: int | None = None
    resume: bool = False
    address: str | None = None


def run_study(study: StudyFile, settings: Settings, *, observer: Observer) -> Summary:
    """Run a study to its end, or until SIGINT or SIGTERM.

    The observer's last event is `StudyFinished`, or `Stopped` where an error ends the study.

    **Returns:** how the study stands; its `exit_code` is 130 where a signal stopped it.

    **Raises:** before anything is written, `StoreError` where directory or storage are not this
    study's, `SamplerError`, and the errors of a simulator or models that are missing; later,
    `ExecutorError` without Ray, `MachineError` where nothing can be simulated or written any more,
    `InterruptedStudy` after a second signal. After each of these the study can be resumed.
    """
    started = time.monotonic()
    make_sampler(study.search, study.space.distributions())
    trainer = _trainer(study, settings)
    claimed = claim(settings.out, study, storage=settings.storage, resume=settings.resume)
    try:
        with StopWish() as wish, claimed as place, Scratch(settings.out) as scratch:
            workers = settings.workers or study.execution.workers
            with RayExecutor(
                workers=workers,
                cores_each=study.execution.processes,
                address=settings.address,
                directory=scratch.directory,
            ) as executor:
                wish.listen()
                opened = place.open(trainer)
                course = Course(
                    described=study,
                    layout=opened.layout,
                    ledger=Ledger(opened.study, study, opened.group),
                    executor=executor,
                    equipment=_equipment(study, trainer, scratch.directory),
                    trainer=trainer,
                    observer=observer,
                    wish=wish,
                    target=settings.trials or study.search.trials,
                )
                observer(_started(course, settings.out, resumed=opened.resumed))
                course.run()
            if wish.received is not None:
                observer(Stopped(reason=wish.received))
            summary = _summary(
                course, settings.out, time.monotonic() - started, stopped=wish.received is not None
            )
    except BrokenPipeError:  # nobody listens to the observer any more
        raise
    except OSError as error:
        observer(Stopped(reason=str(error)))
        msg = f"The study cannot go on: {error}. Mend that, then go on with --resume."
        raise MachineError(msg) from error
    except (KeyboardInterrupt, SystemExit) as error:  # the latter is Ray's answer to SIGTERM
        observer(Stopped(reason="interrupted"))
        msg = f"Interrupted; go on with --resume in {settings.out}."
        raise InterruptedStudy(msg) from error
    except BaseException as error:
        observer(Stopped(reason=str(error) or type(error).__name__))
        raise
    observer(StudyFinished(summary=summary))
    return summary


def _trainer(study: StudyFile, settings: Settings) -> Trainer:
    """Simulator and models; a study that was begun keeps its simulator."""
    begun = read_begun(settings.out, study, resume=settings.resume)
    name = settings.simulator or study.execution.simulator
    if begun is not None:
        if settings.simulator not in {None, "auto", begun.simulator}:
            msg = (
                f"{settings.out} was begun with {begun.simulator}, and one study has one simulator; "
                f"leave --simulator out, or start another study with {name} and another --out."
            )
            raise StoreError(msg)
        name = begun.simulator
    return make_trainer(
        name,
        pdk.locate(study.pdk_path),
        limits=study.trainer_limits(),
        processes=study.execution.processes,
    )


def _equipment(study: StudyFile, trainer: Trainer, scratch: Path) -> Equipment:
    runs = scratch / "runs"
    runs.mkdir()
    return Equipment(
        simulator=trainer.name,
        executable=str(trainer.simulator.executable),
        version=trainer.version,
        processes=study.execution.processes,
        models=trainer.models,
        limits=study.trainer_limits(),
        scratch=str(runs),
    )


def _started(course: Course, out: Path, *, resumed: bool) -> StudyStarted:
    study = course.described
    standing = course.ledger.standing()
    single = len(study.search.objectives) == 1 and standing.best_values
    return StudyStarted(
        out=out,
        name=study.name,
        simulator=course.trainer.name,
        version=course.trainer.version,
        workers=course.executor.workers,
        trials=course.target,
        epochs=study.plan.epochs,
        done=standing.complete + standing.pruned + standing.failed,
        resumed=resumed,
        linear_fit=study.plan.linear_fit(),
        objectives=tuple(study.search.objectives),
        best_value=standing.best_values[0][0] if single else None,
    )


def _summary(course: Course, out: Path, seconds: float, *, stopped: bool) -> Summary:
    standing = course.ledger.standing()
    return Summary(
        out=out,
        name=course.described.name,
        simulator=course.trainer.name,
        version=course.trainer.version,
        asked=course.target,
        complete=standing.complete,
        pruned=standing.pruned,
        failed=standing.failed,
        running=standing.running,
        best=standing.best,
        best_values=standing.best_values,
        objectives=tuple(course.described.search.objectives),
        epochs=len(course.overheads),
        seconds=seconds,
        overhead=statistics.median(course.overheads) if course.overheads else math.nan,
        stopped=stopped,
    )
