# SPDX-License-Identifier: GPL-3.0-or-later
"""What `sweep export` writes means the same, to this program and to the simulators."""

from __future__ import annotations

import csv
import dataclasses
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pdk
from circuits import Design, TransientTrainer, design_quantities, make_trainer
from circuits.simulators import Xyce, find
from circuits.simulators._raw import read_raw
from objectives import Sine, TrainingPlan
from sweep.app.export import ExportError, export, param_text
from sweep.app.simulate import simulate
from sweep.results.study_results import Results
from sweep.study.design_file import design_text
from sweep.study.study_file import load_design, parse_design

pytest_plugins = ["tests.sweep.finished"]

PLAN = TrainingPlan((3, 2, 1), Sine(points=4, held_out=3), epochs=2)


@st.composite
def values(draw: st.DrawFn) -> dict[str, object]:
    """Kinds of parts, and legal values of all their quantities that do not depend on each other."""
    kinds: dict[str, object] = {}
    for name, spec in design_quantities().items():
        if name.endswith(".kind") and draw(st.booleans()):
            kind = st.sampled_from(spec.choices)
            kinds[name] = draw(kind | st.tuples(kind, kind) if spec.per_layer else kind)
    fields: dict[str, st.SearchStrategy[object]] = {}
    for name, spec in Design.from_values(kinds).quantities().items():
        if name.endswith(".kind") or name in {
            "technology",
            "synapse.flavour",
            "synapse.weight_low",
            "write_switch.device",
            "amplifier.clamp_low",
            "timing.edge",
            "timing.guard",
            "timing.phase_duration",
        }:
            continue
        if spec.choices:
            fields[name] = st.sampled_from(spec.choices)
        elif spec.integer:
            entry: st.SearchStrategy[object] = st.integers(int(spec.low), int(spec.high))
            fields[name] = st.tuples(entry, entry) if spec.per_layer else entry
        else:
            clamp = "clamp" in name
            low = 0.5 if name == "synapse.weight_high" else max(spec.low, 0.0 if clamp else -1e9)
            entry = st.floats(low, spec.high, allow_nan=False)
            fields[name] = st.tuples(entry, entry) if spec.per_layer else entry
    return kinds | draw(st.fixed_dictionaries({}, optional=fields))


@settings(max_examples=60, deadline=None)
@given(values(), st.integers(1, 1000))
def test_a_design_file_gives_back_the_very_same_numbers(
    chosen: dict[str, object], stride: int
) -> None:
    design = Design.from_values(chosen)
    plan = dataclasses.replace(PLAN, stride=stride)
    text = design_text("a design", plan, design, tables={})
    read = parse_design(text, source="design.toml")
    assert read.design == design
    assert read.plan == plan


@pytest.mark.parametrize("kinds", [{}, {"write_switch.kind": "nfet", "amplifier.kind": "linear"}])
def test_every_field_is_written_with_meaning_and_range(kinds: dict[str, str]) -> None:
    design = Design.from_values(kinds)
    text = design_text("a design", PLAN, design, tables={}, heading="one\ntwo")
    assert text.startswith("# one\n# two\nversion = 2\n")
    for name, spec in design.quantities().items():
        table, _, field = f"design.{name}".rpartition(".")
        lines = text.partition(f"\n[{table}]\n")[2].partition("\n\n")[0]
        assert re.search(rf"^# .*\n(# .*\n)*{field} = ", lines, re.MULTILINE), name
        assert spec.allowed.split()[-1] in lines
    assert max(map(len, text.splitlines())) <= 100


def test_the_parameters_of_layers_are_numbered() -> None:
    chosen = {
        "amplifier.kind": ["clamped", "linear", "clamped"],
        "amplifier.clamp_low": [-0.5, 0.0, -0.25],
        "update.scale": [3.0, 2.0, 1.0],
    }
    lines = param_text(Design.from_values(chosen), title="test").splitlines()
    assert [line for line in lines if "clamp_low" in line or "update_scale" in line] == [
        ".param amplifier_clamp_low_0=-0.5",
        ".param amplifier_clamp_low_2=-0.25",
        *(f".param update_scale_{layer}={3 - layer}.0" for layer in range(3)),
    ]
    assert "* amplifier_kind_1 is linear" in lines
    assert len(set(lines)) == len(lines), "each meaning is said once"


