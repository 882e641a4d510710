# SPDX-License-Identifier: GPL-3.0-or-later
"""An export that is what it says is verified; anything that was changed in it is named."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import pdk
import studies
from circuits.simulators import available
from sweep.app import verify as verifying
from sweep.app.export import Exported, export
from sweep.app.verify import OTHER, SAME, Verification, verify
from sweep.cli import app
from sweep.results.study_results import Results
from sweep.study.study_file import StudyFileError

pytest_plugins = ["tests.sweep.finished"]

BOTH = all(found.problem is None for found in available())


@pytest.fixture(scope="module")
def exported(finished: Results, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export(finished, to=tmp_path_factory.mktemp("export") / "best", cross_check=False)


@pytest.fixture
def copy(exported: Exported, tmp_path: Path) -> Path:
    """An export that may be spoilt."""
    return Path(shutil.copytree(exported.directory, tmp_path / "taken away"))


def edit(path: Path, change: Callable[[str], str]) -> None:
    before = path.read_text()
    after = change(before)
    assert after != before
    path.write_text(after)


def looked_at(directory: Path, **options: Any) -> Verification:
    return verify(directory / "design.toml", cross_check=False, **options)


def told(checked: Verification) -> list[str]:
    return list(map(str, checked.differences))


def test_an_export_is_verified_before_it_says_so(exported: Exported) -> None:
    assert exported.verified
    assert exported.verification is not None
    (repeat,) = exported.verification.repeats
    assert repeat.tolerance == SAME
    assert (repeat.nmse, repeat.nmse_before) == (exported.nmse, exported.nmse_before)
    assert repeat.weights == 0.0
    provenance = tomllib.loads((exported.directory / "design.toml").read_text())["provenance"]
    assert provenance["verified"] is True
    assert provenance["verified_by"] == [repeat.by]
    assert "differences" not in provenance
    assert "Verified: simulated again" in (exported.directory / "README.md").read_text()


def test_without_verification_an_export_does_not_claim_it(
    finished: Results, tmp_path: Path
) -> None:
    unverified = export(finished, to=tmp_path / "to", verify=False)
    assert not unverified.verified
    provenance = tomllib.loads((tmp_path / "to" / "design.toml").read_text())["provenance"]
    assert provenance["verified"] is False
    assert "Not verified" in (tmp_path / "to" / "README.md").read_text()


def test_a_copy_of_an_export_is_verified_elsewhere(copy: Path) -> None:
    checked = verify(copy, cross_check=False)  # the directory will do
    assert checked.ok, told(checked)
    assert checked.notes == ()


def test_an_unfinished_trial_is_verified_over_the_epochs_it_has(
    stopped: Results, tmp_path: Path
) -> None:
    unfinished = export(stopped, trial=1, to=tmp_path / "to", cross_check=False)
    assert unfinished.verified, unfinished.verification


@pytest.mark.parametrize("simulator", ["ngspice", "xyce"])
def test_a_value_changed_in_a_deck_is_named_with_its_line(copy: Path, simulator: str) -> None:
    deck = copy / simulator / "epoch0.cir"
    lines = deck.read_text().splitlines()
    number = next(n for n, line in enumerate(lines, start=1) if line.lower().startswith("rload"))
    resistance = lines[number - 1].split()[-1]
    lines[number - 1] = lines[number - 1].replace(resistance, "1234")
    deck.write_text("\n".join(lines) + "\n")
    checked = looked_at(copy)
    (difference,) = checked.differences
    assert difference.what.startswith(f"{simulator}/epoch0.cir line {number}, ")
    assert (difference.expected, difference.found) == (resistance, "1234")
    assert checked.repeats[0].differences == (), "the design itself is as it was"


def test_a_changed_model_is_named_with_its_parameter(copy: Path) -> None:
    models = copy / "models.spice"
    vth0 = re.search(r"vth0=(\S+)", models.read_text())
    assert vth0 is not None
    line = models.read_text()[: vth0.start()].count("\n") + 1
    edit(models, lambda text: text.replace(vth0[0], "vth0=0.123", 1))
    (difference,) = looked_at(copy).differences
    assert str(difference) == (f"models.spice line {line}, vth0: expected {vth0[1]}, found 0.123")


def test_a_changed_parameter_is_named(copy: Path) -> None:
    edit(
        copy / "design.param",
        lambda text: re.sub(r"(\.param nudge_conductance)=\S+", r"\1=0.25", text),
    )
    (difference,) = looked_at(copy).differences
    assert re.fullmatch(r"design\.param line \d+, nudge_conductance", difference.what)
    assert (difference.expected, difference.found) == ("0.0005", "0.25")


def test_comments_and_blank_lines_do_not_count(copy: Path) -> None:
    edit(copy / "design.param", lambda text: "* from a friend\n\n" + text)
    assert looked_at(copy).ok


def test_a_changed_weight_in_the_table_is_named_with_its_line(copy: Path) -> None:
    table = copy / "weights.csv"
    lines = table.read_text().splitlines()
    lines[3] = lines[3].rpartition(",")[0] + ",0.5"
    table.write_text("\n".join(lines) + "\n")
    (difference,) = looked_at(copy).differences
    assert difference.what == "weights.csv line 4, trained_V"
    assert difference.found == "0.5"


def test_changed_weights_are_named_with_their_place(copy: Path) -> None:
    with np.load(copy / "weights.npz") as file:
        arrays = {name: file[name] for name in file.files}
    trained = arrays["layer0"][1, 0]
    arrays["layer0"][1, 0] += 1e-3
    arrays["initial1"][0, 0] = 0.77
    np.savez(copy / "weights.npz", **arrays)
    found = {entry.what: entry for entry in looked_at(copy).differences}
    assert f"{trained!s} V" in found["weights.npz layer0[1, 0]"].found
    assert found["weights.npz initial1[0, 0]"].found == "0.77 V"
    assert "weights.csv line 4, trained_V" in found, "the table still has the right one"


def test_a_claimed_figure_that_does_not_come_out_is_named(copy: Path) -> None:
    edit(copy / "design.toml", lambda text: re.sub(r"\nnmse = .*", "\nnmse = 0.001", text))
    (difference,) = looked_at(copy).differences
    assert difference.what == "metrics.nmse"
    assert difference.expected == "0.001"
    assert "ngspice" in difference.found


def test_a_claimed_accuracy_is_asked_for_too(copy: Path) -> None:
    """Of the sine there is none, so no simulation gives one."""
    edit(copy / "design.toml", lambda text: re.sub("\nnmse = ", "\naccuracy = 0.9\nnmse = ", text))
    (difference,) = looked_at(copy).differences
    assert (difference.what, difference.expected) == ("metrics.accuracy", "0.9")


def test_a_changed_design_gives_other_figures_and_other_files(copy: Path) -> None:
    edit(
        copy / "design.toml",
        lambda text: re.sub(
            r"(\[design\.load\]\n(?:#.*\n)*conductance) = .*", r'\1 = "150 uS"', text
        ),
    )
    checked = looked_at(copy)
    found = " ".join(told(checked))
    for what in ("design.param line", "ngspice/epoch0.cir line", "metrics.nmse", "weights.npz"):
        assert what in found
    assert "models.spice" not in found


@pytest.mark.parametrize("name", ["weights.npz", "design.param", "xyce/epoch0.cir"])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    assert any(entry.what == name for entry in looked_at(copy).differences)


def test_lines_left_out_are_counted(copy: Path) -> None:
    deck = copy / "ngspice" / "epoch0.cir"
    edit(deck, lambda text: re.sub(r"\nXa1_0.*", "", text, count=1))
    first, count = looked_at(copy).differences
    assert first.what.startswith("ngspice/epoch0.cir line")
    assert int(count.found) == int(count.expected.split()[0]) - 1


def test_a_design_file_alone_is_verified_by_its_figures(copy: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.toml"
    shutil.copy(copy / "design.toml", alone)
    checked = verify(alone, cross_check=False)
    assert checked.ok, told(checked)
    assert "figures alone" in checked.notes[0]


def test_another_version_of_the_simulator_is_asked_for_less(copy: Path) -> None:
    edit(
        copy / "design.toml",
        lambda text: re.sub(r"simulator_version = .*", 'simulator_version = "38"', text),
    )
    (repeat,) = looked_at(copy).repeats
    assert repeat.tolerance == OTHER
    assert repeat.weights == 0.0


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "studies/best/gf180mcu.toml",
        "studies/best/robust.toml",
        "studies/best/one_hidden_short.toml",
        "studies/best/two_hidden_short.toml",
        "studies/best/three_hidden_short.toml",
        "studies/best/one_hidden.toml",
        "studies/best/two_hidden.toml",
        "studies/best/three_hidden.toml",
    ],
)
def test_the_designs_that_come_with_the_program_still_give_their_figures(name: str) -> None:
    checked = verify(Path(studies.__file__).parents[1] / name)
    assert checked.ok, told(checked)


@pytest.mark.xyce
@pytest.mark.skipif(not BOTH, reason="one simulator is not installed")
def test_with_both_simulators_the_other_one_is_asked_too(copy: Path) -> None:
    checked = verify(copy)
    assert {repeat.simulator for repeat in checked.repeats} == {"ngspice", "xyce"}
    assert {repeat.tolerance for repeat in checked.repeats} == {SAME, OTHER}
    assert checked.ok, told(checked)


def test_other_transistor_models_are_said_and_asked_for_less(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(pdk.locate().directory, tmp_path / "continuous")
    with (tmp_path / "continuous" / "models_global.spice").open("a") as file:
        file.write("* altered\n")
    other = pdk.locate(tmp_path)
    monkeypatch.setattr(pdk, "locate", lambda _path, **_technology: other)
    checked = looked_at(copy)
    assert checked.ok, "the transistors are the same, and comments do not count"
    assert checked.repeats[0].tolerance == OTHER
    assert "are not those of the export" in checked.notes[0]


def test_an_older_programs_files_are_said_to_be_that(copy: Path) -> None:
    edit(
        copy / "design.toml",
        lambda text: re.sub(r"exported_by = .*", 'exported_by = "analog-sweep 0.0.1"', text),
    )
    edit(copy / "design.param", lambda text: text.replace("timing_edge=4e-06", "timing_edge=3e-06"))
    assert any("analog-sweep 0.0.1" in note for note in looked_at(copy).notes)


def test_a_training_that_fails_is_a_difference_with_its_words(copy: Path) -> None:
    edit(
        copy / "design.toml",
        lambda text: re.sub(r"epoch_time_limit = .*", 'epoch_time_limit = "1 ms"', text),
    )
    checked = looked_at(copy)
    (difference,) = checked.differences
    assert "timeout (time_limit) in epoch 0" in difference.found
    assert checked.to_json()["repeats"][0]["nmse"] is None


def test_an_export_that_cannot_be_repeated_is_marked_and_says_where(
    finished: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights on disk are those of another training."""
    spoilt = shutil.copytree(finished.out, tmp_path / "out")
    results = Results(spoilt, finished.study_file, finished.manifest, finished.study)
    records = finished.epochs(finished.study.best_trial.number)
    records[-1].arrays["final_weights"][0] += 0.02
    monkeypatch.setattr(Results, "epochs", lambda _self, _number: records)
    try:
        marked = export(results, to=tmp_path / "to", cross_check=False)
    finally:
        records[-1].arrays["final_weights"][0] -= 0.02
    assert not marked.verified
    provenance = tomllib.loads((tmp_path / "to" / "design.toml").read_text())["provenance"]
    assert provenance["verified"] is False
    (difference,) = provenance["differences"]
    assert difference.startswith("weights.npz layer0[0, 0]: expected")
    assert difference in (tmp_path / "to" / "README.md").read_text()


