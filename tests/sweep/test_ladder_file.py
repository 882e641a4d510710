# SPDX-License-Identifier: GPL-3.0-or-later
"""The table `[ladder]` says what a trial climbs, or what is wrong with it: file, key, what to do."""

from __future__ import annotations

from typing import Any

import pytest

from sweep.study.ladder import DeviceRung, GradientRung, TrainingRung
from sweep.study.study_file import StudyFileError, parse, parse_design
from tests.sweep.study_texts import DESIGN, LADDER, STUDY, tables, toml

DEVICE = {"kind": "device"}
FAST = {"kind": "training", "simulator": "quasistatic"}
SLOW = {"kind": "training", "simulator": "transient"}
GRADIENT = {"kind": "gradient"}


def study_with(ladder: object) -> str:
    return toml({**tables(), "ladder": ladder})


def rungs_of(*rungs: dict[str, Any]) -> tuple[DeviceRung | GradientRung | TrainingRung, ...]:
    return parse(study_with({"rungs": list(rungs)}), source="study.toml").ladder.rungs


def test_a_table_becomes_a_ladder() -> None:
    study = parse(STUDY + LADDER, source="study.toml")
    assert study.ladder.declared
    assert study.ladder.rungs == (
        DeviceRung(points=4),
        GradientRung(points=8, reduction_factor=3),
        TrainingRung(
            simulator="quasistatic", epochs=2, weight_seeds=(7, 8, 9), aggregate="median",
            reduction_factor=3, require=0.9,
        ),
        TrainingRung(simulator="transient", epochs=1, weight_seeds=(7,), reduction_factor=2),
        TrainingRung(simulator="transient", epochs=2, weight_seeds=(5, 6), reduction_factor=3),
    )  # fmt: skip
    assert study.ladder.top.plan(study.plan, 6).weight_seed == 6
    assert study.ladder.top.plan(study.plan, 6).task == study.plan.task


def test_without_the_table_the_one_rung_is_the_training() -> None:
    study = parse(STUDY, source="study.toml")
    assert not study.ladder.declared
    assert study.ladder.rungs == (TrainingRung(simulator="ngspice", epochs=2, weight_seeds=(7,)),)
    assert study.ladder.training(0, 7) == ""
    assert (study.ladder.first_step(0), study.ladder.last_step(0)) == (0, 2)


def test_what_a_rung_leaves_out_is_as_in_the_training() -> None:
    (fast, slow) = rungs_of(FAST, {**SLOW, "epochs": 9})
    assert fast == TrainingRung(simulator="quasistatic", epochs=2, weight_seeds=(7,))
    assert isinstance(slow, TrainingRung)
    assert (slow.epochs, slow.reduction_factor, slow.require) == (9, 4, None)


def test_a_rung_of_a_stride_takes_so_many_epochs_less_and_has_trainings_of_its_own() -> None:
    study = parse(
        study_with({"rungs": [{**FAST, "stride": 8, "epochs": 1}, {**FAST, "stride": 2}, FAST]}),
        source="study.toml",
    )
    ladder = study.ladder
    (large, middle, small) = ladder.rungs
    assert isinstance(large, TrainingRung)
    assert isinstance(middle, TrainingRung)
    assert (large.epochs, large.stride, middle.epochs, middle.stride) == (1, 8, 1, 2)
    assert small == TrainingRung(simulator="quasistatic", epochs=2, weight_seeds=(7,))
    assert large.plan(study.plan, 7).stride == 8
    assert large.label == "quasistatic, 1 epoch of stride 8"
    assert [ladder.training(index, 7) for index in range(3)] == [
        "quasistatic_seed7_stride8",
        "quasistatic_seed7_stride2",
        "quasistatic_seed7",
    ]


def test_rungs_have_the_stride_of_the_training_and_its_length_in_their_own() -> None:
    content = tables()
    content["training"] |= {"epochs": 7, "stride": 6}
    text = toml({**content, "ladder": {"rungs": [{**FAST, "stride": 10}, FAST]}})
    study = parse(text, source="study.toml")
    (large, same) = study.ladder.rungs
    assert isinstance(large, TrainingRung)
    assert isinstance(same, TrainingRung)
    assert (large.epochs, large.stride) == (5, 10)
    assert (same.epochs, same.stride) == (7, 6)
    without = parse(toml(content), source="study.toml")
    assert without.ladder.top.plan(without.plan, 7).stride == without.plan.stride == 6


def test_a_gradient_rung_looks_at_so_many_points() -> None:
    (default, chosen, _) = rungs_of(
        GRADIENT, {**GRADIENT, "points": 3, "require": 1, "reduction_factor": 2}, SLOW
    )
    assert default == GradientRung(points=16, reduction_factor=4, require=None)
    assert chosen == GradientRung(points=3, reduction_factor=2, require=1.0)


