# SPDX-License-Identifier: GPL-3.0-or-later
"""Studies that were begun by earlier versions are read, or gone on with.

Their study files are of version 1, in which a design was one flat table: they are read with today's names, and
`sweep migrate` rewrites them before they are gone on with.

`tests/reference/study_schema_1`: two complete trials of three epochs, and one that was stopped after
two of them, simulated with ngspice 39, before there were ladders. `study_schema_2`: a ladder, halted in its fourth
trial, before there was a run cache. `study_schema_3`: two complete trials, the first of which is the original
design, before the data were a part of the fingerprint.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from sweep.app.export import export
from sweep.app.migrate import migrate
from sweep.app.report import find_out
from sweep.app.status import status
from sweep.driver.driver import Settings, StoreError, run_study
from sweep.driver.events import EpochFinished, EpochStarted, Event
from sweep.report import page
from sweep.results.manifest import SCHEMA
from sweep.search.opening import open_results
from sweep.search.renaming import renamed_trial
from sweep.study import parse
from sweep.study.study_file import load_design
from tests.sweep.running import Record, digest, snapshot, tiny

REFERENCE = Path(__file__).parents[1] / "reference"
OLD_LADDER = REFERENCE / "study_schema_2"
OLD = REFERENCE / "study_schema_1"
NAMES = {
    "target_amplitude": "encoding.target_amplitude",
    "multiplicity": "synapse.multiplicity",
    "length_p": "synapse.length_p",
    "length_n": "synapse.length_n",
}
"""What the quantities of these studies were called, and are called now."""

FINGERPRINTS = {
    1: "c79f24a36147acc7d6fc253af4d8c70bbf096eaf3cec9499f665657f0ff50d5c",
    2: "c79f24a36147acc7d6fc253af4d8c70bbf096eaf3cec9499f665657f0ff50d5c",
    4: "5aea0b6a40b44fb102034c0b0e10c6115dfd7322f952a5550f5d172538270675",
}
"""Schema to the fingerprint that the last version with flat designs gave to `tiny()` without junctions."""


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A copy of the old study."""
    return Path(shutil.copytree(OLD, tmp_path / "out"))


def test_it_is_read_as_it_was(out: Path) -> None:
    before = snapshot(out)
    results = open_results(out)
    assert not results.study_file.ladder.declared
    document = status(results).to_json()
    assert (document["complete"], document["running"], document["ladder"]) == (2, 1, [])
    assert document["now"] == {"2": 2}
    for trial in results.study.trials:
        epochs = results.epochs(trial.number)
        assert len(epochs) == len(trial.intermediate_values)
        for record in epochs:
            assert trial.intermediate_values[record.epoch + 1] == record.score.nmse
            assert record.first_key == record.run_key
            assert record.wall_seconds == record.score.seconds
            assert math.isnan(record.simulated_seconds)
    text = page(find_out(results))
    assert "Learning curves" in text
    assert "<h2>Ladder</h2>" not in text
    assert snapshot(out) == before


@pytest.mark.parametrize("schema", [1, 2, 3])
def test_its_parameters_have_todays_names(schema: int, tmp_path: Path) -> None:
    out = Path(shutil.copytree(REFERENCE / f"study_schema_{schema}", tmp_path / "out"))
    before = snapshot(out)
    stored = JournalStorage(JournalFileBackend(str(out / "journal.log")))
    old = optuna.load_study(study_name="tiny", storage=stored)
    results = open_results(out)
    new = results.study
    assert new.metric_names == old.metric_names
    assert new.user_attrs == old.user_attrs
    assert len(new.trials) == len(old.trials)
    for one, other in zip(old.trials, new.trials, strict=True):
        assert one.params.keys() == {"target_amplitude", "multiplicity"}
        assert other.params == {NAMES[name]: value for name, value in one.params.items()}
        assert other.distributions == {NAMES[name]: d for name, d in one.distributions.items()}
        results.study_file.space.design(other.params)
        for same in ("number", "state", "values", "intermediate_values", "datetime_complete"):
            assert getattr(other, same) == getattr(one, same)
        start = one.user_attrs.get("start")
        assert other.user_attrs.get("start") == ("original" if start == "seed" else start)
    assert {trial.user_attrs.get("start") for trial in new.trials} == (
        {None, "original"} if schema == 3 else {None}
    )
    text = page(find_out(results))
    assert "encoding.target_amplitude" in text
    assert '"target_amplitude"' not in text
    assert snapshot(out) == before


