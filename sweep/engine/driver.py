# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver of a study: asks for trials, has their epochs simulated, keeps and tells the results.

    summary = run_study(load(Path("study.toml")), Settings(out=Path("out")), observer=observer)

The driver alone writes to the study's directory and storage. A trial's next task (an epoch, a whole
quasi-static training, a check) goes to a worker as soon as the last one is on disk and reported and
the trial may go on; as many tasks run at a time as there are workers. Optuna is behind `sweep.engine._ledger`, Ray behind `sweep.engine.executor`.
"""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sweep._errors import SweepError
from sweep.engine._begin import claim, read_begun
from sweep.engine._benches import benches_for, trainers_for
from sweep.engine._course import Course, MachineError
from sweep.engine._extend import extend
from sweep.engine._ledger import Ledger
from sweep.engine._nodes import Needs
from sweep.engine._patience import Patience
from sweep.engine._samplers import make_sampler
from sweep.engine._scratch import Scratch
from sweep.engine._signals import StopWish
from sweep.engine._stopping import StoppingRules
from sweep.engine.events import (
    Observer,
    Stopped,
    StorageAway,
    StudyFinished,
    StudyStarted,
    Summary,
)
from sweep.engine.executor import RayExecutor
from sweep.results._files import StoreError
from sweep.results._patient import StorageError
from sweep.study._schema import Execution
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
    - `simulator`: `"auto"`, `"xyce"`, `"ngspice"` or, without a ladder, `"quasistatic"`; None as
      the study file says.
    - `trials`: how many trials in all, those of earlier starts included; None as the file says.
    - `resume`: go on where an earlier start ended, if there was one.
    - `extend`: go on with the study in `out` as a new study file says (`sweep.study.extension`).
    - `address`: of a running Ray cluster; None to start Ray on this machine.
    - `on_interrupt`: what the first SIGINT does about running simulations: `"finish"` or `"drop"`.
    - `cache`: whether runs that another study has finished are taken from the run cache, and those
      of this one kept there.
    - `allow_hub`: whether code of OptunaHub's registry may be fetched and run, which the sampler
      `auto` needs.
    """

    out: Path
    storage: str | None = None
    workers: int | None = None
    simulator: str | None = None
    trials: int | None = None
    resume: bool = False
    extend: bool = False
    address: str | None = None
    on_interrupt: Literal["finish", "drop"] = "finish"
    cache: bool = True
    allow_hub: bool = False


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
    sampler = make_sampler(study.search, study.space.distributions(), allow_hub=settings.allow_hub)
    if settings.extend:
        extend(settings.out, study)
    resume = settings.resume or settings.extend
    begun = read_begun(settings.out, study, resume=resume)
    trainers = trainers_for(study, settings.simulator, begun, out=settings.out)
    claimed = claim(settings.out, study, storage=settings.storage, resume=resume)
    try:
        with (
            claimed as place,
            StopWish(place.layout, drops_first=settings.on_interrupt == "drop") as wish,
            Scratch(settings.out) as scratch,
        ):
            execution = study.execution
            with RayExecutor(
                workers=settings.workers or execution.workers,
                needs=_needs(execution),
                address=settings.address,
                directory=scratch.directory,
                logs=place.layout.ray_logs,
            ) as executor:
                wish.listen()
                opened = place.open(
                    trainers, lambda words, wait: observer(StorageAway(words=words, wait=wait))
                )
                course = Course(
                    described=study,
                    layout=opened.layout,
                    ledger=Ledger(opened.study, study, opened.group, sampler),
                    executor=executor,
                    benches=benches_for(study, trainers, scratch.directory, cache=settings.cache),
                    observer=observer,
                    wish=wish,
                    target=settings.trials or study.search.trials,
                    patience=Patience(
                        factor=execution.straggler_factor or math.inf,
                        least=execution.straggler_least,
                    ),
                    stopping=StoppingRules(
                        study.search.stop, opened.study, study.space.distributions(), started
                    ),
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
    except (OSError, StorageError) as error:
        words = str(error).rstrip(".")
        observer(Stopped(reason=words))
        msg = f"The study cannot go on: {words}. Mend that, then go on with --resume."
        raise MachineError(msg) from error
    except (KeyboardInterrupt, SystemExit) as error:  # the latter is Ray's answer to SIGTERM
        observer(Stopped(reason="interrupted"))
        msg = f"Interrupted; go on with --resume in {settings.out}."
        raise InterruptedStudy(msg) from error
    except BaseException as error:
        observer(Stopped(reason=str(error).rstrip(".") or type(error).__name__))
        raise
    observer(StudyFinished(summary=summary))
    return summary


def _needs(execution: Execution) -> Needs:
    return Needs(
        cores=execution.cores or execution.processes,
        memory=execution.memory,
        resources=execution.resources,
        local=execution.local_resources,
    )


def _started(course: Course, out: Path, *, resumed: bool) -> StudyStarted:
    study, top = course.described, course.benches[-1].trainer
    standing = course.ledger.standing()
    single = len(study.search.objectives) == 1 and standing.best_values
    return StudyStarted(
        out=out,
        name=study.name,
        simulator=top.name,
        version=top.version,
        workers=course.executor.workers,
        trials=course.target,
        epochs=study.ladder.top.epochs,
        done=standing.complete + standing.pruned + standing.failed,
        resumed=resumed,
        linear_fit=study.plan.linear_fit(),
        objectives=tuple(study.search.objectives),
        best_value=standing.best_values[0][0] if single else None,
        rungs=tuple(rung.label for rung in study.ladder.rungs) if study.ladder.declared else (),
    )


def _summary(course: Course, out: Path, seconds: float, *, stopped: bool) -> Summary:
    standing = course.ledger.standing()
    known = [overhead for overhead in course.overheads if math.isfinite(overhead)]
    return Summary(
        out=out,
        name=course.described.name,
        simulator=course.benches[-1].trainer.name,
        version=course.benches[-1].trainer.version,
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
        overhead=statistics.median(known) if known else math.nan,
        stopped=stopped,
    )
