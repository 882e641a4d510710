# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver of a study: asks for trials, has workers simulate them, stores and reports the results.

    summary = run_study(load(Path("study.toml")), Settings(out=Path("out")), observer=observer)

Only the driver writes to the study's directory and storage. A task is an epoch, a whole quasi-static
training or a check. The next task of a trial goes to a worker when the result of the last one is on disk
and reported, and the trial may continue. As many tasks run at a time as there are workers. Optuna is used
only behind `sweep.search.study_store`, Ray only behind `sweep.worker.executor`.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pdk._notices import listening
from sweep._errors import SweepError, one_line
from sweep.driver._begin import claim, has_begun, read_begun
from sweep.driver._extend import extend
from sweep.driver._rung_simulators import rung_simulators_for, trainers_for
from sweep.driver._sources import changes
from sweep.driver._stop_request import StopRequest
from sweep.driver._straggler_timeout import StragglerTimeout
from sweep.driver._study_loop import MachineError, StudyLoop
from sweep.driver.events import (
    Noticed,
    Observer,
    PartRefused,
    Stopped,
    StorageAway,
    StudyFinished,
    StudyStarted,
    Summary,
)
from sweep.results.files import StoreError
from sweep.results.outcomes import OutcomeCount
from sweep.search.distributions import distributions
from sweep.search.patient_storage import StorageError
from sweep.search.samplers import make_sampler
from sweep.search.stopping_rules import StoppingRules
from sweep.search.storage import STORAGE_ERRORS, storage_words
from sweep.search.study_store import StudyStore
from sweep.study._schema import Execution
from sweep.study.check import check_study
from sweep.study.refusals import refusals
from sweep.study.start import notes_of
from sweep.study.study_file import StudyFile
from sweep.worker.executor import RayExecutor
from sweep.worker.nodes import Needs
from sweep.worker.scratch import Scratch

__all__ = ["InterruptedStudy", "MachineError", "Settings", "StoreError", "Summary", "run_study"]


class InterruptedStudy(SweepError):  # noqa: N818 - nothing was wrong
    """A signal ended the driver before the study began, or a further signal before running tasks ended."""

    exit_code = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Options that may differ between two starts of one study.

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
    """Runs a study to its end, or until SIGINT or SIGTERM.

    **Arguments:**

    - `study`: the study file.
    - `settings`: directory, storage, workers and further options of this start.
    - `observer`: called with each event, in this thread. The last event is `StudyFinished`, or `Stopped`
      where an error ends the study.

    **Returns:** a summary of the study; its `exit_code` is 130 where a signal stopped it.

    **Raises:** before anything is written, `StoreError` where directory or storage are not this
    study's, `StudyFileError` where a start design does not fit, `SamplerError`, and the errors of a
    simulator or models that are missing; later, `ExecutorError` without Ray, `MachineError` where
    nothing can be simulated or written any more, `InterruptedStudy` after a second signal. A study
    that has begun by then can be resumed; one that has not leaves nothing.
    """
    with listening(lambda words: observer(Noticed(message=words))):
        return _run_study(study, settings, observer=observer)


