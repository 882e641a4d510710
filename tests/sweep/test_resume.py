# SPDX-License-Identifier: GPL-3.0-or-later
"""A study that was killed goes on as if nothing had happened, whenever it was killed."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest

from sweep.driver.driver import Settings, StoreError, run_study
from sweep.driver.events import (
    EpochFinished,
    EpochStarted,
    Event,
    StudyStarted,
    TrialFailed,
    TrialStarted,
)
from sweep.results.study_results import Layout
from sweep.search.opening import open_results
from tests.sweep.killing import kill_at
from tests.sweep.running import Record, digest, tiny

pytestmark = pytest.mark.usefixtures("ray_session")

STUDY = tiny(trials=4, sampler="tpe")

# Dies in the middle of the nth write to the journal, holding its lock.
_TORN = """
import json
from sweep.search._journal import Journal
write, seen = Journal._write, []
def torn(self, logs):
    seen.append(logs)
    if len(seen) == 12:
        text = "".join(json.dumps(log) + chr(10) for log in logs)
        with self._path.open("a") as file:
            file.write(text[: 2 * len(text) // 3])
        os.kill(os.getpid(), signal.SIGKILL)
    write(self, logs)
Journal._write = torn
"""

# The points at which a driver may die, each with the code that makes it die there.
POINTS = {
    "between file and report": "import sweep.search.study_store as m; deadly(m.StudyStore, 'report', 3)",
    "before the manifest": "import sweep.driver._begin as m; deadly(m.Manifest, 'write', 1)",
    "before the storage": "import sweep.driver._begin as m; deadly(m, 'open_storage', 1)",
    "before the study is in the storage": (
        "import optuna as m; deadly(m.Study, 'set_user_attr', 2)"
    ),
    "between two parameters of a trial": (
        "from optuna.storages import JournalStorage as m; deadly(m, 'set_trial_param', 4)"
    ),
    "between two parameters that TPE proposed": (
        "from optuna.storages import JournalStorage as m; deadly(m, 'set_trial_param', 6)"
    ),
    "between ask and first epoch": "import sweep.driver._study_loop as m; deadly(m, 'clear', 2)",
    "while an epoch runs": (
        "import sweep.worker.executor as m; deadly(m.RayExecutor, 'submit', 4, after=True)"
    ),
    "before the file has its name": "import pathlib as m; deadly(m.Path, 'replace', 5)",
    "between report and pruner": "import sweep.search.study_store as m; deadly(m.StudyStore, 'is_hopeless', 2)",
    "between last report and tell": "import sweep.search.study_store as m; deadly(m.StudyStore, 'complete', 2)",
    "between attributes and tell": (
        "import sweep.search.study_store as m; deadly(m.optuna.Study, 'tell', 3)"
    ),
    "right after tell": "import sweep.search.study_store as m; deadly(m.optuna.Study, 'tell', 3, after=True)",
    "while the journal is written": _TORN,
}
_FAST = {"between file and report"}


class Halt(BaseException):
    """Ends a driver in this process at a chosen event."""


def halt_at(kind: type[Event], *, nth: int) -> Record:
    """An observer that ends the driver at the nth event of a kind."""
    seen = itertools.count(1)

    def do(event: Event) -> None:
        if isinstance(event, kind) and next(seen) == nth:
            raise Halt

    return Record(do)


@pytest.fixture(scope="module")
def undisturbed(
    ray_session: str,  # noqa: ARG001 - a mark does not do for a fixture
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The study that nobody killed."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    run_study(STUDY, Settings(out=out), observer=Record())
    return out


@pytest.mark.parametrize(
    "point",
    [pytest.param(name, marks=() if name in _FAST else pytest.mark.slow) for name in POINTS],
)
def test_a_driver_killed_at_any_point_is_resumed_without_loss(
    point: str, ray_session: str, undisturbed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    resumed = kill_at(POINTS[point], STUDY, out, address=ray_session, undisturbed=undisturbed)
    assert resumed.summary.complete == 4
    assert len(resumed.after) == 8
    assert not (out / "journal.log.lock").is_symlink()
    (started,) = resumed.observer.of(StudyStarted)
    assert started.resumed is (point != "before the manifest")


def test_a_trial_goes_on_from_its_last_finished_epoch(undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(Halt):
        run_study(STUDY, Settings(out=out), observer=halt_at(EpochFinished, nth=3))
    observer = Record()
    run_study(STUDY, Settings(out=out, resume=True), observer=observer)
    first = observer.of(TrialStarted)[0]
    assert (first.trial, first.epoch) == (1, 1)
    assert digest(out) == digest(undisturbed)


def test_resume_begins_what_was_not_begun(tmp_path: Path) -> None:
    observer = Record()
    run_study(tiny(trials=1), Settings(out=tmp_path / "out", resume=True), observer=observer)
    assert not observer.of(StudyStarted)[0].resumed


def test_resuming_a_finished_study_changes_no_result(undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(undisturbed, out)
    observer = Record()
    run_study(STUDY, Settings(out=out, resume=True), observer=observer)
    assert observer.of(EpochStarted) == []
    assert observer.of(StudyStarted)[0].done == 4
    assert digest(out) == digest(undisturbed)
    (start,) = open_results(out).manifest.resumed
    assert start["simulator_version"] == open_results(out).manifest.simulator_version


def test_many_unfinished_trials_are_all_taken_up(tmp_path: Path) -> None:
    out = tmp_path / "out"
    study = tiny(trials=5, workers=2)
    with pytest.raises(Halt):
        run_study(study, Settings(out=out), observer=halt_at(EpochFinished, nth=3))
    unfinished = open_results(out).study.get_trials(deepcopy=False)
    assert [trial.state.name for trial in unfinished].count("RUNNING") == 2
    summary = run_study(study, Settings(out=out, resume=True, workers=1), observer=Record())
    assert (summary.complete, summary.running) == (5, 0)
    assert len(open_results(out).study.trials) == 5


def _truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 0xFF
    file.write_bytes(content)


def _swap(file: Path) -> None:
    shutil.copy(file.parent.parent / "00000" / file.name, file)


def _pickle(file: Path) -> None:
    np.savez(file.with_suffix(""), record=np.array([{"a": 1}], dtype=object), allow_pickle=True)


@pytest.mark.parametrize("damage", [_truncate, _flip, _swap, _pickle, Path.unlink])
def test_a_trial_with_unusable_files_fails_and_is_tried_once_more(
    damage: object, undisturbed: Path, tmp_path: Path
) -> None:
    assert callable(damage)
    out = tmp_path / "out"
    with pytest.raises(Halt):
        run_study(STUDY, Settings(out=out), observer=halt_at(EpochFinished, nth=3))
    damage(Layout(out).epoch(1, 0))

    observer = Record()
    summary = run_study(STUDY, Settings(out=out, resume=True), observer=observer)
    (failure,) = observer.of(TrialFailed)
    assert (failure.trial, failure.status) == (1, "damaged")
    assert "epoch_000.npz" in failure.message or "00001" in failure.message
    # The failed trial does not count: four have a result, and its parameters have one, too.
    assert (summary.complete, summary.failed) == (4, 0)
    results = open_results(out)
    assert [trial.state.name for trial in results.study.trials] == [
        "COMPLETE", "FAIL", "COMPLETE", "COMPLETE", "COMPLETE",
    ]  # fmt: skip
    assert results.study.trials[2].params == results.study.trials[1].params
    assert results.study.trials[2].value == open_results(undisturbed).study.trials[1].value


def test_a_trial_is_not_tried_a_third_time(tmp_path: Path) -> None:
    out = tmp_path / "out"
    study = tiny(trials=2)
    for trial, resume in ((0, False), (1, True)):
        settings = Settings(out=out, resume=resume)
        with pytest.raises(Halt):
            run_study(study, settings, observer=halt_at(EpochFinished, nth=1))
        _truncate(Layout(out).epoch(trial, 0))
    summary = run_study(study, Settings(out=out, resume=True), observer=Record())
    states = [trial.state.name for trial in open_results(out).study.trials]
    assert states == ["FAIL", "FAIL", "COMPLETE"]
    assert (summary.complete, summary.failed) == (1, 1)


def test_a_study_file_that_was_altered_in_place_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_study(tiny(trials=1), Settings(out=out), observer=Record())
    Layout(out).study_file.write_text(tiny(trials=2).text)
    with pytest.raises(StoreError, match="was altered"):
        open_results(out)
    with pytest.raises(StoreError, match="was altered"):
        run_study(tiny(trials=1), Settings(out=out, resume=True), observer=Record())


def test_a_running_study_can_be_read(tmp_path: Path) -> None:
    out = tmp_path / "out"
    seen: list[tuple[int, int]] = []

    def look(event: Event) -> None:
        if isinstance(event, EpochFinished):
            results = open_results(out)
            seen.append((len(results.study.trials), len(results.epochs(event.trial))))

    run_study(tiny(trials=2), Settings(out=out), observer=Record(look))
    assert seen == [(1, 1), (1, 2), (2, 1), (2, 2)]
