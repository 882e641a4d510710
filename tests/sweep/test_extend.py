# SPDX-License-Identifier: GPL-3.0-or-later
"""Going on with a study by another file: what it may change, and what comes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sweep.driver.driver import Settings, StoreError, run_study
from sweep.search.opening import open_results
from sweep.study.extension import what_forbids
from sweep.study.study_file import parse
from tests.sweep.running import Record
from tests.sweep.study_texts import STUDY, tables, toml, with_value
from tests.sweep.test_scenarios import quasistatic

_CLAMP = 'space."amplifier.clamp_low".low'


def changed(path: str, value: Any) -> str:
    """Why the study cannot go on with one value changed."""
    return what_forbids(parse(STUDY, source="a"), parse(with_value(path, value), source="b"))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ('space."synapse.multiplicity".high', 16),
        ('space."nudge.conductance".low', "5 uS"),
        ('space."amplifier.clamp_low".low', "-0.8 V"),
        ("search.sampler", "random"),
        ("search.seed", 5),
        ("search.trials", 100),
        ("search.stop", {"stagnation": 5}),
        ("search.pruner", "none"),
        ("name", "other"),
        ("execution.workers", 3),
    ],
)
def test_a_wider_range_and_another_search_are_allowed(path: str, value: Any) -> None:
    assert changed(path, value) == ""


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (
            'space."synapse.multiplicity".high',
            4,
            'space."synapse.multiplicity": 1 to 4 leaves out some of 1 to 8',
        ),
        (
            'space."synapse.flavour".choices',
            ["01v8_hvt", "01v8"],
            'space."synapse.flavour": choices cannot change',
        ),
        ('space."nudge.conductance".log', False, "log and step must stay"),
        (_CLAMP, "-0.62 V", "steps must lie on the old ones"),
        (
            'space."sampling.noise"',
            {"low": "1 uV", "high": "1 mV"},
            "sampling.noise is searched by one file",
        ),
        ("training.epochs", 5, "network, task, training"),
        ("task.seed", 5, "network, task, training"),
        ("design.timing.edge", "3 us", "network, task, training"),
        ("search.constraints", {"area": {"max": "100 um2"}}, "objectives and constraints"),
        ("search.objectives", {"energy": "minimize"}, "objectives and constraints"),
    ],
)
def test_what_gives_values_another_meaning_is_not(path: str, value: Any, words: str) -> None:
    if path == _CLAMP:
        content = tables()
        content["space"]["amplifier.clamp_low"] |= {"low": value, "high": "0.43 V"}
        found = what_forbids(parse(STUDY, source="a"), parse(toml(content), source="b"))
    elif path == "search.objectives":
        content = tables()
        content["search"] |= {"objectives": value, "pruner": "none"}
        found = what_forbids(parse(STUDY, source="a"), parse(toml(content), source="b"))
    else:
        found = changed(path, value)
    assert words in found


@pytest.mark.usefixtures("ray_session")
def test_a_study_goes_on_in_a_wider_space_and_learns_from_its_older_trials(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_study(quasistatic("", trials=4), Settings(out=out), observer=Record())
    before = [(trial.params, trial.value) for trial in open_results(out).study.trials]
    text = quasistatic("", trials=9).text
    wider = parse(text.replace("high = 3 }", "high = 12 }"), source=str(tmp_path / "wider.toml"))
    with pytest.raises(StoreError, match="holds another study"):
        run_study(wider, Settings(out=out, resume=True), observer=Record())
    run_study(wider, Settings(out=out, extend=True), observer=Record())
    results = open_results(out)
    after = [(trial.params, trial.value) for trial in results.study.trials]
    assert after[:4] == before
    assert len(after) == 9
    assert results.study_file.fingerprint == wider.fingerprint
    assert (out / "study-1.toml").read_text() == quasistatic("", trials=4).text
    searched = [trial.distributions["synapse.multiplicity"] for trial in results.study.trials]
    assert max(distribution.high for distribution in searched) == 12  # type: ignore[attr-defined]
    narrower = parse(text.replace("high = 3 }", "high = 2 }"), source="narrower.toml")
    with pytest.raises(StoreError, match=r"narrower\.toml cannot extend .* leaves out"):
        run_study(narrower, Settings(out=out, extend=True), observer=Record())
    # A driver killed between manifest and study file: the same command again.
    (out / "study.toml").write_text(quasistatic("", trials=4).text)
    run_study(wider, Settings(out=out, extend=True, trials=10), observer=Record())
    assert len(open_results(out).study.trials) == 10
    manifest = json.loads((out / "manifest.json").read_text())
    assert sum("extended_from" in start for start in manifest["resumed"]) == 1
