# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories of tiny studies, really run: a plugin that the tests of what is made of them name."""

# ruff: noqa: ARG001  (Ray is started for those who ask for it by name)

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from sweep.driver.driver import Settings, run_study
from sweep.driver.events import EpochFinished, Event, StudyStarted
from sweep.results.study_results import Results
from sweep.search.opening import open_results
from sweep.study.study_file import StudyFile, parse
from tests.sweep.running import FLAVOURS, Record, laddered, tiny

LENGTHS = '"synapse.length_p" = { low = "0.15 um", high = "0.8 um", log = true }'
SEVERAL = 'objectives = { nmse = "minimize", energy = "minimize" }'


def stop(_event: Event) -> None:
    """As Ctrl-C does."""
    os.kill(os.getpid(), signal.SIGINT)


def stop_in_second_trial(event: Event) -> None:
    """As Ctrl-C does, when the second trial has finished its first epoch."""
    if isinstance(event, EpochFinished) and (event.trial, event.epoch) == (1, 0):
        stop(event)


def stop_at_once(event: Event) -> None:
    """As Ctrl-C does, before the first trial."""
    if isinstance(event, StudyStarted):
        stop(event)


def ran(study: StudyFile, out: Path, observer: Record | None = None) -> Results:
    """The results of a study after it was run."""
    run_study(study, Settings(out=out), observer=observer or Record())
    return open_results(out)


@pytest.fixture(scope="session")
def climbed(ray_session: str, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Trials that were stopped on their way up a ladder, and some that reached its top."""
    return ran(laddered(), tmp_path_factory.mktemp("climbed") / "out")


@pytest.fixture(scope="session")
def finished(ray_session: str, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Six complete trials."""
    return ran(tiny(trials=6, sampler="tpe"), tmp_path_factory.mktemp("finished") / "out")


@pytest.fixture(scope="session")
def mixed(ray_session: str, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Complete, pruned and infeasible trials: one flavour's pfet may not be as short as asked."""
    study = tiny(
        trials=8,
        length_p="",
        space=f"{FLAVOURS}\n{LENGTHS}",
        search='pruner = { kind = "median", startup_trials = 1 }',
    )
    return ran(study, tmp_path_factory.mktemp("mixed") / "out")


@pytest.fixture(scope="session")
def failing(ray_session: str, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Trials that all run into their time limit."""
    study = tiny(execution='epoch_time_limit = "1 ms"')
    return ran(study, tmp_path_factory.mktemp("failing") / "out")


@pytest.fixture(scope="session")
def several(ray_session: str, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Two objectives."""
    return ran(tiny(trials=5, search=SEVERAL), tmp_path_factory.mktemp("several") / "out")


@pytest.fixture(scope="session")
def three(ray_session: str, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Three objectives."""
    search = SEVERAL.replace(" }", ', area = "minimize" }')
    return ran(tiny(trials=6, search=search), tmp_path_factory.mktemp("three") / "out")


@pytest.fixture(scope="session")
def stopped(ray_session: str, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """One complete trial, and one that was stopped after its first epoch."""
    out = tmp_path_factory.mktemp("stopped") / "out"
    return ran(tiny(), out, Record(do=stop_in_second_trial))


@pytest.fixture(scope="session")
def empty(ray_session: str, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A study that was stopped before its first trial."""
    return ran(tiny(), tmp_path_factory.mktemp("empty") / "out", Record(do=stop_at_once))


WIDE = """\
version = 2
name = "wide"
[network]
layers = [3, 4, 1]
[task]
name = "sine"
frequency = 6.0
points = 8
held_out = 8
[training]
epochs = 6
[[ladder.rungs]]
kind = "gradient"
points = 2
reduction_factor = 2
[[ladder.rungs]]
kind = "training"
simulator = "quasistatic"
epochs = 2
reduction_factor = 2
[[ladder.rungs]]
kind = "training"
simulator = "quasistatic"
weight_seeds = [0, 1]
[design.synapse]
flavour = "01v8_lvt"
length_p = "350 nm"
multiplicity = [1, 2]
weight_high = "0.7 V"

[design.encoding]
bias_level = "0.3 V"

[design.load]
conductance = "400 uS"

[space]
"encoding.input_amplitude" = { low = "0.5 V", high = "0.9 V" }
"amplifier.gain_forward" = { low = 2.5, high = 9.0, log = true }
"amplifier.gain_backward" = { ratio_of = "amplifier.gain_forward", low = 0.03, high = 0.3, log = true }
"nudge.conductance" = { low = "0.5 mS", high = "5 mS", log = true }
"update.scale" = { low = "0.2 1/V", high = "100 1/V", log = true, per_layer = true }
"update.kind" = { choices = ["difference", "product"] }
"timing.phase_duration" = { low = "7 us", high = "80 us", log = true }

[search]
trials = 210
seed = 1
startup_trials = 30
objectives = { nmse = "minimize", energy = "minimize" }
[execution]
workers = 2
"""
"""Two objectives and a ladder. Some phases are too short for their edges: these trials fail."""


@pytest.fixture(scope="session")
def wide(ray_session: str, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """More than 200 trials: stopped on three rungs, complete, and infeasible."""
    return ran(parse(WIDE, source="wide.toml"), tmp_path_factory.mktemp("wide") / "out")
