# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of the driver on each rung of a ladder: the study goes on as if nothing had happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.driver.driver import Settings, run_study
from sweep.driver.events import StudyStarted
from tests.sweep.killing import kill_at
from tests.sweep.running import GRADIENT, Record, digest, laddered

pytestmark = pytest.mark.usefixtures("ray_session")

STUDY = laddered()

# The points at which a driver may die, each with the code that makes it die there. In order a trial
# has a check, two quasi-static trainings in one go, an epoch of a transient, and another one.
POINTS = {
    "while a check runs": (
        "import sweep.worker.executor as m; deadly(m.RayExecutor, 'submit', 1, after=True)"
    ),
    "between a check and its rung": "import sweep.search.study_store as m; deadly(m.StudyStore, 'promote', 1)",
    "right after a check's rung": (
        "import sweep.search.study_store as m; deadly(m.StudyStore, 'promote', 1, after=True)"
    ),
    "while a training in one go runs": (
        "import sweep.worker.executor as m; deadly(m.RayExecutor, 'submit', 2, after=True)"
    ),
    "between two seeds": (
        "import sweep.driver._training_run as m; deadly(m.EpochRecord, 'write', 1, after=True)"
    ),
    "before the last seed's file has its name": "import pathlib as m; deadly(m.Path, 'replace', 4)",
    "between the last seed and the rung": "import sweep.search.study_store as m; deadly(m.StudyStore, 'promote', 2)",
    "within what is written of a rung": (
        "import sweep.search.study_store as m; deadly(m.StudyStore, '_report_rung', 2, after=True)"
    ),
    "right after the trainings' rung": (
        "import sweep.search.study_store as m; deadly(m.StudyStore, 'promote', 2, after=True)"
    ),
    "while an epoch of a transient runs": (
        "import sweep.worker.executor as m; deadly(m.RayExecutor, 'submit', 4, after=True)"
    ),
    "between file and report of an epoch": (
        "import sweep.driver._training_run as m; deadly(m.EpochRecord, 'write', 3, after=True)"
    ),
    "between report and rung": "import sweep.search.study_store as m; deadly(m.StudyStore, 'promote', 3)",
    "at the foot of the last rung": (
        "import sweep.search.study_store as m; deadly(m.StudyStore, 'promote', 3, after=True)"
    ),
    "on the last rung": (
        "import sweep.driver._training_run as m; deadly(m.EpochRecord, 'write', 4, after=True)"
    ),
    "before a trial is complete": "import sweep.search.study_store as m; deadly(m.StudyStore, 'complete', 1)",
    "before a trial is stopped": "import sweep.search.study_store as m; deadly(m.StudyStore, 'stop', 1)",
    "right after a trial was stopped": (
        "import sweep.search.study_store as m; deadly(m.StudyStore, 'stop', 1, after=True)"
    ),
}
_FAST = {"between two seeds", "between file and report of an epoch"}


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
def test_a_driver_killed_on_any_rung_is_resumed_without_loss(
    point: str, ray_session: str, undisturbed: Path, tmp_path: Path
) -> None:
    resumed = kill_at(
        POINTS[point], STUDY, tmp_path / "out", address=ray_session, undisturbed=undisturbed
    )
    assert resumed.summary.complete + resumed.summary.pruned == 6
    assert resumed.observer.of(StudyStarted)[0].resumed


@pytest.mark.slow
@pytest.mark.parametrize(
    "point",
    [
        "import sweep.worker.executor as m; deadly(m.RayExecutor, 'submit', 1, after=True)",
        "import sweep.search.study_store as m; deadly(m.StudyStore, 'promote', 1)",
        "import sweep.search.study_store as m; deadly(m.StudyStore, 'promote', 1, after=True)",
        "import sweep.search.study_store as m; deadly(m.StudyStore, 'stop', 1)",
        "import sweep.search.study_store as m; deadly(m.StudyStore, 'stop', 1, after=True)",
    ],
)
def test_a_driver_killed_at_a_gradient_is_resumed_without_loss(
    point: str, ray_session: str, tmp_path: Path
) -> None:
    study = laddered(GRADIENT)
    run_study(study, Settings(out=tmp_path / "whole"), observer=Record())
    kill_at(point, study, tmp_path / "out", address=ray_session, undisturbed=tmp_path / "whole")


def test_a_database_forgets_no_rung_either(undisturbed: Path, tmp_path: Path) -> None:
    """A storage that does not write what belongs together at once."""
    out, url = tmp_path / "out", f"sqlite:///{tmp_path}/trials.db"

    class Halt(BaseException):
        pass

    for kind, rung in (("rung_values", 1), ("rung_seconds", 1), ("rung", 2), ("rung_values", 2)):
        with pytest.MonkeyPatch.context() as patch:
            _halt_at_attribute(patch, kind, rung, Halt)
            settings = Settings(out=out, storage=url, resume=True)
            with pytest.raises(Halt):
                run_study(STUDY, settings, observer=Record())
    run_study(STUDY, Settings(out=out, resume=True), observer=Record())
    assert digest(out) == digest(undisturbed)


def _halt_at_attribute(
    patch: pytest.MonkeyPatch, name: str, rung: int, halt: type[BaseException]
) -> None:
    """End the driver right before it writes an attribute of a rung."""
    import optuna

    write = optuna.Trial.set_user_attr

    def deadly(trial: optuna.Trial, key: str, value: object) -> None:
        told = len(value) - 1 if isinstance(value, list) else value
        if key == name and told == rung:
            raise halt
        write(trial, key, value)

    patch.setattr(optuna.Trial, "set_user_attr", deadly)
