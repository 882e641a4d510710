# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: what it prints, how it fails, and that it is quick."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from circuits import design_quantities
from sweep._version import __version__
from sweep.app.export import export
from sweep.app.status import driver_of
from sweep.cli import app
from sweep.results.study_results import Layout, Results
from sweep.results.trial_record import has_failed
from tests.sweep.running import start_driver, tiny, wait_until

pytest_plugins = ["tests.sweep.finished"]

COMMANDS = (
    "run", "stop", "pause", "status", "report", "export", "simulate", "verify", "trainability", "controls", "replay",
    "characterize", "dashboard", "doctor", "validate", "fields", "migrate",
)  # fmt: skip
HEAVY = ("numpy", "pandas", "plotly", "optuna", "ray", "PySpice", "circuits", "pdk")
TRAJECTORY = Path(__file__).parents[1] / "reference" / "seed_trajectory_4-8-4.npz"


@dataclass(frozen=True)
class Said:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


def sweep(*arguments: object) -> Said:
    """Run a command in this process, 80 columns wide."""
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, [str(word) for word in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)


def sweep_process(*arguments: object, python: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """Start a command in a process of its own."""
    command = [sys.executable, *python, "-m", "sweep", *map(str, arguments)]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "COLUMNS": "80", "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip


@pytest.fixture
def study_toml(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(tiny().text)
    return path


@pytest.fixture(scope="module")
def design_toml(finished: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    exported = export(finished, to=tmp_path_factory.mktemp("best"))
    return exported.directory / "design.toml"


def widest(text: str) -> int:
    """The longest line, spaces at its end aside."""
    return max(len(line.rstrip()) for line in text.splitlines())


def test_the_version_is_that_of_the_package() -> None:
    assert sweep("--version").out == f"analog-sweep {__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_speaks_json(command: str) -> None:
    said = sweep(command, "--help")
    assert said.code == 0
    assert "--json" in said.out
    assert widest(said.out) <= 80
    assert command in sweep("--help").out


def test_without_arguments_it_explains_itself() -> None:
    assert "Commands" in sweep().out


@pytest.mark.parametrize("arguments", [("--help",), ("run", "--help"), ("--version",)])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    process = sweep_process(*arguments, python=("-X", "importtime"))
    _, timing = process.communicate(timeout=60)
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in timing.splitlines()}
    assert "typer" in imported
    assert not imported & set(HEAVY)


def test_doctor_imports_neither_ray_nor_optuna() -> None:
    process = sweep_process("doctor", "--no-ray", "--json", python=("-X", "importtime"))
    out, timing = process.communicate(timeout=60)
    assert json.loads(out)["ok"] is True
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in timing.splitlines()}
    assert not imported & {"ray", "optuna", "plotly", "pandas", "scipy"}


def test_doctor_in_words() -> None:
    said = sweep("doctor", "--no-ray")
    assert said.code == 0
    assert "A study can run." in said.out
    assert "ngspice" in said.out
    assert widest(said.out) <= 80


def test_doctor_ends_with_1_where_something_is_missing(tmp_path: Path) -> None:
    said = sweep("doctor", "--no-ray", "--pdk", tmp_path)
    assert said.code == 1
    assert "No study can run yet" in said.out
    assert sweep("doctor", "--no-ray", "--pdk", tmp_path, "--json").json()["ok"] is False


def test_fields_lists_every_field_of_a_design() -> None:
    said = sweep("fields")
    assert widest(said.out) <= 80
    listed = {entry["name"]: entry for entry in sweep("fields", "--json").json()}
    for name, spec in design_quantities().items():
        assert f"\n{name} " in said.out
        assert spec.meaning in said.out
        assert listed[name]["unit"] == spec.unit
    assert listed["amplifier.clamp_low"]["low"] is None, "JSON has no infinity"


def test_validate_shows_the_space(study_toml: Path) -> None:
    said = sweep("validate", study_toml)
    assert said.code == 0
    assert re.search(r"encoding\.target_amplitude +10 mV +100 mV +log", said.out)
    assert widest(said.out) <= 80
    document = sweep("validate", study_toml, "--json").json()
    assert document["fingerprint"] == tiny().fingerprint
    assert [entry["name"] for entry in document["parameters"]] == [
        entry.name for entry in tiny().space.parameters
    ]


def test_validate_says_in_what_stride_a_study_trains(study_toml: Path) -> None:
    assert "stride" not in sweep("validate", study_toml).out
    text = study_toml.read_text()
    study_toml.write_text(text.replace("[training]", "[training]\nstride = 16"))
    assert "2 epochs of stride 16 in corner tt" in sweep("validate", study_toml).out
    assert sweep("validate", study_toml, "--json").json()["stride"] == 16


def test_all_problems_of_a_study_file_are_a_line_each_and_end_with_2(study_toml: Path) -> None:
    text = study_toml.read_text()
    text = text.replace("low = 1,", "low = 0,").replace("weight", "wait")
    study_toml.write_text(text.replace('low = "10 mV"', "low = 0.01") + "\n[sarch]\na = 1\n")
    said = sweep("validate", study_toml)
    assert said.code == 2
    assert said.out == ""
    lines = said.err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith(f"{study_toml}: ") for line in lines)
    problems = json.loads(sweep("validate", study_toml, "--json").err)["error"]["problems"]
    assert [set(problem) for problem in problems] == 3 * [
        {"file", "key", "value", "allowed", "hint"}
    ]
    assert {problem["key"] for problem in problems} == {
        "sarch", 'space."encoding.target_amplitude".low', 'space."synapse.multiplicity".low',
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("validate", "none.toml"), "none.toml"),
        (("run", "none.toml"), "none.toml"),
        (("simulate", "none.toml"), "none.toml"),
        (("replay", "none.npz"), "there is no such file"),
        (("replay", "junk"), "not an .npz file"),
        (("status", "nowhere"), "holds no study"),
        (("report", "nowhere"), "holds no study"),
        (("export", "nowhere"), "holds no study"),
    ],
)
def test_bad_input_is_one_line_without_a_traceback_and_ends_with_2(
    arguments: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "junk").write_text("junk")
    said = sweep(*arguments)
    assert said.code == 2
    assert said.out == ""
    assert words in said.err
    assert said.err.count("\n") == 1
    error = json.loads(sweep(*arguments, "--json").err)["error"]
    assert words in error["message"]
    assert {path.name for path in tmp_path.iterdir()} == {"junk"}, "nothing is written"


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "a.toml", "--simulator", "spectre"),
        ("run", "a.toml", "--trials", "0"),
        ("export", "out", "--trial", "-1"),
        ("statsu", "out"),
        ("status",),
    ],
)
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    assert sweep(*arguments).code == 2


