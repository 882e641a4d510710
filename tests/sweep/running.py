# SPDX-License-Identifier: GPL-3.0-or-later
"""Tiny studies that take a second, drivers in processes of their own, and a look at what is left."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sweep.driver.events import Event
from sweep.search.opening import open_results
from sweep.study.ladder import TrainingRung
from sweep.study.study_file import StudyFile, parse

TINY = """\
version = 2
name = "tiny"
[network]
layers = [3, 2, 1]
[task]
name = "sine"
points = {points}
held_out = 3
[training]
epochs = {epochs}
[design]
{length_p}
synapse.length_n = "0.35 um"
{design}
[space]
"encoding.target_amplitude" = {{ low = "10 mV", high = "100 mV", log = true }}
"synapse.multiplicity" = {{ low = 1, high = 3 }}
{space}
[search]
trials = {trials}
seed = 3
startup_trials = 2
sampler = "{sampler}"
{search}
[execution]
simulator = "ngspice"
workers = {workers}
run_cache = "{run_cache}"
{execution}
"""

FLAVOURS = '"synapse.flavour" = { choices = ["01v8", "01v8_lvt"] }'


LADDER = """\
[[ladder.rungs]]
kind = "device"
[[ladder.rungs]]
kind = "training"
simulator = "quasistatic"
weight_seeds = [0, 1]
reduction_factor = 2
[[ladder.rungs]]
kind = "training"
simulator = "transient"
epochs = 1
reduction_factor = 2
[[ladder.rungs]]
kind = "training"
simulator = "transient"
"""
"""The rungs: the circuit; 2 quasi-static epochs from 2 seeds; 1 epoch and 2 of a transient."""


def tiny(**changes: Any) -> StudyFile:
    """A study of a 3-2-1 net on 4 points for 2 epochs; keywords fill `TINY`."""
    filling: dict[str, Any] = {
        "points": 4,
        "epochs": 2,
        "trials": 3,
        "sampler": "random",
        "workers": 1,
        "run_cache": "0 B",
        "length_p": 'synapse.length_p = "0.35 um"',
        "design": "",
        "space": "",
        "search": 'pruner = "none"',
        "execution": "",
    }
    return parse(TINY.format(**{**filling, **changes}), source="tiny.toml")


GRADIENT = """\
[[ladder.rungs]]
kind = "gradient"
points = 3
reduction_factor = 2
[[ladder.rungs]]
kind = "training"
simulator = "quasistatic"
"""
"""The rungs: 3 points of the untrained circuit; 2 quasi-static epochs."""


def laddered(ladder: str = LADDER, **changes: object) -> StudyFile:
    """Six trials on a ladder."""
    return tiny(**{"trials": 6, "sampler": "tpe", **changes}, execution=ladder)


@dataclass
class Record:
    """An observer that keeps all events, and does something at some of them."""

    do: Callable[[Event], None] | None = None
    events: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        if self.do is not None:
            self.do(event)

    def of(self, kind: type[Any]) -> list[Any]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]


def digest(out: Path) -> list[dict[str, Any]]:
    """All that a study has found, without times: what two equal studies have in common."""
    results = open_results(out)
    ladder = results.study_file.ladder
    trainings = dict.fromkeys(
        ladder.training(index, seed)
        for index, rung in enumerate(ladder.rungs)
        if isinstance(rung, TrainingRung)
        for seed in rung.weight_seeds
    )
    found = []
    for trial in results.study.get_trials(deepcopy=False):
        epochs = [
            record for name in trainings for record in results.epochs(trial.number, training=name)
        ]
        found.append(
            {
                "state": trial.state.name,
                "params": trial.params,
                "values": trial.values,
                "reports": trial.intermediate_values,
                "rungs": [trial.user_attrs.get(name) for name in ("rung", "rung_values")],
                "simulated": trial.user_attrs.get("rung_simulated"),
                "keys": [record.run_key for record in epochs],
                "arrays": [
                    {name: np.asarray(array).tobytes() for name, array in record.arrays.items()}
                    for record in epochs
                ],
            }
        )
    return found


def snapshot(directory: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below a directory, with its time of change and content."""
    return {
        str(path.relative_to(directory)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


_PROGRAM = """\
import os, signal, sys
from pathlib import Path
from sweep.driver.driver import Settings, run_study
from sweep.observers.progress import JsonObserver
from sweep.study.study_file import load
{patch}
def main():
    address = sys.argv[3] or None
    storage = sys.argv[4] or None
    settings = Settings(out=Path(sys.argv[2]), resume=True, address=address, storage=storage)
    summary = run_study(load(Path(sys.argv[1])), settings, observer=JsonObserver())
    sys.exit(summary.exit_code)
main()
"""


def start_driver(
    study: StudyFile, out: Path, *, address: str = "", patch: str = "", storage: str = ""
) -> subprocess.Popen[bytes]:
    """A driver in a process of its own, writing its events to `<out>.log`.

    `patch` is code that it runs first: a way to be killed at a chosen point.
    """
    source = out.with_name(out.name + ".toml")
    source.write_text(study.text)
    with out.with_name(out.name + ".log").open("ab") as log:
        return subprocess.Popen(
            [
                sys.executable,
                "-c",
                _PROGRAM.format(patch=patch),
                str(source),
                str(out),
                address,
                storage,
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain until {what}"
        time.sleep(0.02)
