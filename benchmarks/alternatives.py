# SPDX-License-Identifier: GPL-3.0-or-later
"""Epochs until the first biasing that trains: a ladder with TPE against plain alternatives.

Protocol. All searches have the same space (that of `studies/ladder_demo.toml`), quasi-static simulator,
first weights and budget: so many epochs simulated, those of pruned and failed trials included. A biasing
trains where its training of all epochs ends below a held-out NMSE. Counted are epochs until the first such
trial, for each of several search seeds: that depends on no clock and no other load. One task at a time.

- `random`, `qmc`: a training of all epochs for each point; they learn nothing.
- `tpe`: the same trainings, proposed by TPE.
- `ladder`: TPE, with a first rung of a third of the epochs, of which one in three trials goes on.

    python -m benchmarks alternatives                        # 10 repetitions
    python -m benchmarks alternatives --repetitions 3 --threshold 0.05
"""

from __future__ import annotations

import argparse
import contextlib
import math
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import optuna

import studies
from circuits import Trainer
from sweep.driver._rung_simulators import rung_simulators_for, trainers_for
from sweep.driver._stop_request import StopRequest
from sweep.driver._straggler_timeout import StragglerTimeout
from sweep.driver._study_loop import StudyLoop
from sweep.driver.events import EpochFinished, Event, TrialFinished
from sweep.results.files import Layout
from sweep.search.study_store import StudyStore
from sweep.study.study_file import StudyFile, parse
from sweep.worker.executor import RayExecutor
from tests.in_this_process import InThisProcess

STUDY = Path(studies.__file__).parent / "ladder_demo.toml"

SHORT, FACTOR = 3, 3  # first rung: a third of the epochs; one in three trials is promoted


class Enough(Exception):  # noqa: N818 - nothing is wrong
    """The search has found a trial below the threshold, or has used its budget."""


@dataclass
class Count:
    """Observer that counts epochs until the NMSE of a trial is below a threshold.

    - `threshold`: held-out NMSE; `budget`: most epochs.
    - `epochs`: simulated so far; `found`: simulated until that trial, infinite before.
    """

    threshold: float
    budget: int
    epochs: int = 0
    found: float = math.inf

    def __call__(self, event: Event) -> None:
        """Counts the epochs of an event. Raises `Enough` at the end of the search."""
        if isinstance(event, EpochFinished):
            self.epochs += event.epochs
        elif isinstance(event, TrialFinished) and event.nmse < self.threshold:
            self.found = self.epochs
            raise Enough
        if self.epochs >= self.budget:
            raise Enough


def described(method: str, seed: int, epochs: int) -> StudyFile:
    """Returns the study of a method: the demonstration's search space with one or two quasi-static rungs.

    **Arguments:**

    - `method`: one of `METHODS`.
    - `seed`: of the search.
    - `epochs`: of a whole training.
    """
    text = STUDY.read_text("utf-8")
    start, end = text.index("[[ladder.rungs]]"), text.index("[design]")
    rung = '[[ladder.rungs]]\nkind = "training"\nsimulator = "quasistatic"\n'
    short = f"{rung}epochs = {max(1, epochs // SHORT)}\nreduction_factor = {FACTOR}\n"
    ladder = (short if method == "ladder" else "") + rung
    text = text[:start] + ladder + text[end:]
    study = parse(text.replace("epochs = 10", f"epochs = {epochs}", 1), source=str(STUDY))
    sampler = "tpe" if method == "ladder" else method
    search = study.search.model_copy(
        update={"sampler": sampler, "seed": seed, "trials": 1_000_000, "startup_trials": 10}
    )
    return StudyFile(**{**vars(study), "search": search})


def epochs_to_target(study: StudyFile, trainers: tuple[Trainer, ...], count: Count) -> float:
    """Runs a study in this process until it has found a design that trains.

    **Arguments:**

    - `study`: the study file.
    - `trainers`: one for each rung.
    - `count`: the observer, which ends the search.

    **Returns:** number of epochs simulated until then; infinite where the budget was used before.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as directory:
        layout = Layout(Path(directory) / "out")
        loop = StudyLoop(
            study_file=study,
            layout=layout,
            store=StudyStore(optuna.create_study(), study, contextlib.nullcontext),
            executor=cast("RayExecutor", InThisProcess()),
            rung_simulators=rung_simulators_for(study, trainers, Path(directory), cache=False),
            observer=count,
            stop_request=StopRequest(layout),
            target=study.search.trials,
            straggler_timeout=StragglerTimeout(factor=math.inf, least=math.inf),
        )
        with contextlib.suppress(Enough):
            loop.run()
    return count.found


METHODS = ("random", "qmc", "tpe", "ladder")


def main(arguments: Sequence[str]) -> None:
    """Runs every method with every seed, and prints a table."""
    options = _options(arguments)
    methods: list[str] = options.methods
    took: dict[str, list[float]] = {method: [] for method in methods}
    trainers: tuple[Trainer, ...] = ()
    for seed in range(options.repetitions):
        for method in methods:
            study = described(method, seed, options.epochs)
            if not trainers:
                trainers = trainers_for(study, None, None, out=Path())
            count = Count(options.threshold, options.budget)
            fitting = trainers[:1] * len(study.ladder.rungs)
            took[method].append(epochs_to_target(study, fitting, count))
        row = "  ".join(f"{method} {took[method][-1]:6g}" for method in methods)
        print(f"seed {seed}: {row}", flush=True)
    print(f"epochs to NMSE < {options.threshold:g}, budget {options.budget}")
    for method, values in took.items():
        reached = sum(map(math.isfinite, values))
        median = statistics.median(values)
        print(f"{method:8} median {median:6g}, reached in {reached} of {len(values)}")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks alternatives",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--methods", nargs="+", choices=METHODS, default=list(METHODS), help="of the searches"
    )
    parser.add_argument("--repetitions", type=int, default=10, help="seeds of the search")
    parser.add_argument("--epochs", type=int, default=12, help="of a whole training")
    parser.add_argument("--threshold", type=float, default=0.03, help="the NMSE of what trains")
    parser.add_argument("--budget", type=int, default=2400, help="epochs of one search")
    return parser.parse_args(arguments)
