# SPDX-License-Identifier: GPL-3.0-or-later
"""The designs that a search begins with: read and checked before anything starts or is written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from circuits import Design
from sweep._errors import StudyFileError, SweepError
from sweep.driver.driver import Settings, run_study
from sweep.driver.events import Noticed, Stopped, StudyStarted
from sweep.search.opening import open_results
from sweep.study.design_file import design_text
from sweep.study.start import start_points
from sweep.study.study_file import StudyFile, load
from tests.in_this_process import InThisProcess
from tests.stand_in import install
from tests.sweep.running import FLAVOURS, Record, tiny
from tests.sweep.test_cli import sweep


@pytest.fixture(autouse=True)
def simulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in simulator, and no Ray."""
    monkeypatch.setenv("ANALOG_SWEEP_NGSPICE", str(install(tmp_path / "bin")))
    monkeypatch.setattr("sweep.driver.driver.RayExecutor", InThisProcess)


def written(at: Path, start: Sequence[str], **changes: str) -> Path:
    """A study file that begins with some designs."""
    path = at / "study.toml"
    path.write_text(tiny(search=f"start = {json.dumps(list(start))}", trials=1, **changes).text)
    return path


def exported(study: StudyFile, **fields: object) -> str:
    """A design file of the study's network and training."""
    design = Design.from_values(
        {"synapse.length_p": 0.35e-6, "synapse.length_n": 0.35e-6, **fields}
    )
    return design_text("best", study.plan, design, tables={})


def names(directory: Path) -> list[str]:
    """Everything below a directory."""
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


POINTS = "synapse.multiplicity,encoding.target_amplitude\n"

REFUSED = {
    "missing": ("none.toml", None, "there is no file"),
    "misspelt": ("orignal", None, "did you mean 'original'?"),
    "former name": ("seed", None, "did you mean 'original'?"),
    "former columns": (
        "points.csv",
        "multiplicity,encoding.target_amplitude\n1,0.05\n",
        "did you mean 'synapse.multiplicity'?",
    ),
    "no design": ("best.toml", "version = 3\n", "a newer analog-sweep wrote it"),
    "old design": ("best.toml", "version = 1\n", "`sweep migrate` rewrites a file of version 1"),
    "no TOML": ("best.toml", "version = = 1\n", "a text in TOML"),
    "outside": ("points.csv", POINTS + "9,0.05\n", "'9': allowed is 1 to 3"),
    "no number": ("points.csv", POINTS + "1,abc\n", "column 'encoding.target_amplitude' = 'abc'"),
    "two meanings": ("points.csv", POINTS + '1,"1,234"\n', '"1.234 V" or "1234 V"'),
    "infinite": ("points.csv", POINTS + "inf,0.05\n", "column 'synapse.multiplicity' = 'inf'"),
    "UTF-16": ("points.csv", (POINTS + "1,0.05\n").encode("utf-16"), "it is text in UTF-16"),
}