def test_an_export_does_not_tell_where_its_user_lives(finished: Results, tmp_path: Path) -> None:
    export(finished, to=tmp_path / "export")
    written = tomllib.loads((tmp_path / "export" / "design.toml").read_text("utf-8"))
    source = finished.manifest.pdk["source"]
    assert written["provenance"]["pdk_source"] == source.replace(str(Path.home()), "~")
    assert str(Path.home()) not in str(written["provenance"])


def test_the_exported_design_repeats_the_trial_exactly(finished: Results, tmp_path: Path) -> None:
    exported = export(finished, to=tmp_path / "best")
    assert exported.trial == finished.study.best_trial.number
    described = load_design(tmp_path / "best" / "design.toml")
    training = simulate(described, make_trainer("ngspice", pdk.locate()))
    last = finished.epochs(exported.trial)[-1]
    assert training.run_key == last.run_key
    assert training.nmse == exported.nmse == last.score.nmse
    assert training.nmse_before == exported.nmse_before
    assert np.array_equal(training.weights, last.arrays["final_weights"])
    assert training.to_json()["points"] == 2 * 4 + 3 * 3


def test_the_files_are_those_that_the_readme_lists(finished: Results, tmp_path: Path) -> None:
    exported = export(finished, to=tmp_path)
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert found == set(exported.files)
    readme = (tmp_path / "README.md").read_text()
    named = set(re.findall(r"`([\w/.]+\.\w+)`", readme))
    assert named <= found | {"out.raw"}
    assert f"    {exported.command}\n" in readme
    assert str(tmp_path) not in readme


def test_the_ngspice_netlist_runs_by_itself(finished: Results, tmp_path: Path) -> None:
    exported = export(finished, to=tmp_path)
    plain = in_ngspice(tmp_path / "ngspice", "epoch0.cir")
    assert "v(p2_0)" in plain
    in_ngspice(tmp_path / "ngspice", "-r", "out.raw", "epoch0.cir")
    raw = read_raw(tmp_path / "ngspice" / "out.raw")
    first = finished.epochs(exported.trial)[0]
    nodes = [f"v(w{layer}_{i}_{j})" for layer, i, j in memories()]
    final = [raw.data[raw.names.index(node)][-1] for node in nodes]
    assert final == pytest.approx(first.arrays["final_weights"], abs=1e-6)


@pytest.mark.xyce
def test_the_xyce_netlist_runs_by_itself(finished: Results, tmp_path: Path) -> None:
    export(finished, to=tmp_path)
    program = find("xyce").executable
    done = subprocess.run(
        [str(program), "epoch0.cir"], cwd=tmp_path / "xyce", stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "xyce" / "out.raw").is_file()


def test_both_netlists_include_the_models_beside_them(finished: Results, tmp_path: Path) -> None:
    exported = export(finished, to=tmp_path)
    for program in ("ngspice", "xyce"):
        netlist = (tmp_path / program / "epoch0.cir").read_text()
        assert '.include "../models.spice"' in netlist
        assert netlist.count(".include") == 1
    described = load_design(tmp_path / "design.toml")
    deck = TransientTrainer(Xyce(Path("Xyce"), "7"), pdk.locate()).deck(
        described.plan.epoch_run(described.design, 0)
    )
    assert deck.library is not None
    assert (tmp_path / "models.spice").read_text() == deck.library.text
    assert not any("models" in note for note in exported.notes)


def test_ngspice_reads_the_parameters(tmp_path: Path) -> None:
    design = Design.from_values({"update.scale": (20.0, 3.0)})
    (tmp_path / "design.param").write_text(param_text(design, title="test"))
    (tmp_path / "deck.cir").write_text(
        "* parameters\n.include design.param\n"
        "v1 a 0 {nudge_conductance}\nr1 a 0 1\nv2 b 0 {update_scale_1}\nr2 b 0 1\n"
        ".control\nop\nprint v(a) v(b)\nquit 0\n.endc\n.end\n"
    )
    told = dict(re.findall(r"v\((\w)\) = (\S+)", in_ngspice(tmp_path, "deck.cir")))
    assert {name: float(value) for name, value in told.items()} == {"a": 5e-4, "b": 3.0}