def test_the_export_command_verifies_unless_told_not_to(finished: Results, tmp_path: Path) -> None:
    def ran(*options: str) -> tuple[int, dict[str, Any]]:
        words = ["export", str(finished.out), "--to", str(tmp_path / "to"), "--json", *options]
        said = CliRunner().invoke(app, words)
        return said.exit_code, json.loads(said.stdout)

    code, document = ran("--no-verify")
    assert (code, document["verified"], document["verification"]) == (0, False, None)
    code, document = ran("--no-cross-check")
    assert (code, document["verified"]) == (0, True)
    assert document["verification"]["repeats"][0]["simulator"] == "ngspice"


def test_what_is_no_export_is_refused(tmp_path: Path, copy: Path) -> None:
    text = (copy / "design.toml").read_text()
    bare = tmp_path / "bare.toml"
    bare.write_text(text[: text.index("[provenance]")])
    with pytest.raises(verifying.VerifyError, match="says no figures"):
        verify(bare)
    with pytest.raises(StudyFileError):
        verify(tmp_path / "nothing.toml")


def test_the_command_says_what_differs_and_ends_with_1(copy: Path) -> None:
    run = CliRunner(env={"COLUMNS": "80"})
    design = str(copy / "design.toml")
    said = run.invoke(app, ["verify", design, "--no-cross-check"])
    assert said.exit_code == 0, said.output
    assert "Verified: the same comes out again." in said.stdout
    edit(
        copy / "design.param",
        lambda text: re.sub(r"(\.param nudge_conductance)=\S+", r"\1=0.25", text),
    )
    said = run.invoke(app, ["verify", design, "--no-cross-check"])
    assert said.exit_code == 1
    assert re.search(r"design\.param line \d+, nudge_conductance", said.stdout)
    said = run.invoke(app, ["verify", design, "--no-cross-check", "--json"])
    assert said.exit_code == 1
    document = json.loads(said.stdout)
    assert document["verified"] is False
    assert document["files"][0]["found"] == "0.25"
