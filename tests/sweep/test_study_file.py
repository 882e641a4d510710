# SPDX-License-Identifier: GPL-3.0-or-later
"""A study file says all about a study, or says what is wrong with it: file, key, allowed, nearest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from circuits import Corner
from objectives import Sine, TrainingPlan
from sweep._errors import dotted
from sweep.study._ladder_table import (
    DeviceRungTable,
    GradientRungTable,
    LadderTable,
    TrainingRungTable,
)
from sweep.study._schema import Execution, NetworkTable, Pdk, Search, SpaceEntry, TrainingTable
from sweep.study.migrate import migrated
from sweep.study.study_file import (
    HalvingPruner,
    MedianPruner,
    NoPruner,
    Problem,
    StudyFileError,
    load,
    load_design,
    parse,
    parse_design,
)
from tests.sweep.study_texts import DESIGN, OLD_DESIGN, OLD_STUDY, STUDY, tables, toml, with_value


def _problems(text: str) -> dict[str, Problem]:
    with pytest.raises(StudyFileError) as error:
        parse(text, source="study.toml")
    found = {problem.key: problem for problem in error.value.problems}
    assert len(found) == len(error.value.problems), str(error.value)
    return found


def test_a_study_file_becomes_a_study() -> None:
    study = parse(STUDY, source="study.toml")
    assert study.name == "sine-3-8-1"
    assert study.layers == (3, 8, 1)
    assert study.plan == TrainingPlan(
        (3, 8, 1), Sine(points=4, held_out=4), epochs=2, weight_seed=7
    )
    assert study.fixed == {"synapse.width_n": (0.5e-6, 1e-6), "timing.edge": 2e-6}
    assert (study.search.sampler, study.search.trials) == ("tpe", 20)
    assert study.search.objectives == {"nmse": "minimize"}
    assert study.search.pruner == MedianPruner(startup_trials=3)
    assert study.execution.simulator == "ngspice"
    assert study.trainer_limits().wall_seconds == 300.0
    assert study.trainer_limits().memory_bytes is None
    assert (study.text, study.source) == (STUDY, "study.toml")


def test_everything_but_the_essentials_has_a_default() -> None:
    text = toml(
        {
            "version": 2,
            "name": "small",
            "network": {"layers": [2, 1]},
            "task": {"name": "sine"},
            "space": {"amplifier.gain_forward": {"low": 1, "high": 8}},
        }
    )
    study = parse(text, source="study.toml")
    assert study.plan == TrainingPlan((2, 1), Sine())
    assert study.search.pruner == MedianPruner()
    assert study.execution.simulator == "auto"
    assert study.pdk_path is None


def test_the_silicon_of_a_study_is_its_corner_temperature_and_mismatch() -> None:
    text = with_value("training", {"corner": "ss", "temperature": "-40 C", "mismatch_seed": 3})
    corner = parse(text, source="study.toml").plan.corner
    assert corner == Corner("ss", -40.0, 3)


def test_a_study_is_read_from_a_file_with_paths_relative_to_it(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(with_value("pdk.path", "models/sky130A"))
    assert load(path).pdk_path == tmp_path / "models" / "sky130A"
    path.write_text(with_value("pdk.path", "/pdk"))
    assert load(path).pdk_path == Path("/pdk")


def test_limits_are_written_with_units() -> None:
    limits = parse(with_value("execution.memory_limit", "2 GB"), source="x").trainer_limits()
    assert limits.memory_bytes == 2_000_000_000


# What is refused, and how.


@pytest.mark.parametrize(
    ("path", "value", "key", "words"),
    [
        ("version", 3, "version", "a newer analog-sweep wrote it"),
        ("version", 0, "version", "write version = 2"),
        ("version", 1, "version", "`sweep migrate` rewrites a file of version 1"),
        ("version", True, "version", "allowed is 2"),
        ("version", None, "version", "is missing"),
        ("name", None, "name", "is missing"),
        ("name", "a/b", "name", "letters and digits of any script"),
        ("name", "-a", "name", "the first a letter or a digit"),
        ("name", "\u0301a", "name", "the first a letter or a digit"),
        ("name", "a\u202eb", "name", "letters and digits of any script"),
        ("name", "a\u00a0b", "name", "letters and digits of any script"),
        ("name", "a" * 81, "name", "1 to 80"),
        ("serach", {}, "serach", "did you mean 'search'?"),
        ("network", None, "network", "is missing"),
        ("network", 3, "network", "a table"),
        ("network.layers", [3], "network.layers", "at least 2 entries"),
        ("network.layers", [3, 0, 1], "network.layers[1]", "nearest legal value is 1"),
        ("network.layers", [3, 8, 2], "network.layers", r"the nearest is \[3, 8, 1\]"),
        ("network.layers", [1, 8, 1], "network.layers", r"the nearest is \[2, 8, 1\]"),
        ("task", None, "task", "is missing"),
        ("task.name", "sien", "task.name", "did you mean 'sine'?"),
        ("task.name", [], "task.name", "one of sine"),
        ("task.pionts", 3, "task.pionts", "did you mean 'points'?"),
        ("task.points", 1, "task.points", "from 2 to"),
        ("training.epohcs", 3, "training.epohcs", "did you mean 'epochs'?"),
        ("training.epochs", 0, "training.epochs", "nearest legal value is 1"),
        ("training.temperature", 27, "training.temperature", 'such as "27 degC"'),
        ("training.temperature", "27 K", "training.temperature", "the unit is degC"),
        ("training.corner", "typ", "training.corner", "one of 'tt', 'ss'"),
        ("training.weight_seed", -1, "training.weight_seed", "from 0 to 4294967295"),
        ("training.body_network", "yes", "training.body_network", "true or false"),
        ("design.edge", "1 us", "design.edge", "did you mean 'timing.edge'?"),
        ("design.edgee", "1 us", "design.edgee", "did you mean 'timing.edge'?"),
        ("design.hold_capacitance", "1 pF", "design.hold_capacitance", "'sampling.capacitance'?"),
        ("design.synapse", "cmos", "design.synapse", r"\[design.synapse\] kind = "),
        ("design.load", "1 uS", "design.load", r"a table \[design.load\]"),
        ("design.timng", {"edge": "1 us"}, "design.timng", "did you mean 'timing'?"),
        ("design.timing.edgee", "1 us", "design.timing.edgee", "did you mean 'timing.edge'?"),
        ("design.timing.ramp", "1 us", "design.timing.ramp", "timing has phase_duration, edge"),
        ("design.synapse.edge", "1 us", "design.synapse.edge", "did you mean 'timing.edge'?"),
        (
            "design.write_switch.width",
            "1 um",
            "design.write_switch.width",
            "write_switch.width is a quantity of the write_switch 'nfet'",
        ),
        ('design."timing.edge"', "1 us", 'design."timing.edge"', "each quantity once"),
        ("design.timing.edge", 2e-6, "design.timing.edge", "write it with its unit"),
        ("design.timing.edge", "2 uV", "design.timing.edge", "the unit is s, not V"),
        ("design.timing.edge", "1 s", "design.timing.edge", "nearest legal value is 100 ms"),
        (
            "design.synapse.width_n",
            ["1 um"] * 3,
            "design.synapse.width_n",
            "a list of 2, one for each crossbar",
        ),
        ("design.synapse.width_n", [], "design.synapse.width_n", "one value for all layers"),
        (
            "design.synapse.width_n",
            ["1 um", "1 nm"],
            "design.synapse.width_n[1]",
            "nearest legal value is 420 nm",
        ),
        ("design.timing.edge", "50 us", "design.timing.edge", "at most half of phase_duration"),
        ("search.sampler", "tpee", "search.sampler", "did you mean 'tpe'?"),
        ("search.trials", 0, "search.trials", "nearest legal value is 1"),
        ("search.objectives", {}, "search.objectives", "at least 1 entries"),
        ("search.objectives", {"nmes": "minimize"}, "search.objectives.nmes", "'nmse'"),
        ("search.objectives", {"nmse": "min"}, "search.objectives.nmse", "'minimize'"),
        ("search.pruner", "medain", "search.pruner", "did you mean 'median'?"),
        ("search.pruner", {"kind": "x"}, "search.pruner.kind", "one of 'median'"),
        ("search.pruner", {}, "search.pruner.kind", "is missing"),
        ("search.pruner.min_epochs", 1, "search.pruner.min_epochs", "one of the keys kind"),
        ("execution.workers", 0, "execution.workers", "nearest legal value is 1"),
        ("execution.epoch_time_limit", 300, "execution.epoch_time_limit", 'such as "300 s"'),
        (
            "execution.memory_limit",
            "2 MB",
            "execution.memory_limit",
            "nearest legal value is 100 MB",
        ),
        ("pdk.path", "", "pdk.path", "at least 1"),
    ],
)
def test_what_is_wrong_is_named_with_file_key_and_what_is_allowed(
    path: str, value: object, key: str, words: str
) -> None:
    with pytest.raises(StudyFileError, match=words) as error:
        parse(with_value(path, value), source="studies/mine.toml")
    (problem,) = error.value.problems
    assert problem.key == key
    assert str(error.value).startswith(f"studies/mine.toml: {key}")
    assert error.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "entry", "key", "words"),
    [
        ("gain_forwrd", {"low": 1, "high": 2}, "", "did you mean 'amplifier.gain_forward'?"),
        ("gain_forward[1]", {"low": 1, "high": 2}, "", "did you mean 'amplifier.gain_forward'?"),
        ("amplifer.gain_forward", {}, "", "did you mean 'amplifier.gain_forward'?"),
        ("amplifier", {"choices": ["clamped", "linear"]}, "", "did you mean 'amplifier.kind'?"),
        ("amplifier", {}, "", "did you mean 'amplifier.kind'?"),
        ("nudging", {"choices": ["centred"]}, "", "did you mean 'nudge.kind'?"),
        ("hold_capacitance", {}, "", "did you mean 'sampling.capacitance'?"),
        ("conductance", {}, "", "'load.conductance', 'nudge.conductance' or 'sampling"),
        ("write_width", {}, "", "write_switch.width is a quantity of the write_switch 'nfet'"),
        ("amplifier.gain_forward", 3, "", "a table such as"),
        ("amplifier.gain_forward", {}, ".low", "is missing"),
        ("amplifier.gain_forward", {"low": 1, "hihg": 2}, ".hihg", "did you mean 'high'?"),
        ("amplifier.gain_forward", {"low": 1, "high": 1}, ".low", "a value below high = 1"),
        ("amplifier.gain_forward", {"low": 3, "high": 1}, ".low", "a value below high = 1"),
        ("amplifier.gain_forward", {"low": 0.01, "high": 1}, ".low", "nearest legal value is 0.1"),
        ("amplifier.gain_forward", {"low": "1 V", "high": 2}, ".low", "it has no unit, not V"),
        (
            "amplifier.gain_forward[2]",
            {"low": 1, "high": 2},
            "",
            r"amplifier.gain_forward\[0\] to amplifier.gain_forward\[1\]",
        ),
        ("timing.edge[0]", {"low": "1 us", "high": "2 us"}, "", "one value for the whole circuit"),
        ("timing.phase_duration", {"low": 1, "high": 2}, ".low", 'such as "1 s"'),
        ("amplifier.clamp_high", {"low": "1 V", "high": "inf V"}, ".high", "a finite number"),
        ("amplifier.gain_backward", {"low": 0, "high": 1}, ".low", "log = false"),
        ("amplifier.gain_backward", {"low": 0, "high": 1, "log": True}, ".low", "logarithmic"),
        ("amplifier.clamp_high", {"low": "1 V", "high": "2 V", "step": "0 V"}, ".step", "above 0"),
        (
            "amplifier.clamp_high",
            {"low": "0 V", "high": "1 V", "step": "0.3 V"},
            ".step",
            "high = '900 mV'",
        ),
        (
            "amplifier.clamp_high",
            {"low": "0 V", "high": "1 V", "step": "2 V"},
            ".step",
            "from low to high",
        ),
        (
            "amplifier.clamp_high",
            {"low": "1 V", "high": "2 V", "step": "1 V", "log": True},
            ".step",
            "no step",
        ),
        (
            "synapse.multiplicity",
            {"low": 1, "high": 4, "step": 0.5, "log": False},
            ".step",
            "whole number",
        ),
        ("synapse.multiplicity", {"low": 1, "high": 100}, ".high", "nearest legal value is 64"),
        ("nudge.kind", {"low": 1, "high": 2}, ".choices", "'one-sided', 'centred'"),
        ("nudge.kind", {"choices": ["centred"]}, ".choices", "at least two choices"),
        (
            "nudge.kind",
            {"choices": ["centred", "centerd"]},
            ".choices[1]",
            "did you mean 'centred'?",
        ),
        ("nudge.kind", {"choices": ["centred", "centred"]}, ".choices[1]", "each choice once"),
        ("nudge.kind", {"choices": ["centred"], "low": 1}, ".low", "only per_layer beside choices"),
        ("timing.edge", {"tie": "timing.guard", "log": True}, ".log", "no other key beside tie"),
        ("amplifier.gain_forward", {"value": 3}, ".ratio_of", "belongs into \\[design\\]"),
        ("amplifier.gain_backward", {"ratio_of": "amplifier.gain_forward"}, ".low", "is missing"),
        ("amplifier.gain_backward", {"ratio_of": "gain_x", "value": 1}, ".ratio_of", "gain_"),
        (
            "amplifier.gain_backward",
            {"ratio_of": "timing.edge", "value": 1},
            ".ratio_of",
            "same kind",
        ),
        (
            "amplifier.gain_backward",
            {"ratio_of": "amplifier.gain_forward", "value": 1, "low": 0},
            ".low",
            "ratio_of",
        ),
        ("nudge.kind", {"ratio_of": "nudge.kind", "value": 1}, ".ratio_of", "use tie"),
        (
            "timing.edge",
            {"per_layer": True, "low": "1 us", "high": "2 us"},
            ".per_layer",
            "one value",
        ),
        ("synapse.multiplicity", {"tie": "amplifier.gain_forward"}, ".tie", "whole numbers"),
        ("write_switch.width", {"tie": "synapse.width_n"}, ".tie", r"such as synapse.width_n\[0\]"),
        ("timing.edge", {"tie": "timing.edge"}, "", "timing.edge -> timing.edge"),
        (
            "synapse.length_n",
            {"low": "1 um", "high": "30 um"},
            ".high",
            "nearest legal value is 20 um",
        ),
        (
            "amplifier.gain_forward",
            {"ratio_of": "amplifier.gain_backward", "value": 1e3},
            "",
            "none of 300 designs",
        ),
    ],
)
def test_what_is_wrong_in_the_space_is_named_in_the_same_way(
    name: str, entry: object, key: str, words: str
) -> None:
    space = {name: entry, "encoding.input_amplitude": _RANGE}
    content = tables() | {"design": _NFET if name == "write_switch.width" else {}, "space": space}
    with pytest.raises(StudyFileError, match=words) as error:
        parse(toml(content), source="study.toml")
    found = {problem.key for problem in error.value.problems if re.search(words, str(problem))}
    assert f"{dotted('space', name)}{key}" in found


_NFET = {"write_switch": {"kind": "nfet"}}
_RANGE = {"low": "0.5 V", "high": "1.5 V"}


def test_all_that_is_wrong_is_said_in_one_go() -> None:
    content = tables()
    content["serach"] = content.pop("search")
    content["training"]["epochs"] = "many"
    content["design"]["synapse"]["widht_n"] = "1 um"
    content["space"]["amplifier.clamp_low"]["low"] = -0.6
    content["space"]["update.scale[0]"] = {"low": "1 1/V", "high": "2 1/V"}
    content["execution"]["simulator"] = "spice"
    assert set(_problems(toml(content))) == {
        "serach",
        "training.epochs",
        "design.synapse.widht_n",
        'space."amplifier.clamp_low".low',
        'space."update.scale[0]"',
        "execution.simulator",
    }


def test_what_is_in_the_design_is_not_searched_as_well() -> None:
    problems = _problems(with_value("design.synapse.multiplicity", 4))
    assert "remove synapse.multiplicity" in problems['space."synapse.multiplicity"'].hint
    problems = _problems(with_value("design.synapse.multiplicity", "a lot"))
    assert set(problems) == {"design.synapse.multiplicity", 'space."synapse.multiplicity"'}


def test_one_layer_of_a_field_in_the_design_may_be_searched() -> None:
    study = parse(with_value("design.amplifier.gain_forward", [4.0, 2.0]), source="x")
    assert study.fixed["amplifier.gain_forward"] == (4.0, 2.0)


def test_a_full_name_without_quotes_is_a_table_in_a_table_and_means_the_same() -> None:
    content = tables()
    entry = content["space"].pop("amplifier.clamp_low")
    content["space"]["amplifier"] = {"clamp_low": entry}
    assert _fingerprint(toml(content)) == _fingerprint(STUDY)

    content["space"]["amplifier.clamp_low"] = entry
    (problem,) = _problems(toml(content)).values()
    assert (problem.key, problem.allowed) == ('space."amplifier.clamp_low"', "each quantity once")


def test_nothing_to_search_is_no_study() -> None:
    for space in (None, {}, {"timing.guard": {"tie": "timing.edge"}}):
        (problem,) = _problems(with_value("space", space)).values()
        assert problem.key == "space"
        assert "nothing to search" in problem.hint


def test_a_circle_of_ties_is_shown_once() -> None:
    space = {
        "synapse.length_n": {"tie": "synapse.width_p"},
        "synapse.width_p": {"ratio_of": "synapse.length_p", "value": 2},
        "synapse.length_p": {"tie": "synapse.length_n"},
        "encoding.input_amplitude": _RANGE,
    }
    (problem,) = _problems(toml(tables() | {"space": space})).values()
    circle = ["length_n", "width_p", "length_p", "length_n"]
    assert problem.value == " -> ".join(f"synapse.{name}" for name in circle)


def test_a_size_that_the_flavour_never_allows_is_an_error_before_any_simulation() -> None:
    low = {"low": "0.15 um", "high": "1 um"}
    content = tables() | {"design": {"synapse": {"flavour": "01v8_lvt"}}}
    content["space"] = {"synapse.length_p": low, "encoding.input_amplitude": _RANGE}
    (problem,) = _problems(toml(content)).values()
    assert problem.key == 'space."synapse.length_p".low'
    assert "pfet_01v8_lvt" in problem.allowed

    content["space"] = {"encoding.input_amplitude": _RANGE}
    (problem,) = _problems(toml(content)).values()
    assert (problem.key, problem.value) == ("design.synapse.length_p", "150 nm")

    content["design"] = {}
    content["space"] = {"synapse.flavour": {"choices": ["01v8", "01v8_lvt"]}}
    (problem,) = _problems(toml(content)).values()
    assert problem.key == 'space."synapse.flavour".choices[1]'

    content["space"]["synapse.length_p"] = low
    assert parse(toml(content), source="x")


def test_a_choice_that_needs_several_larger_sizes_is_not_refused() -> None:
    sizes = {
        name: {"low": "0.15 um", "high": "0.52 um", "per_layer": True}
        for name in ("synapse.length_p", "synapse.length_n")
    }
    space = {"synapse.flavour": {"choices": ["01v8", "g5v0d10v5"]}, **sizes}
    assert parse(toml(tables() | {"design": {}, "space": space}), source="x")


def test_a_space_without_any_legal_design_is_refused() -> None:
    content = tables() | {"design": {"amplifier": {"clamp_high": "0 V"}}}
    content["space"] = {"amplifier.clamp_low": {"low": "0.1 V", "high": "0.5 V"}}
    (problem,) = _problems(toml(content)).values()
    assert problem.key == 'space."amplifier.clamp_low"'
    assert "not above clamp_high" in problem.allowed


def test_several_objectives_have_no_pruner() -> None:
    several = {"energy": "minimize", "nmse": "minimize"}
    content = tables()
    content["search"] = {"objectives": several}
    search = parse(toml(content), source="x").search
    assert list(search.objectives) == ["nmse", "energy"]
    assert search.directions == ["minimize", "minimize"]
    assert search.pruner == NoPruner()

    content["search"] = {"objectives": several, "pruner": "halving", "sampler": "cmaes"}
    assert set(_problems(toml(content))) == {"search.pruner", "search.sampler"}


def test_a_pruner_is_a_name_or_a_table() -> None:
    for pruner in ("halving", {"kind": "halving"}):
        search = parse(with_value("search.pruner", pruner), source="x").search
        assert search.pruner == HalvingPruner()


@pytest.mark.parametrize("text", ["a = ", "= 1", "a = 1\na = 2", '"\x00"', "a = " + "9" * 5000])
def test_what_is_no_toml_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(
        StudyFileError, match=r"^study\.toml: .*allowed is a text in TOML$"
    ) as error:
        parse(text, source="study.toml")
    assert len(str(error.value).splitlines()) == 1


def test_a_file_that_cannot_be_read_is_refused_in_one_line(tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.toml", tmp_path, binary):
        with pytest.raises(StudyFileError) as error:
            load(path)
        assert str(error.value).startswith(f"{path}: ")
        assert len(str(error.value).splitlines()) == 1


def test_keys_that_are_no_words_are_quoted() -> None:
    (problem,) = _problems(with_value("a\nb", 1)).values()
    assert problem.key == '"a\\nb"'


# What a study is, whatever its file looks like.


def _fingerprint(text: str) -> str:
    return parse(text, source="x").fingerprint


def test_the_fingerprint_is_that_of_the_results_not_of_the_file() -> None:
    same = [
        STUDY.replace("\n\n", "\n# a comment\n\n"),
        STUDY.replace("50 uS", "0.05 mS").replace('"2 us"', '"2e-6 s"'),
        STUDY.replace("high = 6.0", "high = 6"),
        STUDY.replace("sine-3-8-1", "another name"),
        with_value("search.trials", 1000),
        with_value("execution", {"workers": 2, "simulator": "xyce"}),
        with_value("pdk.path", "/somewhere"),
        with_value("training.corner", "tt"),
        toml(dict(reversed(tables().items()))),
        toml(tables() | {"space": dict(reversed(tables()["space"].items()))}),
    ]
    assert {_fingerprint(text) for text in same} == {_fingerprint(STUDY)}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("network.layers", [3, 9, 1]),
        ("task.seed", 1),
        ("training.epochs", 3),
        ("training.order_seed", 1),
        ("training.corner", "ss"),
        ("training.mismatch_seed", 0),
        ("training.temperature", "28 C"),
        ("training.body_network", False),
        ("design.timing.edge", "3 us"),
        ("design.encoding.input_amplitude", "0.9 V"),
        ('space."synapse.multiplicity".high', 9),
        ('space."synapse.multiplicity".log', False),
        ('space."timing.guard"', None),
        ('space."synapse.width_p".value', 3.0),
        ("search.sampler", "random"),
        ("search.seed", 1),
        ("search.startup_trials", 3),
        ("search.pruner", "none"),
        ("search", {"objectives": {"energy": "minimize"}}),
    ],
)
def test_whatever_changes_the_results_changes_the_fingerprint(path: str, value: object) -> None:
    assert _fingerprint(with_value(path, value)) != _fingerprint(STUDY)


# Design files.


def test_a_design_file_is_one_design_with_its_training(tmp_path: Path) -> None:
    path = tmp_path / "design.toml"
    path.write_text(DESIGN)
    described = load_design(path)
    assert described.plan == TrainingPlan((3, 8, 1), Sine())
    assert described.design.entries("update.scale") == (20.0, 3.0)
    assert described.design.entries("synapse.length_p") == (0.35e-6,)
    assert (
        described.trainer_limits()
        == parse(with_value("execution", {}), source="x").trainer_limits()
    )


@pytest.mark.parametrize("key", ["space", "search"])
def test_a_design_file_searches_nothing(key: str) -> None:
    with pytest.raises(StudyFileError, match="one of version, name") as error:
        parse_design(f"{DESIGN}[{key}]\n", source="x")
    assert error.value.problems[0].key == key


def test_an_illegal_design_is_refused_with_its_field() -> None:
    with pytest.raises(StudyFileError, match=r"350 nm to 20\.2 um for pfet_01v8_lvt") as error:
        parse_design(DESIGN.replace("0.35 um", "0.2 um"), source="x")
    (problem,) = error.value.problems
    assert (problem.key, problem.value) == ("design.synapse.length_p", "0.2 um")
    with pytest.raises(StudyFileError, match="phase_duration") as error:
        parse_design(
            DESIGN.replace("[provenance]", '[design.timing]\nedge = "60 us"\n[provenance]'),
            source="x",
        )
    assert error.value.problems[0].key == "design.timing.edge"


# The documentation.


def test_the_examples_of_the_documentation_are_valid() -> None:
    document = Path(__file__).parents[2] / "docs" / "study-file.md"
    found = re.findall(r"```toml\n(.*?)```", document.read_text(), flags=re.DOTALL)
    study, kinds, ladder, design = found
    assert parse(study, source="x").search.trials == 200
    assert len(parse(study + ladder, source="x").ladder.rungs) == 5
    described = parse_design(design, source="x").design
    assert described.entries("update.scale") == (20.0, 3.0)
    described = parse_design(f"{design}\n{kinds}", source="x").design
    assert described.kinds["amplifier"] == ("clamped", "linear")


def test_the_documentation_names_every_key() -> None:
    text = (Path(__file__).parents[2] / "docs" / "study-file.md").read_text()
    models = (
        NetworkTable, TrainingTable, Search, Execution, Pdk, MedianPruner, HalvingPruner, SpaceEntry,
        LadderTable, DeviceRungTable, GradientRungTable, TrainingRungTable,
    )  # fmt: skip
    keys = {key for model in models for key in model.model_fields}
    assert {key for key in keys if not re.search(rf"\b{key}\b", text)} == set()


# Files of version 1.


def test_a_file_of_version_1_means_the_same_when_it_is_migrated() -> None:
    old, new = (parse(text, source="x") for text in (migrated(OLD_STUDY), STUDY))
    assert (old.fixed, old.space, old.search) == (new.fixed, new.space, new.search)
    assert old.fingerprint == new.fingerprint
    assert migrated(STUDY) == STUDY


def test_a_design_that_was_exported_before_there_were_junctions_has_none() -> None:
    by_hand = OLD_DESIGN.replace('[provenance]\nanything = "at all"\n', "")
    named = OLD_DESIGN.replace("[design]\n", '[design]\njunctions = "drawn"\n')
    texts = (OLD_DESIGN, by_hand, named)
    found = [parse_design(migrated(text), source="best.toml").design for text in texts]
    assert [design.junctions for design in found] == ["none", "drawn", "drawn"]
    assert found[1] == found[2] == parse_design(DESIGN, source="best.toml").design


def test_a_study_from_before_there_were_junctions_goes_on_without() -> None:
    old = parse(migrated(OLD_STUDY, before_junctions=True), source="study.toml")
    spelt = parse(with_value("design.junctions", "none"), source="study.toml")
    new = parse(STUDY, source="study.toml")
    assert old.fixed["junctions"] == "none"
    assert old.fingerprint == spelt.fingerprint != new.fingerprint