def test_a_missing_simulator_is_an_outcome_not_a_traceback(
    design_toml: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ANALOG_SWEEP_XYCE", str(tmp_path / "Xyce"))
    said = sweep("simulate", design_toml, "--simulator", "xyce", "--json")
    assert said.code == 1
    assert json.loads(said.err)["error"]["outcome"] == "simulator_missing"
    assert "install it" in sweep("simulate", design_toml, "--simulator", "xyce").err


def test_simulate_prints_the_figures_of_the_training(finished: Results, design_toml: Path) -> None:
    best = finished.study.best_trial
    said = sweep("simulate", design_toml, "--simulator", "ngspice")
    assert said.code == 0
    assert widest(said.out) <= 80
    document = sweep("simulate", design_toml, "--simulator", "ngspice", "--json").json()
    assert document["simulator"] == "ngspice"
    assert document["outcome"] == "ok"
    assert document["nmse"] == best.value
    assert document["nmse_before"] == best.user_attrs["nmse_before"]
    assert document["points"] == 17
    assert document["seconds"] > 0
    assert document["learning_curve"] == [*best.intermediate_values.values()]


def test_a_training_without_result_ends_with_1(design_toml: Path, tmp_path: Path) -> None:
    slow = tmp_path / "slow.toml"
    slow.write_text(
        design_toml.read_text().replace('epoch_time_limit = "3600 s"', 'epoch_time_limit = "1 ms"')
    )
    said = sweep("simulate", slow, "--json")
    assert said.code == 1
    assert said.json()["outcome"] == "timeout"
    assert "Stopped after the limit" in sweep("simulate", slow).out


def test_a_design_file_with_a_mistake_is_refused_like_a_study_file(
    design_toml: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.toml"
    before, table, after = design_toml.read_text().partition("[design.nudge]\n")
    assert "\nconductance =" in after
    wrong.write_text(before + table + after.replace("\nconductance =", "\nconductnce =", 1))
    said = sweep("simulate", wrong)
    assert said.code == 2
    assert "design.nudge.conductnce" in said.err
    assert "did you mean 'nudge.conductance'" in said.err


def test_status_in_words_and_in_json(mixed: Results) -> None:
    said = sweep("status", mixed.out)
    assert said.code == 0
    assert widest(said.out) <= 80
    assert "infeasible synapse.length_p" in said.out
    document = sweep("status", mixed.out, "--json").json()
    trials = mixed.study.trials
    failed = [trial for trial in trials if has_failed(trial)]
    states = [trial.state.name for trial in trials if trial not in failed]
    assert failed
    assert document["complete"] == states.count("COMPLETE")
    assert document["pruned"] == states.count("PRUNED")
    assert document["failed"] == len(failed)
    assert document["best"]["trial"] == mixed.study.best_trial.number
    assert document["best"]["parameters"] == mixed.study.best_trial.params
    assert document["driver"] is None


def test_a_ladder_is_shown_in_words_and_in_json(climbed: Results, tmp_path: Path) -> None:
    said = sweep("status", climbed.out)
    assert widest(said.out) <= 80
    assert "quasistatic, 2" in said.out
    rungs = sweep("status", climbed.out, "--json").json()["ladder"]
    assert [rung["number"] for rung in rungs] == [1, 2, 3, 4]
    report = sweep("report", climbed.out, "--to", tmp_path / "r.html", "--json").json()
    assert report["ladder"] == rungs
    said = sweep("validate", climbed.out / "study.toml")
    words = " ".join(said.out.split())
    assert "device -> quasistatic, 2 epochs, 2 seeds -> transient, 1 epoch -> transient" in words
    document = sweep("validate", climbed.out / "study.toml", "--json").json()
    assert [rung["kind"] for rung in document["ladder"]] == ["device", *["training"] * 3]
    said = sweep(
        "run", climbed.out / "study.toml", "--out", tmp_path / "new", "--simulator", "quasistatic"
    )
    assert said.code == 2
    assert "has a ladder" in said.err


@pytest.mark.parametrize("state", ["empty", "failing", "several", "stopped"])
def test_status_of_any_study(state: str, request: pytest.FixtureRequest) -> None:
    results: Results = request.getfixturevalue(state)
    assert sweep("status", results.out).code == 0
    document = sweep("status", results.out, "--json").json()
    assert document["now"] == ({"1": 1} if state == "stopped" else {})
    assert (" 1/2 " in sweep("status", results.out).out) == (state == "stopped")
    goes_on = f"sweep run {results.out}/study.toml --out {results.out} --resume"
    assert (goes_on in sweep("status", results.out).out) == (state in {"empty", "stopped"})


def test_status_knows_whether_a_driver_is_at_work(ray_session: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start_driver(tiny(points=40, epochs=50, trials=1), out, address=ray_session)
    try:
        wait_until(lambda: driver_of(Layout(out)) is not None, 60, "the driver holds its lock")
        assert driver_of(Layout(out)) == process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert driver_of(Layout(out)) is None


def test_report_and_export_tell_where_they_wrote(finished: Results, tmp_path: Path) -> None:
    said = sweep("report", finished.out, "--to", tmp_path / "r.html")
    assert said.out.strip() == str(tmp_path / "r.html")
    assert (tmp_path / "r.html").stat().st_size > 10**6
    document = sweep("export", finished.out, "--to", tmp_path / "best", "--json").json()
    assert document["trial"] == finished.study.best_trial.number
    assert all((tmp_path / "best" / name).is_file() for name in document["files"])
    said = sweep("export", finished.out, "--trial", 0, "--to", tmp_path / "other")
    assert f"cd {tmp_path / 'other'} && sweep simulate design.toml" in said.out
    assert (
        tomllib.loads((tmp_path / "other" / "design.toml").read_text())["provenance"]["trial"] == 0
    )


def test_exporting_nothing_is_bad_input(failing: Results) -> None:
    said = sweep("export", failing.out)
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert not (failing.out / "best").exists()


@pytest.mark.usefixtures("ray_session")
def test_run_goes_from_study_file_to_results(study_toml: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = sweep("run", study_toml, "--out", out, "--trials", 1, "--simulator", "auto")
    assert said.code == 0
    assert re.match(r"auto takes (xyce|ngspice) \d", said.out)
    assert "1 complete" in said.out
    again = sweep("run", study_toml, "--out", out)
    assert again.code == 2
    assert "--resume" in again.err
    resumed = sweep("run", study_toml, "--out", out, "--trials", 2, "--resume", "--json")
    assert resumed.code == 0
    events = [json.loads(line) for line in resumed.out.splitlines()]
    assert events[0]["event"] == "study_started"
    assert events[-1]["summary"]["complete"] == 2


@pytest.mark.usefixtures("ray_session")
def test_run_writes_beside_out_by_default(
    study_toml: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert sweep("run", study_toml, "--trials", 1).code == 0
    assert (tmp_path / "out" / "tiny" / "manifest.json").is_file()


def test_a_stopped_run_ends_with_130_and_says_how_to_go_on(
    ray_session: str, study_toml: Path, tmp_path: Path
) -> None:
    text = tiny(points=40, epochs=50, trials=1).text
    study_toml.write_text(text)
    process = sweep_process(
        "run", study_toml, "--out", tmp_path / "out", "--address", ray_session, "--json"
    )
    wait_until((tmp_path / "out" / "trials").is_dir, 60, "the first epoch is on disk")
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert json.loads(out.splitlines()[-1])["event"] == "study_finished"


def test_an_interrupted_simulation_leaves_no_simulator_behind(
    design_toml: Path, tmp_path: Path
) -> None:
    long = tmp_path / "long.toml"
    long.write_text(re.sub(r"points = \d+", "points = 3000", design_toml.read_text(), count=1))
    process = sweep_process("simulate", long, "--simulator", "ngspice")
    try:
        wait_until(lambda: bool(children(process.pid)), 60, "the simulator runs")
        simulators = children(process.pid)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    assert err.strip() == "Stopped."
    wait_until(lambda: not any(map(alive, simulators)), 10, "the simulator is gone")


def children(parent: int) -> set[int]:
    """The living child processes of a process."""
    text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return set(map(int, text.split()))


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_replay_prints_deviations() -> None:
    said = sweep("replay", TRAJECTORY, "--simulator", "ngspice", "--json")
    assert said.code == 0
    document = said.json()
    assert document["simulator"] == "ngspice"
    for name in ("free", "nudged", "weights"):
        assert set(document[name]) == {"first", "median", "max"}
    assert document["free"]["median"] < 0.01


def test_a_closed_terminal_is_no_error() -> None:
    shell = f"{sys.executable} -m sweep fields | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        [str(shutil.which("bash")), "-c", shell], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "way",
    [("-m", "sweep"), ("-c", "import sys; del sys.path[0]; import sweep.cli; sweep.cli.main()")],
)
def test_no_module_of_the_current_directory_is_imported(
    way: tuple[str, ...], tmp_path: Path
) -> None:
    for name in ("typer", "pathlib", "dataclasses", "rich", "tomllib", "pdk", "circuits", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a stranger')")
    (tmp_path / "study.toml").write_text(tiny().text)
    done = subprocess.run(
        [sys.executable, *way, "validate", "study.toml"], cwd=tmp_path, capture_output=True,
        text=True, check=False, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