def _run_study(study: StudyFile, settings: Settings, *, observer: Observer) -> Summary:
    started = time.monotonic()
    sampler = make_sampler(study.search, distributions(study.space), allow_hub=settings.allow_hub)
    if settings.extend:
        extend(settings.out, study)
    resume = settings.resume or settings.extend
    begun = read_begun(settings.out, study, resume=resume)
    start = check_study(study) if begun is None else []
    trainers = trainers_for(study, settings.simulator, begun, out=settings.out)
    claimed = claim(settings.out, study, storage=settings.storage, resume=resume)
    try:
        with (
            claimed as place,
            StopRequest(place.layout, drops_first=settings.on_interrupt == "drop") as stop_request,
            Scratch(settings.out) as scratch,
        ):
            execution = study.execution
            notes = [] if place.begun is None else changes(place.begun, study, trainers)
            for words in (*notes_of(start), *notes):
                observer(Noticed(message=words))
            with RayExecutor(
                workers=settings.workers or execution.workers,
                needs=_needs(execution),
                address=settings.address,
                directory=scratch.directory,
                logs=place.layout.ray_logs,
            ) as executor:
                stop_request.listen()
                opened = place.open(
                    trainers,
                    start,
                    lambda words, wait: observer(StorageAway(message=words, wait=wait)),
                )
                loop = StudyLoop(
                    study_file=study,
                    layout=opened.layout,
                    store=StudyStore(opened.study, study, opened.group, sampler),
                    executor=executor,
                    rung_simulators=rung_simulators_for(
                        study, trainers, scratch.directory, cache=settings.cache
                    ),
                    observer=observer,
                    stop_request=stop_request,
                    target=settings.trials or study.search.trials,
                    straggler_timeout=StragglerTimeout(
                        factor=execution.straggler_factor or math.inf,
                        least=execution.straggler_least,
                    ),
                    stopping=StoppingRules(
                        study.search.stop, opened.study, distributions(study.space), started
                    ),
                )
                loop.store.aim(loop.target)
                observer(_started(loop, settings.out, resumed=opened.resumed))
                for refusal in refusals(study, trainers[-1].name):
                    observer(
                        PartRefused(
                            field=refusal.field,
                            choices=refusal.choices,
                            rung=refusal.rung,
                            message=refusal.message,
                        )
                    )
                loop.run()
            if stop_request.received is not None:
                observer(Stopped(reason=stop_request.received))
            summary = _summary(
                loop,
                settings.out,
                time.monotonic() - started,
                stopped=stop_request.received is not None,
            )
    except BrokenPipeError:  # the reader of the observer's output is gone
        raise
    except (OSError, StorageError, *STORAGE_ERRORS) as error:
        words = storage_words(error) if isinstance(error, STORAGE_ERRORS) else one_line(error)
        words = words.rstrip(".")
        begun_by_now = has_begun(settings.out)
        observer(Stopped(reason=words, begun=begun_by_now))
        msg = (
            f"The study cannot go on: {words}. Mend that, then go on with --resume."
            if begun_by_now
            else f"The study cannot begin: {words}."
        )
        raise MachineError(msg) from error
    except (KeyboardInterrupt, SystemExit) as error:  # the latter is Ray's answer to SIGTERM
        begun_by_now = has_begun(settings.out)
        observer(Stopped(reason="interrupted", begun=begun_by_now))
        msg = (
            f"Interrupted; go on with --resume in {settings.out}."
            if begun_by_now
            else "Interrupted before the study had begun."
        )
        raise InterruptedStudy(msg) from error
    except BaseException as error:
        reason = str(error).rstrip(".") or type(error).__name__
        observer(Stopped(reason=reason, begun=has_begun(settings.out)))
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


def _started(loop: StudyLoop, out: Path, *, resumed: bool) -> StudyStarted:
    study, top = loop.study_file, loop.rung_simulators[-1].trainer
    progress = loop.store.progress()
    return StudyStarted(
        out=out,
        name=study.name,
        simulator=top.name,
        version=top.version,
        workers=loop.executor.workers,
        trials=loop.target,
        epochs=study.ladder.top.epochs,
        done=progress.complete + progress.pruned + progress.failed,
        resumed=resumed,
        linear_fit=study.plan.linear_fit(),
        objectives=tuple(study.search.objectives),
        complete=progress.complete,
        best_trial=progress.best_trial,
        best_value=progress.best_value,
        rungs=tuple(rung.label for rung in study.ladder.rungs) if study.ladder.declared else (),
    )


def _summary(loop: StudyLoop, out: Path, seconds: float, *, stopped: bool) -> Summary:
    progress = loop.store.progress()
    known = [overhead for overhead in loop.overheads if math.isfinite(overhead)]
    return Summary(
        out=out,
        name=loop.study_file.name,
        simulator=loop.rung_simulators[-1].trainer.name,
        version=loop.rung_simulators[-1].trainer.version,
        asked=loop.target,
        complete=progress.complete,
        pruned=progress.pruned,
        failed=progress.failed,
        running=progress.running,
        best=progress.best,
        best_values=progress.best_values,
        best_trial=progress.best_trial,
        reason=progress.ranks.reason,
        allowed=progress.ranks.allowed,
        learned=progress.learned,
        outcomes=_told(progress.outcomes, ladder=loop.study_file.ladder.declared),
        objectives=tuple(loop.study_file.search.objectives),
        epochs=len(loop.overheads),
        seconds=seconds,
        overhead=statistics.median(known) if known else math.nan,
        stopped=stopped,
    )


def _told(outcomes: Sequence[OutcomeCount], *, ladder: bool) -> tuple[OutcomeCount, ...]:
    """Returns the outcomes; without a ladder the cause of pruned trials, a rung, is left out."""
    if ladder:
        return tuple(outcomes)
    return tuple(
        replace(outcome, cause="") if outcome.state == "pruned" else outcome for outcome in outcomes
    )
