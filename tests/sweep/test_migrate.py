# SPDX-License-Identifier: GPL-3.0-or-later
"""`sweep migrate`: study files, design files and directories of version 1 become those of version 2."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial
from typer.testing import CliRunner

from circuits import Design
from sweep.app import migrate as command
from sweep.app.migrate import Migrated, migrate
from sweep.cli import app
from sweep.results.files import DriverLock, Layout, StoreError
from sweep.results.manifest import SCHEMA, Manifest, read_manifest
from sweep.search.opening import open_results
from sweep.search.renaming import renamed_trial, write_journal
from sweep.study.migrate import migrated
from sweep.study.old_fingerprint import old_description
from sweep.study.study_file import StudyFileError, load_design, parse
from tests.sweep.running import digest, snapshot
from tests.sweep.study_texts import DESIGN, STUDY

REFERENCE = Path(__file__).parents[1] / "reference"
SCHEMAS = {number: REFERENCE / f"study_schema_{number}" for number in (1, 2, 3)}

OLD = """\
# What is searched: a biasing of the sine.

version = 1               # of the format
name = "old"

[network]
layers = [3, 8, 1]

[task]
name = "sine"
points = 4
held_out = 4

[training]
epochs = 2

[design]                  # the circuit
# wider in the second layer
width_n = ["0.5 um", "1 um"]
amplifier = "linear"      # with clamps
edge = "2 us"
# of another write switch than this one has
write_width = "1 um"
nudging = "centred"
junctions = "none"

# the space
[space]
nudge_conductance = { low = "50 uS", high = "5 mS", log = true }   # beta
"update_scale[1]" = { low = "1 1/V", high = "300 1/V", log = true }
gain_backward = { ratio_of = "gain_forward", low = 0.1, high = 1.0, log = true }
guard = { tie = "edge" }
update_rule = { choices = ["seed", "product"] }

[search]
trials = 20
start = ["seed"]          # the first trial
"""
NEW = """\
# What is searched: a biasing of the sine.

version = 2               # of the format
name = "old"

[network]
layers = [3, 8, 1]

[task]
name = "sine"
points = 4
held_out = 4

[training]
epochs = 2

[design]                  # the circuit
junctions = "none"

[design.synapse]
# wider in the second layer
width_n = ["0.5 um", "1 um"]

[design.amplifier]
kind = "clamped"      # with clamps

[design.nudge]
kind = "centred"

[design.timing]
edge = "2 us"

# the space

[space]
"nudge.conductance" = { low = "50 uS", high = "5 mS", log = true }   # beta
"update.scale[1]" = { low = "1 1/V", high = "300 1/V", log = true }
"amplifier.gain_backward" = { ratio_of = "amplifier.gain_forward", low = 0.1, high = 1.0, log = true }
"timing.guard" = { tie = "timing.edge" }
"update.kind" = { choices = ["difference", "product"] }

[search]
trials = 20
start = ["original"]          # the first trial
"""
DESCRIPTION = "b8e7b3277f95b5df3633daba5395a1c58fd9851796fbb8e790d940018ed3e82b"
"""The fingerprint of `OLD`, without its data, in the last version that read such files."""

OLD_DESIGN = """\
version = 1
name = "best"
[network]
layers = [3, 8, 1]
[task]
name = "sine"
[design]
flavour = "01v8_lvt"
length_p = "0.35 um"
amplifier_bandwidth = "inf Hz"
# of the layers
update_scale = ["20 1/V", "3/V"]
[provenance]
study = "old"
[metrics]
nmse = 0.05
"""


@dataclass(frozen=True)
class Said:
    """How `sweep migrate` ended and what it wrote."""

    code: int
    out: str
    err: str


def sweep(*arguments: object) -> Said:
    """Run a command, 80 columns wide."""
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, [str(word) for word in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)


def old_directory(schema: int, to: Path) -> Path:
    """A copy of a study that an earlier version has left."""
    return Path(shutil.copytree(SCHEMAS[schema], to / "out"))


def beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.version1")


def test_a_study_file_keeps_its_comments_and_means_the_same(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(OLD)
    assert migrate(path) == Migrated((path,), (beside(path),))
    assert path.read_text() == NEW
    assert beside(path).read_text() == OLD
    study = parse(NEW, source="study.toml")
    assert old_description(study, OLD) == DESCRIPTION
    assert sorted(file.name for file in tmp_path.iterdir()) == ["study.toml", "study.toml.version1"]


def test_a_tie_to_what_belongs_to_a_layer_now_names_its_first_layer() -> None:
    text = """\
