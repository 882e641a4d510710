# SPDX-License-Identifier: GPL-3.0-or-later
"""What the attributes of a trial hold is one record, whichever version of the program wrote them."""

from __future__ import annotations

import ast
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.results.rung_results import RungRecord, RungResult, rung_results_of
from sweep.results.scenario_record import ScenarioRecord
from sweep.results.trial_record import (
    TRIAL_ATTRIBUTES,
    FailureRecord,
    TrainingRecord,
    TrialRecord,
)

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "tests" / "reference"
finite = st.floats(allow_nan=False, allow_infinity=False)
numbers = finite | st.just(math.nan)
words = st.text(max_size=8)
counts = st.integers(0, 10_000)
trainings = st.just(TrainingRecord()) | st.builds(
    TrainingRecord, epochs=st.integers(1, 5000), nmse_before=numbers, nmse=numbers,
    improved=st.none() | st.booleans(), energy_per_point=numbers, seconds=numbers,
    cpu_seconds=numbers, simulator=words, version=words, run_key=words, cached=counts,
)  # fmt: skip
results = st.builds(
    RungResult, values=st.lists(numbers, max_size=3).map(tuple), seconds=numbers, simulated=numbers
)
unfinished = st.none() | st.builds(RungResult, seconds=numbers, simulated=numbers)
rungs = st.builds(RungRecord, st.lists(results, max_size=4).map(tuple), unfinished)
metrics = st.dictionaries(st.sampled_from(["energy", "area", "accuracy"]), numbers, max_size=2)
silicon: dict[str, st.SearchStrategy[Any]] = {
    "corner": words, "temperature": finite, "mismatch_seed": st.none() | counts,
    "weight_seed": counts, "noise_seed": st.none() | counts, "data_seed": counts, "training": words,
}  # fmt: skip
scenarios = st.builds(ScenarioRecord, **silicon, nmse=finite, metrics=metrics) | st.builds(
    ScenarioRecord, **silicon, nmse=st.just(math.inf), status=words, cause=words
)
failures = st.builds(
    FailureRecord, status=words, cause=words, words=words, failed_rung=counts,
    failed_epoch=st.none() | counts,
)  # fmt: skip
records = st.builds(
    TrialRecord, start=words, moved=st.lists(words, max_size=3).map(tuple),
    training=st.none() | trainings, scenarios=st.lists(scenarios, max_size=3).map(tuple),
    rungs=st.none() | rungs, rung=st.none() | st.integers(0, 5), failure=st.none() | failures,
    replaces=st.none() | counts, replaced=st.booleans(),
)  # fmt: skip


@given(records)
def test_a_record_comes_back_from_the_attributes_that_a_storage_keeps_as_json(
    record: TrialRecord,
) -> None:
    attributes = record.to_attributes()
    kept = json.loads(json.dumps(attributes, allow_nan=False))
    assert repr(TrialRecord.from_attributes(kept)) == repr(record)  # NaN is not equal to itself
    assert attributes.keys() <= TRIAL_ATTRIBUTES.keys()


def test_every_documented_attribute_is_written() -> None:
    record = TrialRecord(
        start="best.toml", moved=("supply",), training=TrainingRecord(epochs=1), rung=0,
        scenarios=(ScenarioRecord(corner="tt", temperature=27.0),), rungs=RungRecord(),
        failure=FailureRecord(), replaces=1, replaced=True,
    )  # fmt: skip
    assert record.to_attributes().keys() == TRIAL_ATTRIBUTES.keys()


def test_the_rung_is_written_after_what_it_says_is_there() -> None:
    record = TrialRecord(training=TrainingRecord(epochs=1), rungs=RungRecord(), rung=2)
    assert list(record.to_attributes())[-1] == "rung"


def test_what_a_record_does_not_tell_stays_as_it_was() -> None:
    assert TrialRecord().to_attributes() == {}
    assert TrialRecord.from_attributes({}) == TrialRecord()


def test_the_results_of_rungs_are_read_alone_as_with_the_whole_record() -> None:
    attributes = {"rung_values": [[], [0.5]], "rung_seconds": [1.0, None, 3.0],
                  "rung_simulated": [0.1, 0.2, 0.3]}  # fmt: skip
    record = TrialRecord.from_attributes(attributes)
    assert repr(record.finished) == repr(rung_results_of(attributes))
    assert math.isnan(record.finished[1].seconds)
    assert record.begun[2] == RungResult(seconds=3.0, simulated=0.3)


def stored(schema: int) -> list[dict[str, Any]]:
    """The attributes of each trial as the journal of an old study has them."""
    trials: dict[int, dict[str, Any]] = {}
    for line in (REFERENCE / f"study_schema_{schema}" / "journal.log").read_text().splitlines():
        log = json.loads(line)
        if "user_attr" in log and "trial_id" in log:
            trials.setdefault(log["trial_id"], {}).update(log["user_attr"])
    return [trials[number] for number in sorted(trials)]


@pytest.mark.parametrize("schema", [1, 2, 3])
def test_what_earlier_versions_wrote_is_read_and_would_be_written_again(schema: int) -> None:
    found = stored(schema)
    assert found
    for attributes in found:
        record = TrialRecord.from_attributes(attributes)
        again = record.to_attributes()
        assert {name: again[name] for name in attributes} == attributes
        assert record.training is not None
        assert record.training.improved is None  # nobody told before schema 4
        assert record.training.cached == attributes.get("cached", 0)
        assert (record.rungs is None) is (schema == 1)
        assert record.reached == attributes.get("rung", 0)
        assert [list(rung.values) for rung in record.finished] == attributes.get("rung_values", [])


NAMES = TRIAL_ATTRIBUTES.keys() - {
    # Words that stand for other things, too: fields of files and documents, and metrics.
    "start", "moved", "nmse", "nmse_before", "improved", "epochs", "rung", "energy_per_point", "seconds",
    "cpu_seconds", "simulator", "version", "run_key", "cached", "status", "cause", "words", "scenarios",
}  # fmt: skip


def test_no_other_module_writes_the_name_of_an_attribute() -> None:
    """Names that are words of their own stand in one room; the others are never keys of attributes."""
    for path in (ROOT / "sweep").rglob("*.py"):
        if path.name in {"trial_record.py", "rung_results.py"}:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        literals = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        if path.name not in {"overview.py", "status.py"}:  # a state of trials has the same name
            assert not literals & NAMES, path
        keys = [
            node for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and node.attr == "user_attrs"
        ]  # fmt: skip
        for node in ast.walk(tree):
            reads = isinstance(node, ast.Subscript) and node.value in keys
            gets = isinstance(node, ast.Attribute) and node.value in keys
            assert not reads, f"{path}:{node.lineno} reads an attribute by its name"
            if gets:
                assert _is_of_the_study(node), (
                    f"{path}:{node.lineno} reads an attribute by its name"
                )


def _is_of_the_study(node: ast.Attribute) -> bool:
    """Whether the attributes are those of a study, which no trial has."""
    owner = node.value
    assert isinstance(owner, ast.Attribute)
    return "study" in ast.unparse(owner.value)
