# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pages of single trials show: training again, updates, weights, waveforms, films."""

from __future__ import annotations

import io
import math
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from circuits import Design, join_weights
from circuits.parts import NUDGES, Nudge
from objectives import nmse
from sweep._errors import SweepError
from sweep.app._training_history import quasistatic, training_history
from sweep.app._waveforms import waveforms
from sweep.app.animation import write_animation
from sweep.app.report import find_out, report
from sweep.report import figures
from sweep.report._html import embedded, plain
from sweep.report.animation import film
from sweep.report.fit_figures import Fit
from sweep.report.schematic import amplifier_schematic, synapse_schematic
from sweep.report.trial import _scenarios, _values
from sweep.results.kept_epochs import KeptEpochs
from sweep.results.overview import COMPLETE, overview
from sweep.results.study_results import Results
from sweep.results.trial_examination import Waves
from tests.sweep.running import tiny

pytest_plugins = ["tests.sweep.finished"]


def titles(drawn: go.Figure) -> list[str]:
    return [str(drawn.layout.xaxis.title.text), str(drawn.layout.yaxis.title.text)]


def best(results: Results) -> tuple[int, Design]:
    leader = overview(results).leader
    assert leader is not None
    return leader.number, results.study_file.space.design(leader.parameters)


def test_a_training_in_one_go_comes_out_again_epoch_by_epoch(climbed: Results) -> None:
    trainer = quasistatic(climbed)
    assert not isinstance(trainer, str)
    for trial in overview(climbed).trials:
        if climbed.reached(trial.number) is None:
            continue
        design = climbed.study_file.space.design(trial.parameters)
        found = training_history(climbed, trial.number, design, trainer)
        records = climbed.epochs(trial.number)
        assert found is not None
        assert found.notes == ()
        assert list(found.epochs) == list(range(records[-1].epoch + 2))
        assert np.array_equal(found.held_out[-1], records[-1].arrays["held_out"])
        assert np.allclose(found.weights[-1], records[-1].arrays["final_weights"], atol=1e-6)
        assert found.within.shape[1] == len(found.weights[0])
        assert [epoch for epoch, _ in found.examined] == list(found.epochs)


def test_a_transient_training_is_shown_from_its_files(finished: Results) -> None:
    number, design = best(finished)
    found = training_history(finished, number, design, quasistatic(finished))
    assert found is not None
    plan, records = finished.study_file.plan, finished.epochs(number)
    assert np.array_equal(found.weights[0], join_weights(plan.first_weights(design)))
    for record, weights in zip(records, found.weights[1:], strict=True):
        assert np.array_equal(record.arrays["final_weights"], weights)
    assert all(layer.reciprocity > 0.0 for _, looked in found.examined for layer in looked.layers)