def test_weights_are_the_same_in_both_files(finished: Results, tmp_path: Path) -> None:
    exported = export(finished, to=tmp_path)
    arrays = np.load(tmp_path / "weights.npz")
    assert {name: arrays[name].shape for name in arrays} == {
        "layer0": (3, 2), "layer1": (2, 1), "initial0": (3, 2), "initial1": (2, 1),
    }  # fmt: skip
    with (tmp_path / "weights.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    for row in rows:
        place = int(row["input"]), int(row["output"])
        assert float(row["trained_V"]) == arrays[f"layer{row['layer']}"][place]
        assert float(row["initial_V"]) == arrays[f"initial{row['layer']}"][place]
    last = finished.epochs(exported.trial)[-1].arrays["final_weights"]
    assert np.array_equal(
        np.concatenate([arrays["layer0"].ravel(), arrays["layer1"].ravel()]), last
    )


def test_any_trial_that_has_begun_can_be_exported(stopped: Results) -> None:
    exported = export(stopped, trial=1)
    assert exported.directory == stopped.out / "trial-1"
    assert "running" in exported.notes[0]
    assert "1 of 2 epochs" in (exported.directory / "README.md").read_text()
    assert load_design(exported.directory / "design.toml").name == "tiny trial 1"


@pytest.mark.parametrize(
    ("state", "trial", "words"),
    [
        ("empty", None, "no trial is complete"),
        ("failing", None, "no trial is complete"),
        ("failing", 0, "has no finished epoch"),
        ("finished", 77, "has no trial 77; it has"),
    ],
)
def test_what_cannot_be_exported_is_said_and_nothing_written(
    state: str, trial: int | None, words: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match=words):
        export(request.getfixturevalue(state), trial=trial, to=tmp_path / "to")
    assert not (tmp_path / "to").exists()


def test_a_directory_with_other_things_in_it_is_left_alone(
    finished: Results, tmp_path: Path
) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(ExportError, match="holds other files"):
        export(finished, to=tmp_path)
    with pytest.raises(ExportError, match="is a file"):
        export(finished, to=tmp_path / "thesis.tex")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_exporting_again_replaces_what_was_exported(finished: Results, tmp_path: Path) -> None:
    export(finished, trial=0, to=tmp_path / "to")
    export(finished, trial=1, to=tmp_path / "to")
    assert "trial = 1\n" in (tmp_path / "to" / "design.toml").read_text()


def test_other_models_than_the_studys_are_noted(
    finished: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(pdk.locate().directory, tmp_path / "continuous")
    with (tmp_path / "continuous" / "models_global.spice").open("a") as file:
        file.write("* altered\n")
    other = pdk.locate(tmp_path)
    monkeypatch.setattr(pdk, "locate", lambda _path, **_technology: other)
    notes = export(finished, to=tmp_path / "to").notes
    assert any("not those that the study ran with" in note for note in notes)


def test_a_training_that_fails_ends_with_its_outcome(finished: Results, tmp_path: Path) -> None:
    export(finished, to=tmp_path)
    text = (tmp_path / "design.toml").read_text()
    slow = re.sub('epoch_time_limit = ".*"', 'epoch_time_limit = "1 ms"', text)
    described = parse_design(slow, source="slow.toml")
    trainer = make_trainer("ngspice", pdk.locate(), limits=described.trainer_limits())
    training = simulate(described, trainer)
    document = training.to_json()
    assert (document["outcome"], document["cause"]) == ("timeout", "time_limit")
    assert document["nmse"] is None
    assert document["learning_curve"] == []
    assert document["points"] == 0


def memories() -> list[tuple[int, int, int]]:
    """Layer, input and output of each synapse of the 3-2-1 net, in the order of the weights."""
    return [
        (layer, i, j)
        for layer, (n, m) in enumerate(((3, 2), (2, 1)))
        for i in range(n)
        for j in range(m)
    ]


def in_ngspice(directory: Path, *arguments: str) -> str:
    """What ngspice in batch mode writes, run as a user would."""
    done = subprocess.run(
        ["ngspice", "-b", *arguments], cwd=directory, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
