# SPDX-License-Identifier: GPL-3.0-or-later
"""Studies over scenarios, really run: nominal first, each scenario kept, and the same again alone."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

import pytest
from optuna.trial import TrialState

import pdk
from circuits import make_trainer
from sweep import Study
from sweep.app.export import export
from sweep.app.report import find_out
from sweep.app.sensitivity import SensitivityError, sensitivity
from sweep.app.simulate import in_scenario, simulate
from sweep.app.status import status
from sweep.cli._sensitivity_view import sensitivity_view
from sweep.cli._views import show
from sweep.driver.driver import Settings, run_study
from sweep.driver.events import Event, Stopped, TrainingFailed, TrialFinished, TrialPruned
from sweep.report import page
from sweep.results.overview import FAILED, overview
from sweep.results.study_results import Results
from sweep.results.trial_record import TRIAL_ATTRIBUTES
from sweep.search.opening import open_results
from sweep.study.study_file import StudyFile, StudyFileError, load_design, parse
from tests.sweep.running import TINY, Record, digest

pytestmark = pytest.mark.usefixtures("ray_session")

SCENARIOS = """\
[scenarios]
corners = ["tt", "ss"]
weight_seeds = [0, 1, 2]
reduction_factor = 2
"""


def quasistatic(tables: str = SCENARIOS, *, trials: int = 8, **changes: object) -> StudyFile:
    """A tiny study in quasi-static simulation."""
    filling = {
        "points": 4, "epochs": 2, "trials": trials, "sampler": "tpe", "workers": 1,
        "length_p": 'synapse.length_p = "0.35 um"', "design": "", "space": "", "search": "",
        "execution": tables, "run_cache": "0 B", **changes,
    }  # fmt: skip
    text = TINY.format(**filling).replace('"ngspice"', '"quasistatic"')
    return parse(text, source="tiny.toml")


def ran(study: StudyFile, out: Path, observer: Record | None = None) -> Results:
    run_study(study, Settings(out=out), observer=observer or Record())
    return open_results(out)


@pytest.fixture(scope="module")
def robust(ray_session: str, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Eight trials over six scenarios, ranked by the worst one."""
    del ray_session
    return ran(quasistatic(), tmp_path_factory.mktemp("robust") / "out")


def test_scenarios_are_run_for_those_that_are_good_in_the_nominal_one(robust: Results) -> None:
    for trial in robust.study.trials:
        assert trial.user_attrs.keys() <= TRIAL_ATTRIBUTES.keys()
        told = trial.user_attrs.get("scenarios", [])
        assert bool(told) is (trial.user_attrs["rung"] == 1)
    assert any(trial.state is TrialState.COMPLETE for trial in robust.study.trials)
    assert any(trial.user_attrs["rung"] == 0 for trial in robust.study.trials)


def test_a_trials_value_is_that_of_its_worst_scenario(robust: Results) -> None:
    for trial in robust.study.trials:
        if trial.state is not TrialState.COMPLETE:
            continue
        told = trial.user_attrs["scenarios"]
        assert len(told) == 6
        assert {(each["corner"], each["weight_seed"]) for each in told} == {
            (corner, seed) for corner in ("tt", "ss") for seed in (0, 1, 2)
        }
        assert trial.value == max(each["nmse"] for each in told)
        # The nominal scenario is the training that the rung below has done already.
        assert told[0]["nmse"] == trial.user_attrs["rung_values"][0][0]


def test_each_scenario_comes_out_again_alone(robust: Results, tmp_path: Path) -> None:
    trial = robust.study.best_trial
    export(robust, to=tmp_path / "best", verify=False)
    described = load_design(tmp_path / "best" / "design.toml")
    trainer = make_trainer("quasistatic", pdk.locate())
    for told in trial.user_attrs["scenarios"][::2]:
        again = in_scenario(
            described, corner=told["corner"], temperature=str(told["temperature"]),
            weight_seed=told["weight_seed"],
        )  # fmt: skip
        assert simulate(again, trainer).nmse == pytest.approx(told["nmse"], rel=1e-9)


def test_a_hopeless_trial_is_given_up_among_its_scenarios(tmp_path: Path) -> None:
    record = Record()
    tables = SCENARIOS.replace("reduction_factor = 2", "reduction_factor = 1\np_threshold = 0.4")
    results = ran(quasistatic(tables, trials=10, sampler="random"), tmp_path / "out", record)
    amid = [event for event in record.of(TrialPruned) if event.rung == 1]
    assert amid
    best: dict[int, float] = {}
    value = float("inf")
    for trial in results.study.trials:  # one worker: in the order of their numbers
        told = [each["nmse"] for each in trial.user_attrs["scenarios"]]
        if trial.state is TrialState.PRUNED:
            assert 2 <= len(told) < 6
            own = dict(enumerate(told))
            assert statistics.fmean(told) > statistics.fmean(best[step] for step in own)
        elif trial.value is not None and trial.value < value:
            value, best = trial.value, dict(enumerate(told))