def test_without_a_simulator_the_ends_are_shown_and_the_page_says_why(
    climbed: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = next(t for t in overview(climbed).trials if t.rung == 1 and t.curve)
    design = climbed.study_file.space.design(trial.parameters)
    shown = training_history(climbed, trial.number, design, "no simulator is installed")
    assert shown is not None
    assert shown.epochs == (0, 1, 2)  # its file has the epochs between
    assert shown.examined == ()
    assert shown.notes == ("Updates are not looked at: no simulator is installed",)
    monkeypatch.setattr(KeptEpochs, "from_arrays", lambda _: None)  # as of earlier versions
    found = training_history(climbed, trial.number, design, "no simulator is installed")
    assert found is not None
    assert found.epochs == (0, 2)
    assert found.examined == ()
    assert any("no simulator is installed" in note for note in found.notes)
    assert any("cannot be trained again" in note for note in found.notes)


def test_every_training_of_a_trial_has_its_learning_curve(climbed: Results) -> None:
    found = find_out(climbed)
    assert found.led is not None
    names = list(found.led.curves)
    assert names[:2] == ["quasistatic, weight seed 0", "quasistatic, weight seed 1"]
    assert all(len(curve) >= 2 for curve in found.led.curves.values())


def test_waveforms_pass_through_what_the_training_reads(finished: Results) -> None:
    number, design = best(finished)
    found = training_history(finished, number, design, "not asked for")
    seen = waveforms(finished, number, design, found)
    assert isinstance(seen, Waves)
    assert seen.phases == design.nudge.phases
    assert set(seen.voltages) == {"output", "hidden line", "weight"}
    end = len(seen.phases) * seen.phase * seen.points
    assert seen.time[-1] >= end
    for group in seen.voltages:
        drawn = figures.waveforms(seen, group)
        assert titles(drawn) == ["time (s)", f"{group} (V)"]
        assert len(drawn.layout.shapes) == len(seen.phases) * seen.points
    moved = [np.ptp(wave) for wave in seen.voltages["weight"].values()]
    assert max(moved) > 0.0


@given(st.integers(1, 5), st.sampled_from([part() for part in NUDGES.values()]))
def test_weights_move_in_update_phases_only(points: int, nudge: Nudge) -> None:
    before, phase = np.zeros(6), 1e-6
    within = np.random.default_rng(points).normal(size=(points, 6))
    drawn = figures.weights_in_epoch(before, within, [(2, 2), (2, 1)], nudge, phase)
    count = len(nudge.phases)
    for trace in (each for each in drawn.data if each.mode == "lines"):
        for left, right, low, high in zip(trace.x, trace.x[1:], trace.y, trace.y[1:], strict=False):
            if low != high:
                assert right - left == pytest.approx(phase)
                assert (right / phase) % count == pytest.approx(0.0, abs=1e-6)
    assert titles(drawn) == ["time in the epoch (s)", "change of the weight (V)"]


def test_layer_measures_leave_out_what_a_layer_does_not_have() -> None:
    drawn = figures.layer_measure([0, 1], [[0.5, math.nan], [0.0, math.nan]], "ratio", log=True)
    assert [trace.name for trace in drawn.data] == ["layer 0"]
    assert list(drawn.data[0].y) == [0.5, None]


def test_scenarios_lie_on_a_map_of_corners_and_temperatures() -> None:
    values = {("tt", 27.0): 0.1, ("ss", 85.0): 1.0, ("ff", -40.0): math.nan}
    drawn = figures.scenario_map(values, "held-out NMSE")
    assert titles(drawn) == ["process corner", "temperature (°C)"]
    assert list(drawn.data[0].x) == ["tt", "ss", "ff"]
    assert list(drawn.data[0].y) == ["-40", "27", "85"]
    assert drawn.data[0].z[2][1] == pytest.approx(0.0)
    assert drawn.data[0].z[0][0] is None
    bar = drawn.data[0].colorbar
    assert (bar.ticktext[0], bar.ticktext[-1]) == ("0.1", "1")


@given(st.integers(1, 40), st.integers(0, 3))
def test_many_learning_curves_are_a_bundle_with_its_median(count: int, short: int) -> None:
    curves = {
        f"<seed {n}>": [n + 1.0, *[0.1 * (n + 1)] * (4 - short * (n % 2))] for n in range(count)
    }
    drawn = figures.seed_curves(curves, linear_fit=0.5)
    names = [trace.name for trace in drawn.data]
    if count <= 8:
        assert len(names) == count + 1
        return
    assert names == [f"each of {count}", "median", "best linear fit"]
    bundle, median, _ = drawn.data
    assert [y for y in bundle.y if y is not None] == [y for c in curves.values() for y in c]
    assert set(bundle.customdata) == {f"&lt;seed {n}&gt;" for n in range(count)}
    assert len(median.y) == 5
    assert median.y[0] == pytest.approx((count + 1) / 2)


def test_a_training_that_failed_counts_as_the_worst_in_the_median() -> None:
    curves = {str(n): [math.nan if n < 4 else 0.1 * n] for n in range(9)}
    median = figures.seed_curves(curves).data[1]
    assert list(median.y) == [pytest.approx(0.8)]
    curves |= {"more": [math.nan], "still more": [math.nan]}
    assert list(figures.seed_curves(curves).data[1].y) == [None]


@pytest.mark.parametrize("synapse", ["cmos", "dram"])
@pytest.mark.parametrize("switch", ["ideal", "nfet"])
def test_schematics_carry_the_sizes(synapse: str, switch: str) -> None:
    design = Design.from_values(
        {
            "synapse.kind": synapse,
            "write_switch.kind": switch,
            "synapse.width_n": (0.5e-6, 0.9e-6),
            "synapse.multiplicity": (1, 3),
            "amplifier.gain_forward": 7.5,
            "amplifier.clamp_high": 0.5,
            "load.conductance": 3e-4,
        }
    )
    for layer, width in enumerate(("500 nm", "900 nm")):
        text = synapse_schematic(design, layer)
        assert ET.fromstring(text).tag.endswith("svg")
        assert f"{width} / 150 nm, M = {(1, 3)[layer]}" in text
    hidden = amplifier_schematic(design, 0, last=False)
    last = amplifier_schematic(design, 1, last=True)
    assert "A = 7.5" in hidden
    assert "0.5 V" in hidden
    assert "300 uS" in last
    assert ET.fromstring(hidden).tag == ET.fromstring(last).tag


def test_values_of_layers_of_different_kinds_are_shown_with_their_layer(empty: Results) -> None:
    kinds = 'amplifier.kind = ["clamped", "linear"]\namplifier."clamp_low[0]" = "-0.3 V"'
    study = tiny(design=kinds)
    results = Results(empty.out, study, empty.manifest, empty.study)
    values = {"encoding.target_amplitude": 0.05, "synapse.multiplicity": 2}
    shown = {value.field: value for value in _values(results, study.space.design(values))}
    assert shown["amplifier.kind"].shown == "[clamped, linear]"
    assert (shown["amplifier.clamp_low"].shown, shown["amplifier.clamp_low"].original) == (
        "-300 mV",
        "0 V",
    )
    assert shown["encoding.target_amplitude"].origin == "searched"
    assert shown["amplifier.clamp_low"].origin == "set"
    assert shown["synapse.length_p"].origin == "set"
    assert shown["technology"].origin == "default"
    assert "write_switch.width" not in shown, "an ideal switch has none"


def test_a_film_has_a_picture_for_each_epoch(finished: Results, tmp_path: Path) -> None:
    path = write_animation(finished, tmp_path / "training.gif")
    with Image.open(path) as film_:
        assert film_.format == "GIF"
        assert film_.n_frames == 3  # type: ignore[attr-defined]
        first = film_.convert("RGB").tobytes()
        film_.seek(2)
        assert film_.convert("RGB").tobytes() != first


def test_tasks_of_several_variables_have_a_film_too() -> None:
    random = np.random.default_rng(0)
    target = random.normal(size=(9, 2))
    fit = Fit(random.normal(size=(9, 3)), ("a", "b", "c"), (), target, None, target)
    outputs = [target + scale * random.normal(size=(9, 2)) for scale in (1.0, 0.1)]
    assert nmse(outputs[1], target) < nmse(outputs[0], target)
    with Image.open(io.BytesIO(film(fit, [0, 1], outputs, 0.5))) as shown:
        assert shown.n_frames == 2  # type: ignore[attr-defined]
    drawn = figures.fit_over_epochs(fit, [0, 1], outputs)
    assert [frame.name for frame in drawn.frames] == ["0", "1"]
    assert titles(drawn) == ["target (V)", "output (V)"]


def test_a_film_needs_a_training(empty: Results, tmp_path: Path) -> None:
    with pytest.raises(SweepError, match="no training on disk"):
        write_animation(empty, tmp_path / "training.gif")
    with pytest.raises(SweepError, match=r"must end with \.gif"):
        report(empty.out, animation=tmp_path / "training.mp4")
    with pytest.raises(
        SweepError, match=r"this is a directory; name a file, such as .*report\.html"
    ):
        report(empty.out, to=tmp_path)


def test_watching_ends_with_the_driver_and_a_page_that_stays(
    finished: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sweep.app.report as command

    written: list[float | None] = []
    drivers = iter([4711])
    monkeypatch.setattr(command, "driver_of", lambda _: next(drivers, None))
    original = command.write_report

    def write(*arguments: object, **keywords: object) -> Path:
        written.append(keywords.get("refresh"))  # type: ignore[arg-type]
        return original(*arguments, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(command, "write_report", write)
    report(finished.out, to=tmp_path / "report.html", every=0.01, pages=1)
    assert written == [0.01, None]
    assert '"refresh":null' in (tmp_path / "report.html").read_text("utf-8")
    assert not list(tmp_path.glob("*.part"))


def test_values_in_a_script_cannot_end_it() -> None:
    text = embedded(plain({"a": ["</script>", math.nan, 1 / 3, 2.0]}))
    assert "</script>" not in text
    assert text.endswith(",null,0.333333,2]}")


def test_a_page_whose_trials_are_gone_is_written(finished: Results, tmp_path: Path) -> None:
    shutil.copytree(finished.out, tmp_path / "out")
    shutil.rmtree(tmp_path / "out" / "trials")
    (path,) = report(tmp_path / "out")
    assert "Trial" in path.read_text("utf-8")
    assert overview(finished).of(COMPLETE)


def test_of_scenarios_at_one_corner_and_temperature_the_worst_is_shown() -> None:
    told = {"scenarios": [
        {"corner": "ss", "temperature": 85.0, "weight_seed": 0, "nmse": 0.2},
        {"corner": "ss", "temperature": 85.0, "weight_seed": 1, "nmse": 0.4},
        {"corner": "tt", "temperature": 27.0, "weight_seed": 0, "nmse": 0.1},
    ]}  # fmt: skip
    assert _scenarios(told["scenarios"]) == {("ss", 85.0): 0.4, ("tt", 27.0): 0.1}
    assert _scenarios([]) == {}
