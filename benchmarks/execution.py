# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the driver's processor time and memory, and the share of time in which workers are busy.

    python -m benchmarks execution driver [--trials 2000] [--objectives 1]
    python -m benchmarks execution bare [--trials 2000] [--objectives 1]
    python -m benchmarks execution busy [--workers 16]
    python -m benchmarks execution efficiency [--repeat 5]

`driver` and `busy` use the simulator of the tests instead of ngspice; it answers within milliseconds, or
after a second. `bare` measures how long Optuna's own TPE takes to ask and tell as many trials in the same
search space and kind of storage; `driver` prints that, too. `efficiency` runs the same designs in ngspice
with one worker and with two. All print the load of the machine, as other processes change the times.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.study import StudyDirection

from sweep.driver.driver import Settings, run_study
from sweep.driver.events import EpochFinished, Event, TrialFailed, TrialFinished
from sweep.search._journal import Journal
from sweep.search.distributions import distributions
from sweep.search.samplers import Forgetful
from sweep.study.study_file import StudyFile, parse
from tests.stand_in import install

_SHARE = 10  # number of parts of a study that are printed
_MEGABYTE = 1 << 20

STUDY = """
version = 2
name = "execution"
[network]
layers = [3, {hidden}, 1]
[task]
name = "sine"
points = {points}
held_out = 2
[training]
epochs = 1
[space]
"nudge.conductance" = {{ low = "0.1 mS", high = "1 mS", log = true }}
"encoding.target_amplitude" = {{ low = "10 mV", high = "400 mV", log = true }}
"encoding.input_amplitude" = {{ low = "0.5 V", high = "1 V" }}
"amplifier.gain_forward" = {{ low = 2.5, high = 9.0, log = true }}
"amplifier.clamp_low" = {{ low = "-0.7 V", high = "-0.1 V" }}
"update.scale" = {{ low = "1 1/V", high = "100 1/V", log = true, per_layer = true }}
[search]
trials = {trials}
sampler = "{sampler}"
objectives = {objectives}
pruner = "none"
[execution]
simulator = "ngspice"
"""


OBJECTIVES = {1: '{ nmse = "minimize" }', 2: '{ nmse = "minimize", energy = "minimize" }'}


def main(options: Sequence[str]) -> None:
    """Runs the measurement that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks execution")
    parser.add_argument("what", choices=["driver", "bare", "busy", "efficiency"])
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--objectives", type=int, choices=sorted(OBJECTIVES), default=1)
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--repeat", type=int, default=5)
    asked = parser.parse_args(options)
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as directory:
        match asked.what:
            case "driver":
                driver(Path(directory), asked.trials, asked.objectives)
            case "bare":
                bare(Path(directory), asked.trials, asked.objectives)
            case "busy":
                busy(Path(directory), asked.workers)
            case "efficiency":
                efficiency(Path(directory), asked.repeat)
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")


def _study(
    trials: int, *, points: int = 2, hidden: int = 2, objectives: int = 1, sampler: str = "tpe"
) -> StudyFile:
    text = STUDY.format(
        trials=trials,
        points=points,
        hidden=hidden,
        objectives=OBJECTIVES[objectives],
        sampler=sampler,
    )
    return parse(text, source="execution.toml")


def driver(directory: Path, trials: int, objectives: int) -> None:
    """Prints processor time of the driver for each trial, and its memory, as a study grows.

    Then it runs `bare` with the same numbers, in another process.

    **Arguments:**

    - `directory`: for the study and the simulator of the tests.
    - `trials`: number of trials.
    - `objectives`: number of objectives, a key of `OBJECTIVES`.
    """
    os.environ["ANALOG_SWEEP_NGSPICE"] = str(install(directory / "bin"))
    sampling = [0.0]
    for name in ("infer_relative_search_space", "sample_relative", "sample_independent"):
        _clock(Forgetful, name, sampling)
    course = Course("of the driver")

    def watch(event: Event) -> None:
        if isinstance(event, TrialFinished | TrialFailed):
            course.note(sampling[0])

    settings = Settings(out=directory / "out", workers=2, cache=False)
    run_study(_study(trials, objectives=objectives), settings, observer=watch)
    course.show()
    size = [f"--trials={trials}", f"--objectives={objectives}"]
    subprocess.run([sys.executable, "-m", "benchmarks", "execution", "bare", *size], check=True)


def bare(directory: Path, trials: int, objectives: int) -> None:
    """Prints processor time and memory of a loop that only asks Optuna's TPE for trials and tells it values.

    **Arguments:**

    - `directory`: for the journal file.
    - `trials`: number of trials.
    - `objectives`: number of objectives, a key of `OBJECTIVES`; their values are random.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = distributions(_study(trials, objectives=objectives).space)
    journal = Journal(directory / "journal.log")
    sampler = optuna.samplers.TPESampler(seed=0)
    study = optuna.create_study(
        storage=JournalStorage(journal),
        sampler=sampler,
        directions=objectives * [StudyDirection.MINIMIZE],
    )
    values = random.Random(0)
    course = Course("of Optuna alone")
    for _ in range(trials):
        with journal.group():
            trial = study.ask(space)
        with journal.group():
            study.tell(trial, [values.random() for _ in range(objectives)])
        course.note()
    course.show()