@pytest.fixture
def _nothing_starts(simulator: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    """Fails a test in which an executor is made."""

    def start(**_: object) -> None:
        pytest.fail("Ray would have been started")

    monkeypatch.setattr("sweep.driver.driver.RayExecutor", start)


@pytest.mark.usefixtures("_nothing_starts")
@pytest.mark.parametrize("case", REFUSED)
def test_validate_and_run_refuse_the_same_starts_and_leave_nothing(
    tmp_path: Path, case: str
) -> None:
    name, content, words = REFUSED[case]
    if content is not None:
        raw = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(raw)
    study = written(tmp_path, [name])
    before = names(tmp_path)
    validated = sweep("validate", study)
    ran = sweep("run", study, "--out", tmp_path / "deep" / "out")
    assert (validated.code, ran.code) == (2, 2)
    assert validated.err == ran.err
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1
    assert "resume" not in ran.out + ran.err
    assert names(tmp_path) == before


@pytest.mark.usefixtures("_nothing_starts")
def test_a_design_of_another_depth_is_refused_by_both(tmp_path: Path) -> None:
    study = written(tmp_path, ["best.toml"])
    text = exported(load(study)).replace("layers = [3, 2, 1]", "layers = [3, 2, 2, 1]")
    (tmp_path / "best.toml").write_text(text)
    validated, ran = (
        sweep(*words) for words in (("validate", study), ("run", study, "--out", tmp_path / "out"))
    )
    assert (validated.code, ran.code) == (2, 2)
    assert "a design of 2 crossbars (its network is 3-2-2-1)" in ran.err
    assert not (tmp_path / "out").exists()


def test_a_study_whose_executor_does_not_start_leaves_nothing_and_speaks_of_no_resuming(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        msg = "No space left on device"
        raise OSError(msg)

    monkeypatch.setattr("sweep.driver.driver.RayExecutor", broken)
    study = written(tmp_path, ["original"])
    before = names(tmp_path)
    ran = sweep("run", study, "--out", tmp_path / "deep" / "out")
    assert ran.code == 1
    assert ran.err == "The study cannot begin: No space left on device.\n"
    assert "resume" not in ran.out
    observer = Record()
    with pytest.raises(SweepError):
        run_study(load(study), Settings(out=tmp_path / "deep" / "out"), observer=observer)
    assert observer.of(Stopped) == [Stopped(reason="No space left on device", begun=False)]
    assert names(tmp_path) == before


def test_what_was_in_the_directory_stays_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sweep.driver.driver.RayExecutor", interrupted)
    out = tmp_path / "out"
    out.mkdir()
    study = written(out, ["original"])
    ran = sweep("run", study, "--out", out)
    assert ran.code == 130
    assert ran.err == "Interrupted before the study had begun.\n"
    assert names(tmp_path / "out") == ["study.toml"]
    assert load(study).name == "tiny"


def test_a_begun_study_stays_and_says_that_it_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = written(tmp_path, ["original"])
    assert sweep("run", study, "--out", tmp_path / "out").code == 0

    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sweep.driver.driver.RayExecutor", interrupted)
    again = sweep("run", study, "--out", tmp_path / "out", "--resume", "--trials", 2)
    assert again.code == 130
    assert "go on with --resume" in again.err
    assert open_results(tmp_path / "out").study.trials[0].state.name == "COMPLETE"


def test_starts_are_not_looked_for_again_once_a_study_has_begun(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text(POINTS + "2,0.05\n")
    study = written(tmp_path, ["points.csv"])
    assert sweep("run", study, "--out", tmp_path / "out").code == 0
    (tmp_path / "points.csv").unlink()
    assert sweep("run", study, "--out", tmp_path / "out", "--resume", "--trials", 2).code == 0


def test_a_driver_killed_before_it_had_queued_the_starts_leaves_them_to_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "points.csv").write_text(POINTS + "2,0.05\n")
    study = written(tmp_path, ["points.csv"])
    killed = KeyboardInterrupt()

    def kill(*_: object, **__: object) -> None:
        raise killed

    with monkeypatch.context() as patch:
        patch.setattr("sweep.driver._begin.open_storage", kill)
        assert sweep("run", study, "--out", tmp_path / "out").code == 130
    assert sweep("run", study, "--out", tmp_path / "out", "--resume").code == 0
    first, *_ = open_results(tmp_path / "out").study.trials
    assert first.user_attrs["start"] == "points.csv:2"


# What a start design has otherwise.


def test_fields_that_the_study_does_not_take_over_are_told_by_validate_and_run(
    tmp_path: Path,
) -> None:
    study = written(
        tmp_path,
        ["best.toml"],
        design='amplifier.gain_forward = [2.5, 3.0]\namplifier.clamp_low = "-0.6 V"',
    )
    design = exported(
        load(study),
        **{
            "amplifier.gain_forward": [4.1, 3.0],
            "amplifier.clamp_low": -0.2,
            "synapse.multiplicity": [2, 3],
            "load.conductance": 1e-3,
            "encoding.target_amplitude": 0.05,
        },
    )
    (tmp_path / "best.toml").write_text(design.replace("epochs = 2", "epochs = 9"))
    told = [
        "start best.toml: synapse.multiplicity[1] is 3 there, 2 for all layers here",
        "start best.toml: amplifier.gain_forward[0] is 4.1 there, 2.5 fixed here",
        "start best.toml: amplifier.clamp_low is -200 mV there, -600 mV fixed here",
        "start best.toml: load.conductance is 1 mS there, 100 uS by default here",
        "start best.toml: put these fields into [design], or into [space]",
        "start best.toml: trained otherwise: training.epochs is 9 there, 2 here",
    ]
    (point,) = start_points(load(study))
    assert sorted(point.notes()) == sorted(told)
    shown = sweep("validate", study)
    assert shown.code == 0
    assert [line for line in shown.out.splitlines() if line.startswith("start best")] == list(
        point.notes()
    )
    (document,) = sweep("validate", study, "--json").json()["start"]
    assert {
        "field": "amplifier.clamp_low",
        "there": "-200 mV",
        "here": "-600 mV fixed",
    } in document["fields"]
    observer = Record()
    run_study(load(study), Settings(out=tmp_path / "out"), observer=observer)
    assert [event.message for event in observer.of(Noticed)] == list(point.notes())
    kinds = [type(event) for event in observer.events]
    assert kinds.index(Noticed) < kinds.index(StudyStarted)
    ran = sweep("run", study, "--out", tmp_path / "again")
    assert all(line in ran.out for line in told)


def test_a_design_that_the_study_would_make_itself_is_not_talked_about(tmp_path: Path) -> None:
    study = written(tmp_path, ["best.toml"])
    (tmp_path / "best.toml").write_text(
        exported(load(study), **{"encoding.target_amplitude": 0.05})
    )
    (point,) = start_points(load(study))
    assert list(point.notes()) == []


def test_a_start_that_makes_no_legal_design_says_so_before_its_trial_fails(tmp_path: Path) -> None:
    space = f'"synapse.length_p" = {{ low = "0.15 um", high = "1 um" }}\n{FLAVOURS}'
    head = f"{POINTS.strip()},synapse.length_p,synapse.flavour\n"
    (tmp_path / "points.csv").write_text(head + "1,0.05,0.2 um,01v8_lvt\n1,0.05,0.2 um,01v8\n")
    study = written(tmp_path, ["points.csv"], space=space, length_p="")
    (note,) = (line for point in start_points(load(study)) for line in point.notes())
    assert note.startswith("start points.csv:2: makes no legal design here")
    assert "synapse.length_p" in note


def test_the_parameters_of_the_original_design_that_are_moved_are_named(tmp_path: Path) -> None:
    space = '"timing.phase_duration" = { low = "1 ms", high = "2 ms" }'
    study = written(tmp_path, ["original"], space=space)
    (point,) = start_points(load(study))
    (note,) = point.notes()
    assert note.startswith("start original: moved into the space: ")
    assert "timing.phase_duration" in note


# Tables as spreadsheets write them.


@pytest.mark.parametrize(
    "content",
    [
        POINTS + "2,0.05\n",
        "\ufeff" + POINTS + "2,0.05\n",
        (POINTS + "2,0.05\n").replace("\n", "\r\n"),
        POINTS + '2,"0,05"\n',
        POINTS + "2,50 mV\n",
        POINTS + "2,50\N{NO-BREAK SPACE}mV\n",
        POINTS.replace(",", ";") + "2;0,05\n",
        "\ufeff" + POINTS.replace(",", ";") + "2;0,05 V\r\n",
        POINTS.replace(",", "\t") + "2\t50000 \N{MICRO SIGN}V\n",
    ],
)
def test_a_table_is_read_as_spreadsheets_write_it(tmp_path: Path, content: str) -> None:
    (tmp_path / "points.csv").write_bytes(content.encode())
    study = written(tmp_path, ["points.csv"])
    (point,) = start_points(load(study))
    assert point.values == {
        "synapse.multiplicity": 2,
        "encoding.target_amplitude": pytest.approx(0.05),
    }


def test_a_decimal_comma_between_commas_is_told_from_a_further_cell(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text(POINTS + "2,0,05\n")
    study = load(written(tmp_path, ["points.csv"]))
    with pytest.raises(StudyFileError, match=r"line 2 = 3: allowed is 2 cells.*semicolons"):
        start_points(study)
