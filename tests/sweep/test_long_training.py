# SPDX-License-Identifier: GPL-3.0-or-later
"""A long training keeps enough of its epochs that its page needs no second one."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sweep.app.examination as app
from objectives.trainability import LayerTrainability, Trainability
from sweep.app._training_history import quasistatic, training_history
from sweep.driver import driver
from sweep.results.files import write_whole
from sweep.results.kept_epochs import MOST_KEPT, KeptEpochs, chosen_epochs
from sweep.results.overview import overview
from sweep.results.study_results import Layout
from sweep.results.trial_examination import TrainingHistory, TrialExamination, Waves
from sweep.search.opening import OpenedResults, open_results
from tests.in_this_process import InThisProcess
from tests.sweep.running import Record, tiny

EPOCHS = 70
IN_ONE_GO = """\
[[ladder.rungs]]
kind = "training"
simulator = "quasistatic"
"""
OF = {"run_key": "0123", "epochs": 3}


@given(st.integers(1, 50_000), st.integers(2, 100))
def test_the_epochs_that_are_kept_are_evenly_spread_over_the_orders_of_magnitude(
    total: int, most: int
) -> None:
    chosen = chosen_epochs(total, most)
    assert len(chosen) == min(total, most)
    assert (chosen[0], chosen[-1]) == (1, total) or total == 1
    quotient = total ** (1.0 / (most - 1))
    for before, after in itertools.pairwise(chosen):
        assert 1 <= after - before <= max(1.0, quotient * (before + 0.5) + 0.5 - before)


def history(**changes: object) -> TrainingHistory:
    generator = np.random.default_rng(0)
    layer = {each.name: 0.5 for each in dataclasses.fields(LayerTrainability)}
    layers = (LayerTrainability(**{**layer, "signal_to_noise": float("inf")}),)
    found = Trainability(layers=layers, points=8, error=0.1, noiseless=True, outside=0, rescued=1)
    return dataclasses.replace(
        TrainingHistory(
            seed=3, epochs=(0, 3), held_out=tuple(generator.normal(size=(2, 4, 1))),
            weights=tuple(generator.normal(size=(2, 5))), within=generator.normal(size=(8, 5)),
            within_epoch=0, examined=((0, found), (3, found)), notes=("One note.",),
        ),
        **changes,
    )  # fmt: skip


@pytest.mark.parametrize(
    "waves",
    [
        None,
        Waves(np.arange(3.0), {"output": {"output 0": np.ones(3)}, "weight": {"a": np.zeros(3)}},
              1e-6, ("free", "nudged", "update"), 2, "ngspice 39"),
    ],
)  # fmt: skip
def test_an_examination_is_read_as_it_was_written(waves: Waves | None, tmp_path: Path) -> None:
    written = TrialExamination(history(), waves)
    written.write(tmp_path / "page.npz", OF)
    assert repr(TrialExamination.read(tmp_path / "page.npz", OF)) == repr(written)


def test_an_examination_of_other_epochs_or_a_damaged_one_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "page.npz"
    assert TrialExamination.read(path, OF) is None
    TrialExamination(history()).write(path, OF)
    assert TrialExamination.read(path, OF | {"epochs": 4}) is None
    write_whole(path, path.read_bytes()[:-200])
    assert TrialExamination.read(path, OF) is None


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> OpenedResults:
    """One quasi-static trial with more epochs than are kept."""
    out = tmp_path_factory.mktemp("long") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver, "RayExecutor", InThisProcess)
        study = tiny(trials=1, epochs=EPOCHS, execution=IN_ONE_GO)
        driver.run_study(study, driver.Settings(out=out), observer=Record())
    return open_results(out)


def test_its_history_comes_out_of_its_file(trained: OpenedResults) -> None:
    (trial,) = overview(trained).trials
    design = trained.study_file.space.design(trial.parameters)
    shown = training_history(trained, trial.number, design, "there is no simulator")
    assert shown is not None
    assert shown.epochs == (0, *chosen_epochs(EPOCHS))
    assert len(shown.epochs) == MOST_KEPT + 1
    assert [note for note in shown.notes if "trained again" in note] == []
    (record,) = trained.epochs(trial.number)
    assert record.epoch == EPOCHS - 1
    assert np.array_equal(shown.held_out[-1], record.arrays["held_out"])
    assert np.array_equal(shown.weights[-1], record.arrays["final_weights"])
    assert shown.within_epoch == 0
    assert shown.within.shape == (4, len(shown.weights[0]))


def test_one_of_an_earlier_version_is_trained_again_to_the_same_history(
    trained: OpenedResults, monkeypatch: pytest.MonkeyPatch
) -> None:
    (trial,) = overview(trained).trials
    design = trained.study_file.space.design(trial.parameters)
    trainer = quasistatic(trained)
    shown = training_history(trained, trial.number, design, trainer)
    monkeypatch.setattr(KeptEpochs, "from_arrays", lambda _: None)
    again = training_history(trained, trial.number, design, trainer)
    assert shown is not None
    assert again is not None
    assert again.notes == shown.notes == ()
    assert again.epochs == shown.epochs
    for one, other in zip(again.weights, shown.weights, strict=True):
        assert np.allclose(one, other, atol=1e-9)
    assert np.allclose(again.within, shown.within, atol=1e-9)
    assert [epoch for epoch, _ in again.examined] == [epoch for epoch, _ in shown.examined]


def test_what_a_page_needs_is_computed_once(
    trained: OpenedResults, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials = overview(trained).trials
    path = Layout(trained.out).page(trials[0].number)
    first = app.examinations(trained, trials, keep=False)
    assert not path.exists()
    app.examinations(trained, trials, keep=True)
    assert path.exists()

    def refuse(*_: object) -> None:
        pytest.fail("computed a second time")

    monkeypatch.setattr(app, "training_history", refuse)
    assert repr(app.examinations(trained, trials, keep=True)) == repr(first)