class Course:
    """Processor time and memory of this process after each trial of a study.

    - `whose`: what was measured, for the heading.
    """

    def __init__(self, whose: str) -> None:
        self._whose = whose
        self._times: list[float] = []
        self._sampling: list[float] = []
        self._memory: list[float] = []

    def note(self, sampling: float = 0.0) -> None:
        """Notes that a trial has finished; `sampling`: processor time in the sampler so far, s."""
        self._times.append(time.process_time())
        self._sampling.append(sampling)
        self._memory.append(_resident())

    def show(self) -> None:
        """Prints the mean of each tenth of the trials."""
        part = max(1, (len(self._times) - 1) // _SHARE)
        for first in range(0, len(self._times) - part, part):
            last = first + part
            each, sampling = (
                1e3 * (clock[last] - clock[first]) / part for clock in (self._times, self._sampling)
            )
            rest = f" ({each - sampling:.1f} ms outside the sampler)" if sampling else ""
            memory = self._memory[last] / _MEGABYTE
            print(
                f"trials {first:5d} to {last:5d}: {each:6.1f} ms {self._whose} each{rest}, "
                f"{memory:.0f} MB"
            )


def _clock(owner: type, name: str, total: list[float]) -> None:
    """Replaces a method by one that adds the processor time of its calls to a total, s."""
    original = getattr(owner, name)

    def timed(*arguments: Any, **keywords: Any) -> Any:
        before = time.process_time()
        try:
            return original(*arguments, **keywords)
        finally:
            total[0] += time.process_time() - before

    setattr(owner, name, timed)


def busy(directory: Path, workers: int) -> None:
    """Prints the share of time in which workers simulate, between the first and the last whole round."""
    os.environ["ANALOG_SWEEP_NGSPICE"] = str(install(directory / "bin", seconds=1.0))
    ended: list[tuple[float, float]] = []

    def watch(event: Event) -> None:
        if isinstance(event, EpochFinished):
            ended.append((time.monotonic(), event.seconds))

    settings = Settings(out=directory / "out", workers=workers, cache=False)
    run_study(_study(40 * workers), settings, observer=watch)
    # Workers start one after another and end so; these times are left out.
    counted = ended[4 * workers : -2 * workers]
    span = counted[-1][0] - counted[0][0]
    simulated = sum(seconds for _, seconds in counted[1:])
    print(
        f"{workers} workers: {simulated / (workers * span):.3f} of the time simulating "
        f"({len(counted)} runs of {statistics.median(s for _, s in counted):.2f} s)"
    )


def efficiency(directory: Path, repeat: int) -> None:
    """Prints the wall time of a study in ngspice with one worker over that with two, run in turns."""
    study = _study(16, points=40, hidden=8, sampler="random")
    ratios = []
    for number in range(repeat):
        one, two = (
            _seconds_a_run(study, directory / f"out{number}_{workers}", workers)
            for workers in ((1, 2) if number % 2 == 0 else (2, 1))
        )
        one, two = (one, two) if number % 2 == 0 else (two, one)
        ratios.append(one / two)
        print(f"1 worker: {one:.2f} s for each run, 2 workers: {two:.2f} s; {ratios[-1]:.2f}")
    print(f"2 workers are {statistics.median(ratios):.2f} times as fast as 1 (median of {repeat})")


def _seconds_a_run(study: StudyFile, out: Path, workers: int) -> float:
    """Returns the mean time from the end of a run to that of the next, s, without the first and last ones."""
    ends: list[float] = []

    def watch(event: Event) -> None:
        if isinstance(event, EpochFinished):
            ends.append(time.monotonic())

    run_study(study, Settings(out=out, workers=workers, cache=False), observer=watch)
    counted = ends[workers - 1 : len(ends) - workers + 1]
    return (counted[-1] - counted[0]) / (len(counted) - 1)


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize()