def test_what_else_of_a_trial_names_parameters_has_todays_names() -> None:
    trial = optuna.trial.create_trial(
        value=0.5,
        params={"update_rule": "seed", "gain_backward/gain_forward": 0.1},
        distributions={
            "update_rule": CategoricalDistribution(["seed", "product"]),
            "gain_backward/gain_forward": FloatDistribution(0.05, 0.2, log=True),
        },
        user_attrs={
            "start": "seed",
            "moved": ["update_scale[1]"],
            "status": "infeasible",
            "cause": "clamp_low[0]",
            "words": "clamp_low[0] = ...",
        },
        system_attrs={"fixed_params": {"update_rule": "seed", "nudging": "centred"}},
    )
    found = renamed_trial(trial)
    ratio = "amplifier.gain_backward/amplifier.gain_forward"
    assert found.params == {"update.kind": "difference", ratio: 0.1}
    assert found.distributions == {
        "update.kind": CategoricalDistribution(["difference", "product"]),
        ratio: FloatDistribution(0.05, 0.2, log=True),
    }
    assert found.user_attrs == {
        "start": "original",
        "moved": ["update.scale[1]"],
        "status": "infeasible",
        "cause": "amplifier.clamp_low[0]",
        "words": "clamp_low[0] = ...",
    }
    assert found.system_attrs == {
        "fixed_params": {"update.kind": "difference", "nudge.kind": "centred"}
    }


def test_its_trials_can_be_exported(out: Path, tmp_path: Path) -> None:
    results = open_results(out)
    exported = export(results, to=tmp_path / "best")
    assert exported.trial == results.study.best_trial.number
    assert exported.nmse == results.study.best_value
    described = load_design(tmp_path / "best" / "design.toml")
    assert described.design.junctions == "none"
    for name, value in results.study.best_params.items():
        assert described.design.value(name) == value


def test_it_is_not_gone_on_with_where_its_file_means_something_else_now(out: Path) -> None:
    """Since then, the update circuits have noise unless a study file says otherwise."""
    before = snapshot(out)
    described = open_results(out).study_file
    with pytest.raises(
        StoreError, match=r"study file of version 1; `sweep migrate .*` rewrites it"
    ):
        run_study(described, Settings(out=out, resume=True), observer=Record())
    assert snapshot(out) == before
    migrate(out)
    before = snapshot(out)
    with pytest.raises(StoreError, match=r"earlier analog-sweep .* has other values now"):
        run_study(described, Settings(out=out, resume=True), observer=Record())
    assert snapshot(out) == before


def _in_version_1(out: Path, schema: int) -> None:
    """Write study file, journal and manifest of a study anew, as they were when designs were flat."""
    described = (out / "study.toml").read_text().replace("version = 2\n", "version = 1\n")
    if schema < 4:
        described = described.replace('junctions = "none"\n', "")
    journal = (out / "journal.log").read_text()
    for old, new in NAMES.items():
        described = described.replace(f'"{new}"', old).replace(new, old)
        journal = journal.replace(f'"{new}"', f'"{old}"')
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["fingerprint"] in journal
    journal = journal.replace(manifest["fingerprint"], FINGERPRINTS[schema])
    manifest["fingerprint"] = FINGERPRINTS[schema]
    manifest["study_sha256"] = hashlib.sha256(described.encode()).hexdigest()
    if schema < 4:
        del manifest["data"], manifest["plugins"]
    (out / "study.toml").write_text(described)
    (out / "journal.log").write_text(journal)
    (out / "manifest.json").write_text(json.dumps(manifest))