def test_rungs_have_steps_that_follow_one_another_and_trainings_in_common() -> None:
    ladder = parse(STUDY + LADDER, source="study.toml").ladder
    assert [ladder.first_step(index) for index in range(5)] == [0, 1, 2, 4, 5]
    assert [ladder.last_step(index) for index in range(5)] == [1, 2, 4, 5, 7]
    assert ladder.training(2, 7) == "quasistatic_seed7"
    assert ladder.training(3, 7) == ladder.training(4, 7) == "transient_seed7"
    assert [ladder.in_one_go(index) for index in range(5)] == [True] * 3 + [False] * 2


@pytest.mark.parametrize(
    ("aggregate", "value", "of_what_is_maximised"),
    [("mean", 3.0, 3.0), ("median", 2.0, 2.0), ("worst", 6.0, 1.0)],
)
def test_seeds_are_combined_as_asked(
    aggregate: str, value: float, of_what_is_maximised: float
) -> None:
    (rung,) = rungs_of({**SLOW, "seeds": 3, "aggregate": aggregate})
    assert isinstance(rung, TrainingRung)
    assert rung.combined([1.0, 2.0, 6.0]) == value
    assert rung.combined([1.0, 2.0, 6.0], maximise=True) == of_what_is_maximised


@pytest.mark.parametrize(
    ("ladder", "key", "words"),
    [
        (3, "ladder", "a table"),
        ({}, "ladder.rungs", "is missing: allowed is a list of rungs"),
        ({"rungs": []}, "ladder.rungs", "at least 1 entries"),
        ({"rungs": {}}, "ladder.rungs", "a list"),
        ({"rungs": [3]}, "ladder.rungs[0]", "a table with the kind of a rung"),
        ({"rungs": [{}]}, "ladder.rungs[0].kind", "is missing: allowed is one of 'device'"),
        (
            {"rungs": [{"kind": 3}]},
            "ladder.rungs[0].kind",
            "one of 'device', 'gradient', 'training'",
        ),
        ({"rungs": [FAST, GRADIENT, SLOW]}, "ladder.rungs[1].kind", "put it before them"),
        ({"rungs": [GRADIENT, DEVICE, SLOW]}, "ladder.rungs[1].kind", "put it first, once"),
        ({"rungs": [{**GRADIENT, "require": 3}, SLOW]}, "ladder.rungs[0].require", "from 0 to 2"),
        ({"rungs": [{**GRADIENT, "epochs": 3}, SLOW]}, "ladder.rungs[0].epochs", "kind, points"),
        ({"rungs": [{"kind": "devise"}]}, "ladder.rungs[0].kind", "did you mean 'device'?"),
        ({"rungs": [SLOW], "rungz": []}, "ladder.rungz", "did you mean 'rungs'?"),
        ({"rungs": [SLOW], "reduction_factor": 0}, "ladder.reduction_factor", "from 1 to 1000"),
        ({"rungs": [{"kind": "training"}]}, "ladder.rungs[0].simulator", "is missing"),
        ({"rungs": [{**SLOW, "simulator": "spice"}]}, "ladder.rungs[0].simulator", "'quasistatic'"),
        ({"rungs": [{**SLOW, "simulator": "auto"}]}, "ladder.rungs[0].simulator", "'transient'"),
        ({"rungs": [{**SLOW, "epohcs": 3}]}, "ladder.rungs[0].epohcs", "did you mean 'epochs'?"),
        ({"rungs": [{**SLOW, "epochs": 0}]}, "ladder.rungs[0].epochs", "nearest legal value is 1"),
        ({"rungs": [{**SLOW, "epochs": "many"}]}, "ladder.rungs[0].epochs", "whole number"),
        ({"rungs": [{**SLOW, "stride": 0}]}, "ladder.rungs[0].stride", "from 1 to 1000"),
        ({"rungs": [{**SLOW, "seeds": 0}]}, "ladder.rungs[0].seeds", "from 1 to 1000"),
        ({"rungs": [{**SLOW, "weight_seeds": 3}]}, "ladder.rungs[0].weight_seeds", "a list"),
        ({"rungs": [{**SLOW, "weight_seeds": []}]}, "ladder.rungs[0].weight_seeds", "at least 1"),
        (
            {"rungs": [{**SLOW, "weight_seeds": [0, -1]}]},
            "ladder.rungs[0].weight_seeds[1]",
            "from 0 to",
        ),
        (
            {"rungs": [{**SLOW, "weight_seeds": [4, 2, 4]}]},
            "ladder.rungs[0].weight_seeds[2]",
            "each seed once",
        ),
        (
            {"rungs": [{**SLOW, "weight_seeds": [4], "seeds": 1}]},
            "ladder.rungs[0].seeds",
            "weight_seeds or seeds, not both",
        ),
        (
            {"rungs": [{**SLOW, "aggregate": "best"}]},
            "ladder.rungs[0].aggregate",
            "'mean', 'median', 'worst', 'cvar' or 'yield'",
        ),
        ({"rungs": [{**DEVICE, "points": 0}, SLOW]}, "ladder.rungs[0].points", "from 1 to"),
        ({"rungs": [{**DEVICE, "epochs": 1}, SLOW]}, "ladder.rungs[0].epochs", "kind, points"),
        ({"rungs": [{**FAST, "require": -1}, SLOW]}, "ladder.rungs[0].require", "nearest legal"),
        ({"rungs": [{**FAST, "require": "half"}, SLOW]}, "ladder.rungs[0].require", "number"),
        ({"rungs": [DEVICE]}, "ladder.rungs[0].kind", "'training' for the last rung"),
        ({"rungs": [DEVICE, DEVICE, SLOW]}, "ladder.rungs[1].kind", "put it first, once"),
        ({"rungs": [FAST, DEVICE, SLOW]}, "ladder.rungs[1].kind", "put it first, once"),
        ({"rungs": [GRADIENT]}, "ladder.rungs[0].kind", "'training' for the last rung"),
        ({"rungs": [{**GRADIENT, "require": 3.0}, SLOW]}, "ladder.rungs[0].require", "nearest"),
        ({"rungs": [{**FAST, "trained": "top"}, SLOW]}, "ladder.rungs[0].trained", "'lower'"),
        ({"rungs": [SLOW, FAST]}, "ladder.rungs[1].simulator", "cheap rungs come first"),
        ({"rungs": [{**SLOW, "require": 0.1}]}, "ladder.rungs[0].require", "in the last rung"),
        (
            {"rungs": [FAST, {**SLOW, "reduction_factor": 3}]},
            "ladder.rungs[1].reduction_factor",
            "nothing to go on to",
        ),
        (
            {"rungs": [{**SLOW, "epochs": 9}, {**SLOW, "epochs": 4}]},
            "ladder.rungs[1].epochs",
            "9 or more",
        ),
    ],
)
def test_what_is_wrong_is_named_with_file_key_and_what_is_allowed(
    ladder: object, key: str, words: str
) -> None:
    with pytest.raises(StudyFileError) as error:
        parse(study_with(ladder), source="studies/mine.toml")
    (problem,) = error.value.problems
    assert problem.key == key
    assert str(error.value).startswith(f"studies/mine.toml: {key}")
    assert words in str(error.value)
    assert error.value.exit_code == 2