def test_report_and_status_show_a_study_over_scenarios(robust: Results) -> None:
    document = json.loads(json.dumps(status(robust).to_json()))
    assert [rung["label"] for rung in document["ladder"]] == [
        "quasistatic, 2 epochs", "quasistatic, 2 epochs, 6 scenarios",
    ]  # fmt: skip
    assert "6 scenarios" in page(find_out(robust))
    best = overview(robust).best
    assert best is not None
    assert len(best.scenarios) == 6


def test_a_study_that_was_stopped_among_scenarios_ends_as_an_undisturbed_one(
    robust: Results, tmp_path: Path
) -> None:
    class Enough(Exception):  # noqa: N818
        pass

    seen = {"count": 0}

    def stop(_event: Event) -> None:
        seen["count"] += 1
        if seen["count"] in {9, 30}:
            raise Enough

    out = tmp_path / "out"
    for _ in range(3):
        try:
            run_study(quasistatic(), Settings(out=out, resume=True), observer=Record(stop))
        except Enough:
            continue
    assert digest(out) == digest(robust.out)


def test_yield_counts_scenarios_that_train(tmp_path: Path) -> None:
    tables = SCENARIOS.replace("reduction_factor = 2", 'aggregate = "yield"\nthreshold = 1.0')
    results = ran(quasistatic(tables, trials=4), tmp_path / "out")
    complete = [t for t in results.study.trials if t.state is TrialState.COMPLETE]
    assert complete
    for trial in complete:
        told = [each["nmse"] for each in trial.user_attrs["scenarios"]]
        assert trial.value == pytest.approx(sum(nmse >= 1.0 for nmse in told) / 6)
        assert trial.user_attrs["nmse"] == pytest.approx(statistics.fmean(told))


# Phases so short that the lines of these weak synapses settle everywhere but in the slow corner, warm.
SHORT = """\
synapse.weight_high = "0.1 V"
update.scale = "1e-3 1/V"
sampling.conductance = "1 S"
synapse.storage_capacitance = "1 pF"
load.conductance = "20 uS"
timing.edge = "0.2 ns"
timing.phase_duration = "3.7 ns"
"""
CORNERS = """\
[scenarios]
corners = ["tt", "ss"]
temperatures = ["27 C", "-55 C"]
reduction_factor = 1
threshold = 1e6
aggregate = "yield"
"""


def short(tables: str) -> StudyFile:
    study = quasistatic(tables, trials=2, sampler="random", design=SHORT)
    return parse(
        study.text.replace('"synapse.multiplicity" = { low = 1, high = 3 }', ""),
        source="short.toml",
    )


def test_a_scenario_without_a_result_counts_as_one_that_does_not_train(tmp_path: Path) -> None:
    record = Record()
    results = ran(short(CORNERS), tmp_path / "out", record)
    lost = record.of(TrainingFailed)
    assert [(event.training, event.cause) for event in lost] == [
        ("quasistatic_seed0_ss", "not_settled")
    ] * 2
    for trial in results.study.trials:
        assert trial.state is TrialState.COMPLETE
        assert trial.value == 1 / 4
        told = trial.user_attrs["scenarios"]
        assert [each.get("cause") for each in told] == [None, None, "not_settled", None]
        # Other figures are those of the scenarios with a result.
        each = [scenario["nmse"] for scenario in told if "cause" not in scenario]
        assert trial.user_attrs["nmse"] == pytest.approx(statistics.fmean(each))
    assert "4 scenarios" in page(find_out(results))


def test_a_scenario_without_a_result_fails_a_trial_that_is_as_good_as_its_worst(
    tmp_path: Path,
) -> None:
    results = ran(short(CORNERS.replace("yield", "worst")), tmp_path / "out")
    failed = overview(results).of(FAILED)
    assert [trial.failure.cause for trial in failed if trial.failure] == ["not_settled"] * 2


def test_a_study_stopped_after_a_lost_scenario_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    class Enough(Exception):  # noqa: N818
        pass

    def stop(event: Event) -> None:
        if isinstance(event, TrainingFailed):
            raise Enough

    ran(short(CORNERS), tmp_path / "whole")
    with pytest.raises(Enough):
        ran(short(CORNERS), tmp_path / "out", Record(stop))
    run_study(short(CORNERS), Settings(out=tmp_path / "out", resume=True), observer=Record())
    assert digest(tmp_path / "out") == digest(tmp_path / "whole")