version = 1
name = "tied"
network = { layers = [3, 2, 1] }
task = { name = "sine" }
[space]
update_offset = { low = "1 mV", high = "5 mV" }
read_noise = { tie = "update_offset" }
gain_forward = { low = 2.0, high = 3.0 }
gain_backward = { tie = "gain_forward" }
"""
    space = parse(migrated(text), source="study.toml").space
    design = space.design({"update.offset": 2e-3, "amplifier.gain_forward": 2.5})
    assert design.sampling.noise == 2e-3
    assert design.value("amplifier.gain_backward", 1) == 2.5


def test_a_file_of_windows_is_rewritten_too(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    content = b"\xef\xbb\xbf" + OLD.replace("\n", "\r\n").encode()
    path.write_bytes(content)
    migrate(path)
    assert parse(path.read_text(), source="s").description == parse(NEW, source="s").description
    assert beside(path).read_bytes() == content


@pytest.mark.parametrize("text", [STUDY, DESIGN, NEW])
def test_a_file_of_version_2_stays_byte_for_byte(text: str, tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    before = snapshot(tmp_path)
    assert migrate(path) == Migrated()
    assert "nothing was changed" in sweep("migrate", path).out
    assert snapshot(tmp_path) == before


def test_a_design_file_is_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "design.toml"
    path.write_text(OLD_DESIGN)
    migrate(path)
    assert "# of the layers\nscale = " in path.read_text()
    design = load_design(path).design
    assert design == Design.from_values(
        {
            "synapse.flavour": "01v8_lvt",
            "synapse.length_p": 0.35e-6,
            "update.scale": [20.0, 3.0],
            "junctions": "none",  # an export of that time had none
        }
    )


def test_a_second_call_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(OLD)
    migrate(path)
    before = snapshot(tmp_path)
    assert migrate(path) == Migrated()
    assert snapshot(tmp_path) == before


def test_another_file_that_was_kept_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(OLD)
    beside(path).write_text("precious")
    with pytest.raises(StoreError, match=r"study\.toml\.version1 is there already, .*move it away"):
        migrate(path)
    assert (path.read_text(), beside(path).read_text()) == (OLD, "precious")
    beside(path).write_text(OLD)  # as a call leaves it that was killed before it wrote the file
    migrate(path)
    assert path.read_text() == NEW


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_directory_of_an_old_schema_is_rewritten(schema: int, tmp_path: Path) -> None:
    out = old_directory(schema, tmp_path)
    layout = Layout(out)
    files = (layout.journal, layout.study_file, layout.manifest)
    contents = [path.read_bytes() for path in files]
    trials, was = snapshot(out / "trials"), digest(out)
    read = open_results(out)
    found = migrate(out)
    assert found.written == files
    assert found.kept == tuple(map(beside, files))
    assert [beside(path).read_bytes() for path in files] == contents
    assert snapshot(out / "trials") == trials
    assert digest(out) == was
    results = open_results(out)
    assert "version = 2" in results.study_file.text
    assert "\nlength_p" in results.study_file.text.partition("[design.synapse]")[2]
    assert results.study_file.fixed["junctions"] == "none"
    assert results.manifest.schema == SCHEMA
    assert results.study.metric_names == read.study.metric_names
    for new, old in zip(results.study.trials, read.study.trials, strict=True):
        assert set(new.params) == {"encoding.target_amplitude", "synapse.multiplicity"}
        assert (new.user_attrs, new.datetime_start) == (old.user_attrs, old.datetime_start)
    assert sweep("status", out).code == 0
    assert sweep("report", out, "--to", tmp_path / "report.html", "--pages", 1).code == 0
    assert migrate(out) == Migrated()


@pytest.mark.usefixtures("ray_session")
@pytest.mark.parametrize(("schema", "trials"), [(2, 6), (3, 3)])
def test_a_rewritten_directory_is_gone_on_with(schema: int, trials: int, tmp_path: Path) -> None:
    out = old_directory(schema, tmp_path)
    study = out / "study.toml"
    said = sweep("run", study, "--out", out, "--resume")
    assert said.code == 2
    assert "sweep migrate" in said.err
    before = digest(out)
    found = migrate(out)
    assert found.notes == ()
    said = sweep("run", study, "--out", out, "--resume", "--trials", trials, "--json")
    assert said.code == 0, said.err
    summary = json.loads(said.out.splitlines()[-1])["summary"]
    assert summary["complete"] + summary["pruned"] == trials
    after = digest(out)
    done = [number for number, trial in enumerate(before) if trial["state"] == "COMPLETE"]
    assert done
    assert [after[number] for number in done] == [before[number] for number in done]


@pytest.mark.usefixtures("ray_session")
def test_what_meant_something_else_is_rewritten_but_not_gone_on_with(tmp_path: Path) -> None:
    """Since then, the update circuits have noise unless a study file says otherwise."""
    out = old_directory(1, tmp_path)
    said = sweep("migrate", out)
    assert said.code == 0
    assert "meant something else" in " ".join(said.out.split())
    said = sweep("run", out / "study.toml", "--out", out, "--resume")
    assert said.code == 2
    assert "has other values now" in said.err


class Killed(BaseException):
    """The end of the process."""


WRITES = 6
"""Three files that are kept, and three that are new."""


def kill(patch: pytest.MonkeyPatch, nth: int, *, after: bool) -> None:
    """Have `migrate` end at one of its writes, before or after it."""
    count = 0

    def deadly(original: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any) -> Any:
            nonlocal count
            number, count = count, count + 1
            if number == nth and not after:
                raise Killed
            original(*arguments)
            if number == nth:
                raise Killed

        return wrapped

    patch.setattr(command, "write_whole", deadly(command.write_whole))
    patch.setattr(command, "write_journal", deadly(command.write_journal))
    patch.setattr(Manifest, "write", deadly(Manifest.write))


@pytest.mark.parametrize("nth", range(WRITES))
@pytest.mark.parametrize("after", [False, True])
def test_what_a_kill_leaves_is_finished_by_a_second_call(
    nth: int, after: bool, tmp_path: Path
) -> None:
    (tmp_path / "whole").mkdir()
    whole = old_directory(2, tmp_path / "whole")
    migrate(whole)
    out = old_directory(2, tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        kill(patch, nth, after=after)
        with pytest.raises(Killed):
            migrate(out)
    last = nth == WRITES - 1 and after
    if (nth, after) in {(4, True), (5, False)}:  # the study file is new, the manifest is not
        with pytest.raises(StoreError, match=r"run `sweep migrate .*` again, which finishes it"):
            open_results(out)
    assert bool(migrate(out).written) != last
    assert {path.name for path in out.iterdir()} == {path.name for path in whole.iterdir()}
    for name in ("study.toml", "manifest.json"):
        assert (out / name).read_bytes() == (whole / name).read_bytes()
    assert digest(out) == digest(whole)
    assert open_results(out).study.user_attrs == open_results(whole).study.user_attrs
    for name in ("journal.log", "study.toml", "manifest.json"):
        assert beside(out / name).read_bytes() == (SCHEMAS[2] / name).read_bytes()


def test_trials_that_an_earlier_version_added_after_a_kill_are_kept(tmp_path: Path) -> None:
    out = old_directory(2, tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        kill(patch, 2, after=True)
        with pytest.raises(Killed):
            migrate(out)
    journal = out / "journal.log"
    attribute = {"op_code": 2, "worker_id": "other", "study_id": 0, "user_attr": {"asked": 77}}
    with journal.open("a") as file:
        file.write(json.dumps(attribute) + "\n")
    content = journal.read_bytes()
    migrate(out)
    assert beside(journal).read_bytes() == content
    assert open_results(out).study.user_attrs["asked"] == 77


def test_queued_and_infeasible_trials_are_renamed_whatever_they_hold() -> None:
    queued = create_trial(
        state=TrialState.WAITING,
        user_attrs={"start": "seed", "moved": ["gain_backward/gain_forward"]},
        system_attrs={"fixed_params": {"update_rule": "seed", "update_scale[1]": 3.0}, "other": 1},
    )
    renamed = renamed_trial(queued)
    names = {"update.kind": "difference", "update.scale[1]": 3.0}
    assert renamed.system_attrs == {"fixed_params": names, "other": 1}
    assert renamed.user_attrs == {
        "start": "original",
        "moved": ["amplifier.gain_backward/amplifier.gain_forward"],
    }
    choices = CategoricalDistribution(["seed", "product"])
    failed = create_trial(
        state=TrialState.FAIL,
        params={"update_rule": "product", "length_p": 0.15e-6},
        distributions={"update_rule": choices, "length_p": FloatDistribution(1e-7, 1e-6)},
        user_attrs={"status": "infeasible", "cause": "length_p"},
    )
    for _ in range(2):  # a second time changes nothing
        failed = renamed_trial(failed)
        assert failed.params == {"update.kind": "product", "synapse.length_p": 0.15e-6}
        assert failed.distributions["update.kind"] == CategoricalDistribution(
            ["difference", "product"]
        )
        assert failed.user_attrs["cause"] == "synapse.length_p"


def test_a_journal_holds_trials_in_every_state(tmp_path: Path) -> None:
    study = optuna.create_study(study_name="tiny", directions=["minimize", "maximize"])
    distributions = {"x": FloatDistribution(0.0, 1.0)}
    for state in TrialState:
        values = [1.0, 2.0] if state is TrialState.COMPLETE else None
        study.add_trial(
            create_trial(state=state, values=values, params={"x": 0.5}, distributions=distributions)
        )
    path = tmp_path / "journal.log"
    write_journal(study, path, {"fingerprint": "new"})
    backend = optuna.storages.journal.JournalFileBackend(str(path))
    storage = optuna.storages.JournalStorage(backend)
    copy = optuna.load_study(study_name="tiny", storage=storage)
    assert copy.directions == study.directions
    assert copy.user_attrs == {"fingerprint": "new"}
    for new, old in zip(copy.trials, study.trials, strict=True):
        assert (new.state, new.params, new.values) == (old.state, old.params, old.values)
        assert (new.datetime_start, new.datetime_complete) == (
            old.datetime_start,
            old.datetime_complete,
        )
    assert [file.name for file in tmp_path.iterdir()] == ["journal.log"]


def test_a_directory_whose_trials_are_in_a_database_is_left_alone(tmp_path: Path) -> None:
    out = old_directory(2, tmp_path)
    content = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps(content | {"storage": "sqlite:////a/b.db"}))
    before = snapshot(out)
    said = sweep("migrate", out)
    assert said.code == 2
    assert f"The trials of {out} are in sqlite:////a/b.db" in said.err
    assert snapshot(out) == before


def test_a_directory_in_which_a_driver_works_is_left_alone(tmp_path: Path) -> None:
    out = old_directory(2, tmp_path)
    with DriverLock(Layout(out)):
        before = snapshot(out)
        with pytest.raises(StoreError, match="Another driver"):
            migrate(out)
        assert snapshot(out) == before


def test_an_altered_study_file_is_not_rewritten(tmp_path: Path) -> None:
    out = old_directory(2, tmp_path)
    (out / "study.toml").write_text((out / "study.toml").read_text() + "# altered\n")
    before = snapshot(out)
    with pytest.raises(StoreError, match="was altered"):
        migrate(out)
    assert snapshot(out) == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file or directory: allowed is a study file, a design file or a directory"),
        (b"version = = 1", "(at line 1, column 11): allowed is a text in TOML"),
        (b"name = 'x'", "version is missing: allowed is 1 or 2"),
        (b"version = 3", "version = 3: allowed is 1 or 2"),
        (b"version = true", "version = True: allowed is 1 or 2"),
        (OLD.encode("utf-16"), "it is text in UTF-16"),
    ],
)
def test_what_is_no_such_file_is_said_and_stays(
    content: bytes | None, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "study.toml"
    if content is not None:
        path.write_bytes(content)
    before = snapshot(tmp_path)
    said = sweep("migrate", path)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert said.err.startswith(f"{path}: ")
    assert words in said.err
    error = json.loads(sweep("migrate", path, "--json").err)["error"]
    assert error["kind"] == StudyFileError.__name__
    assert snapshot(tmp_path) == before


def test_a_directory_without_a_study_is_said(tmp_path: Path) -> None:
    said = sweep("migrate", tmp_path)
    assert said.code == 2
    assert "holds no study" in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("schema", [0, 1, 2])
def test_words_fit_into_80_columns_and_json_has_all_files(schema: int, tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    if schema:
        path = old_directory(schema, tmp_path)
    else:
        path.write_text(OLD)
    shutil.copytree(tmp_path, tmp_path.with_name(f"{tmp_path.name}_json"))
    said = sweep("migrate", path)
    assert max(len(line.rstrip()) for line in said.out.splitlines()) <= 80
    assert ".version1" in "".join(said.out.split())
    again = sweep("migrate", path)
    assert "nothing was changed" in " ".join(again.out.split())
    other = tmp_path.with_name(f"{tmp_path.name}_json") / path.name
    document = json.loads(sweep("migrate", other, "--json").out)
    names = ["journal.log", "study.toml", "manifest.json"] if schema else ["study.toml"]
    places = [other / name for name in names] if schema else [other]
    assert document["written"] == list(map(str, places))
    assert document["kept"] == list(map(str, map(beside, places)))
    assert len(document["notes"]) == (schema == 1)
    nothing = {"written": [], "kept": [], "notes": []}
    assert json.loads(sweep("migrate", other, "--json").out) == nothing


def test_the_manifest_says_what_the_new_file_is(tmp_path: Path) -> None:
    out = old_directory(3, tmp_path)
    old = read_manifest(Layout(out))
    migrate(out)
    new = read_manifest(Layout(out))
    described = open_results(out).study_file
    assert new.fingerprint in {described.fingerprint, described.description}
    assert open_results(out).study.user_attrs["fingerprint"] == new.fingerprint
    text = (out / "study.toml").read_bytes()
    assert new.study_sha256 == hashlib.sha256(text).hexdigest()
    assert (new.created, new.resumed, new.seeds) == (old.created, old.resumed, old.seeds)