def test_seeds_end_with_the_last_one() -> None:
    content = {**tables(), "ladder": {"rungs": [{**SLOW, "seeds": 3}]}}
    content["training"]["weight_seed"] = 2**32 - 2
    with pytest.raises(StudyFileError, match=r"rungs\[0\]\.seeds = 3: allowed is at most 2"):
        parse(toml(content), source="study.toml")


def test_all_that_is_wrong_is_said_in_one_go() -> None:
    ladder = {"rungs": [{"kind": "x"}, {**SLOW, "epochs": 0}], "more": 1}
    content = {**tables(), "ladder": {"rungs": ladder["rungs"]}}
    content["training"]["epochs"] = "many"
    with pytest.raises(StudyFileError) as error:
        parse(toml(content), source="study.toml")
    assert {problem.key for problem in error.value.problems} == {
        "training.epochs", "ladder.rungs[0].kind", "ladder.rungs[1].epochs",
    }  # fmt: skip


def test_a_design_file_has_no_ladder() -> None:
    with pytest.raises(StudyFileError, match="ladder"):
        parse_design(DESIGN + LADDER, source="design.toml")


def test_the_fingerprint_tells_ladders_apart_and_not_how_they_are_written() -> None:
    one = parse(STUDY + LADDER, source="a").fingerprint
    assert parse(STUDY + LADDER.replace("seeds = 3", "weight_seeds = [7, 8, 9]"), source="b")
    assert (
        parse(
            STUDY + LADDER.replace("seeds = 3", "weight_seeds = [7, 8, 9]"), source="b"
        ).fingerprint
        == one
    )
    others = {
        parse(STUDY + LADDER.replace(old, new), source="c").fingerprint
        for old, new in (
            ("seeds = 3", "seeds = 2"),
            ("require = 0.9", "require = 0.8"),
            ('aggregate = "median"', ""),
            ("epochs = 1", ""),
            ("reduction_factor = 2", ""),
        )
    }
    assert len(others | {one}) == 6


def test_a_rung_trains_the_layers_that_it_says_and_a_training_of_its_own() -> None:
    study = parse(
        study_with({"rungs": [{**FAST, "trained": "lower", "epochs": 3}, FAST, SLOW]}),
        source="study.toml",
    )
    lower, whole, _ = study.ladder.rungs
    assert isinstance(lower, TrainingRung)
    assert isinstance(whole, TrainingRung)
    assert (lower.plan(study.plan, 7).trained, whole.plan(study.plan, 7).trained) == (
        "lower",
        "all",
    )
    assert len({study.ladder.training(index, 7) for index in range(3)}) == 3