def test_several_objectives_are_each_those_of_all_scenarios(tmp_path: Path) -> None:
    objectives = 'objectives = { nmse = "minimize", area = "minimize", yield = "maximize", worst = "minimize" }'
    tables = SCENARIOS.replace("reduction_factor = 2", 'aggregate = "mean"\nthreshold = 1.0')
    results = ran(quasistatic(tables, trials=6, search=objectives), tmp_path / "out")
    names = list(results.study_file.search.objectives)
    assert names == ["nmse", "area", "worst", "yield"]
    for trial in results.study.get_trials(states=(TrialState.COMPLETE,)):
        told = trial.user_attrs["scenarios"]
        each = [scenario["nmse"] for scenario in told]
        mean, area, worst, share = trial.values
        assert mean == pytest.approx(statistics.fmean(each))
        assert worst == max(each)
        assert share == pytest.approx(sum(nmse < 1.0 for nmse in each) / 6)
        assert area == pytest.approx(told[0]["area"])
    assert "area" in page(find_out(results))


def test_a_design_that_costs_too_much_is_not_the_best(tmp_path: Path) -> None:
    search = 'pruner = "none"\nconstraints = { area = { max = "1100 um2" } }'
    results = ran(quasistatic("", trials=12, search=search, sampler="random"), tmp_path / "out")
    seen = overview(results)
    allowed = [trial for trial in seen.trials if trial.allowed]
    refused = [trial for trial in seen.trials if not trial.allowed]
    assert allowed
    assert refused
    least = min(t.parameters["synapse.multiplicity"] for t in refused)
    assert all(trial.parameters["synapse.multiplicity"] < least for trial in allowed)
    assert seen.best is not None
    assert seen.best.allowed
    assert seen.best.values[0] == min(trial.values[0] for trial in allowed)
    assert results.study.best_trial.number == seen.best.number  # Optuna sees it alike


def test_designs_that_cannot_be_simulated_teach_the_sampler(tmp_path: Path) -> None:
    space = (
        '"amplifier.clamp_low" = { low = "-0.6 V", high = "0.4 V" }\n'
        '"amplifier.clamp_high" = { low = "-0.2 V", high = "0.6 V" }'
    )
    study = quasistatic("", trials=20, space=space, search='pruner = "none"')
    seen = overview(ran(study, tmp_path / "out"))
    failed = seen.of(FAILED)
    assert failed  # where the lower clamp lies above the upper one
    results = open_results(tmp_path / "out")
    for trial in failed:
        told = results.study.trials[trial.number]
        assert told.state is TrialState.PRUNED  # Optuna's samplers pass over failed trials
        assert told.constraints == {"simulates": 1.0}
        assert told.user_attrs["status"] == "infeasible"
        assert trial.failure is not None
    assert seen.counts["failed"] + seen.counts["complete"] == 20
    document = status(results).to_json()
    assert document["failed"] == len(failed)


def test_a_study_begins_with_the_designs_that_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text(
        "synapse.multiplicity,encoding.target_amplitude\n2,0.03\n3,50 mV\n,20 mV\n"
    )
    text = quasistatic("", trials=5, search='start = ["original", "points.csv"]').text
    study = parse(text, source=str(tmp_path / "tiny.toml"))
    results = ran(study, tmp_path / "out")
    first = results.study.trials[:4]
    assert [trial.user_attrs["start"] for trial in first] == [
        "original", "points.csv:2", "points.csv:3", "points.csv:4",
    ]  # fmt: skip
    assert first[0].params == {"synapse.multiplicity": 1, "encoding.target_amplitude": 0.02}
    assert first[1].params == {"synapse.multiplicity": 2, "encoding.target_amplitude": 0.03}
    assert first[2].params == {"synapse.multiplicity": 3, "encoding.target_amplitude": 0.05}
    assert first[3].params["encoding.target_amplitude"] == 0.02
    assert len(results.study.trials) == 5
    # An exported design of it starts another study.
    export(results, trial=1, to=tmp_path / "best", verify=False)
    (tmp_path / "best.toml").write_bytes((tmp_path / "best" / "design.toml").read_bytes())
    again = quasistatic("", trials=1, search='start = ["best.toml"]').text
    repeated = ran(parse(again, source=str(tmp_path / "b.toml")), tmp_path / "again")
    assert repeated.study.trials[0].params == first[1].params
    assert repeated.study.trials[0].value == first[1].value


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("points.csv", "synapse.multiplicity,amplitude\n1,2\n", "column 'amplitude'"),
        (
            "points.csv",
            "synapse.multiplicity\n9\n",
            "line 2, column 'synapse.multiplicity' = '9': allowed is 1 to 3",
        ),
        (
            "points.csv",
            "synapse.multiplicity\ntwo\n",
            "line 2, column 'synapse.multiplicity' = 'two'",
        ),
        (
            "points.csv",
            "synapse.multiplicity,encoding.target_amplitude\n1\n",
            "line 2 = 1: allowed is 2 cells",
        ),
        ("points.csv", "synapse.multiplicity\n", "a head and at least one line"),
        ("design.toml", "version = 2\n", "design.toml: name is missing"),
        ("other.txt", "", "a design file (.toml)"),
    ],
)
def test_a_start_that_does_not_fit_is_named_with_file_and_column(
    tmp_path: Path, name: str, content: str, words: str
) -> None:
    (tmp_path / name).write_text(content)
    text = quasistatic("", search=f'start = ["{name}"]').text
    study = parse(text, source=str(tmp_path / "tiny.toml"))
    with pytest.raises(StudyFileError) as error:
        run_study(study, Settings(out=tmp_path / "out"), observer=Record())
    assert words in str(error.value)
    assert not (tmp_path / "out" / "study.toml").exists()