def _as_schema_1(out: Path) -> None:
    """Write the files of a study without a ladder anew, as they were before there were ladders."""
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest.pop("rungs") == []
    (out / "manifest.json").write_text(json.dumps(manifest | {"schema": 1}))
    for path in out.rglob("*.npz"):
        with np.load(path) as archive:
            content = dict(archive)
        told = json.loads(str(content["record"]))
        (score,) = told.pop("scores")
        for name in ("first_key", "rung", "wall_seconds", "simulated_seconds", "cached"):
            del told[name]
        content["record"] = np.array(json.dumps(told | {"schema": 1, "score": score}))
        np.savez(path, **content)


def test_a_study_with_a_ladder_is_read_as_it_was(tmp_path: Path) -> None:
    """Schema 2, before there was a run cache: three trials at the top, one stopped on its way."""
    out = Path(shutil.copytree(OLD_LADDER, tmp_path / "out"))
    before = snapshot(out)
    results = open_results(out)
    assert results.manifest.schema == 2
    document = status(results).to_json()
    assert document["ladder"][0]["reached"] == 4
    assert document["cached"] == 0
    for trial in results.study.trials:
        for record in results.epochs(trial.number):
            assert record.cached == 0
            assert math.isfinite(record.wall_seconds)
    assert "<h2>Ladder</h2>" in page(find_out(results))
    assert snapshot(out) == before


def _as_schema_2(out: Path) -> None:
    """Write the files of a study anew, as they were before there was a run cache."""
    manifest = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps(manifest | {"schema": 2}))
    for path in out.rglob("*.npz"):
        with np.load(path) as archive:
            content = dict(archive)
        told = json.loads(str(content["record"]))
        del told["cached"]
        content["record"] = np.array(json.dumps(told | {"schema": 2}))
        np.savez(path, **content)


@pytest.mark.usefixtures("ray_session")
@pytest.mark.parametrize("schema", [1, 2, 4])
def test_a_study_in_the_old_layout_is_gone_on_with(schema: int, tmp_path: Path) -> None:
    class Halt(BaseException):
        pass

    def halt(event: Event) -> None:
        if isinstance(event, EpochFinished) and (event.trial, event.epoch) == (1, 0):
            raise Halt

    bare = tiny().text.replace("[design]\n", '[design]\njunctions = "none"\n')
    study, out = parse(bare, source="tiny.toml"), tmp_path / "out"
    with pytest.raises(Halt):
        run_study(study, Settings(out=out), observer=Record(halt))
    _in_version_1(out, schema)
    if schema < 4:
        old_file = (
            OLD / "trials" / "00000" / "epoch_000.npz"
            if schema == 1
            else OLD_LADDER / "trials" / "00000" / "transient_seed0" / "epoch_000.npz"
        )
        with np.load(old_file) as archive:
            keys = json.loads(str(archive["record"])).keys()
        (_as_schema_1 if schema == 1 else _as_schema_2)(out)
        for path in out.rglob("*.npz"):
            with np.load(path) as archive:
                assert json.loads(str(archive["record"])).keys() == keys
    with pytest.raises(
        StoreError, match=r"study file of version 1; `sweep migrate .*` rewrites it"
    ):
        run_study(study, Settings(out=out, resume=True), observer=Record())
    found = digest(out)
    migrate(out)
    assert digest(out) == found
    assert not any(
        name in (out / "journal.log").read_text() for name in ('"multiplicity', '"target')
    )
    before = snapshot(out / "trials")

    observer = Record()
    summary = run_study(study, Settings(out=out, resume=True), observer=observer)
    assert (summary.complete, summary.failed) == (3, 0)
    first = observer.of(EpochStarted)[0]
    assert (first.trial, first.epoch) == (1, 1)
    assert before.items() <= snapshot(out / "trials").items()
    run_study(study, Settings(out=tmp_path / "whole"), observer=Record())
    old, new = digest(out), digest(tmp_path / "whole")
    for trial in old + new:
        del trial["simulated"]  # was not kept
    assert old == new
    assert json.loads((out / "manifest.json").read_text())["schema"] == SCHEMA
