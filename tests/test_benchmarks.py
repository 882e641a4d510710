# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmarks are read by nobody between two measurements: their studies have to be valid all the same."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import benchmarks
from benchmarks import execution, overhead
from sweep.study.study_file import StudyFile, parse

MODULES = sorted(found.name for found in pkgutil.iter_modules(benchmarks.__path__))


@pytest.mark.parametrize("name", [name for name in MODULES if name != "__main__"])
def test_a_benchmark_can_be_imported(name: str) -> None:
    assert importlib.import_module(f"benchmarks.{name}").__doc__


def test_the_studies_of_benchmarks_are_valid() -> None:
    studies = [parse(overhead.STUDY, source="overhead.toml")]
    studies += [execution._study(10, objectives=count) for count in execution.OBJECTIVES]
    for study in studies:
        assert isinstance(study, StudyFile)
        assert study.search.trials