@pytest.mark.parametrize("name", ["../points.csv", "orginal", "none.csv"])
def test_a_start_names_files_below_the_study_only(tmp_path: Path, name: str) -> None:
    (tmp_path / "points.csv").write_text("synapse.multiplicity\n1\n")
    (tmp_path / "sub").mkdir()
    text = quasistatic("", search=f'start = ["{name}"]').text
    study = parse(text, source=str(tmp_path / "sub" / "tiny.toml"))
    with pytest.raises(StudyFileError, match=r"search\.start"):
        run_study(study, Settings(out=tmp_path / "out"), observer=Record())


def test_a_study_stops_when_nothing_gets_better(tmp_path: Path) -> None:
    search = 'pruner = "none"\nstop = { stagnation = 3 }'
    record = Record()
    results = ran(
        quasistatic("", trials=60, search=search, sampler="random"), tmp_path / "out", record
    )
    values = [trial.value for trial in results.study.trials]
    assert values.index(min(values)) == len(values) - 4
    (stopped,) = record.of(Stopped)
    assert "stagnation" in stopped.reason


def test_a_study_stops_when_no_improvement_is_expected(tmp_path: Path) -> None:
    search = 'pruner = "none"\nstop = { expected_improvement = 0.999 }'
    record = Record()
    study = quasistatic("", trials=60, search=search, sampler="random", points=2, epochs=1)
    assert len(ran(study, tmp_path / "out", record).study.trials) == 20
    (stopped,) = record.of(Stopped)
    assert "expected_improvement" in stopped.reason


def test_a_study_stops_when_enough_was_simulated(tmp_path: Path) -> None:
    record = Record()
    one = (4 * 3 * 2 + 3 * 3) * 80e-6  # phases of a training: two epochs, three looks
    search = f'pruner = "none"\nstop = {{ simulated = "{2.5 * one!r} s" }}'
    rung = '[[ladder.rungs]]\nkind = "training"\nsimulator = "quasistatic"\n'
    study = quasistatic(rung, trials=60, search=search, sampler="random")
    assert len(ran(study, tmp_path / "out", record).study.trials) == 3
    assert record.of(TrialFinished)


def test_sensitivity_trains_again_around_a_trial(
    robust: Results, capsys: pytest.CaptureFixture[str]
) -> None:
    found = sensitivity(robust)
    best = overview(robust).best
    assert best is not None
    assert found.trial == best.number
    nominal = best.scenarios[0]["nmse"]
    assert found.nmse == pytest.approx(nominal, rel=1e-9)
    by_name = {each.name: each for each in found.moved}
    assert by_name.keys() == {"synapse.multiplicity", "encoding.target_amplitude"}
    amplitude = by_name["encoding.target_amplitude"]
    assert amplitude.lower == pytest.approx(0.95 * amplitude.value)
    assert amplitude.upper == pytest.approx(1.05 * amplitude.value)
    assert {amplitude.below, amplitude.above} != {found.nmse}
    assert amplitude.change == max(amplitude.below, amplitude.above) / found.nmse
    json.dumps(found.to_json())
    show(sensitivity_view(found))
    assert "encoding.target_amplitude" in capsys.readouterr().out
    with pytest.raises(SensitivityError, match="no trial 99"):
        sensitivity(robust, trial=99)


def test_a_study_in_python_is_the_one_of_the_command_line(robust: Results, tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(quasistatic().text)
    study = Study.load(tmp_path / "tiny.toml", tmp_path / "out")
    summary = study.run(observer=Record())
    assert summary.complete
    assert digest(study.out) == digest(robust.out)
    assert study.best.number == summary.best[0]
    frame = study.trials_dataframe()
    assert len(frame) == 8
    assert frame.loc[study.best.number, "nmse"] == study.best.values[0]
    assert "parameters.synapse.multiplicity" in frame.columns
    scenarios = study.scenarios_dataframe()
    assert set(scenarios["corner"]) == {"tt", "ss"}
    assert Study.open(study.out).best.values == study.best.values
    assert study.run(trials=9, observer=Record()).asked == 9
