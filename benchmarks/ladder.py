# SPDX-License-Identifier: GPL-3.0-or-later
"""Time to the first biasing that trains: a study's ladder against its transient runs alone.

Protocol. A study file with a ladder is run as it is, and then without its ladder: the same space,
sampler, seed, pruner and number of workers on the same machine, every trial the training of the last
rung. A biasing trains where that training, a full transient, ends below a held-out NMSE; both
searches are judged by it alone. The clock runs from the study's start (Ray and device tables are
there, quasi-static code is compiled) to the end of the first such trial, or to the limit. Chance is
large: give several seeds, and read the median.

Where transients take days, `--alone quasistatic` computes the trainings of the second search in
quasi-static simulation: the same trials one by one as far as the two simulations agree, so the epochs that
it takes are those of transients. Its time is then so many times what an epoch of the first search's
transients took.

    python -m benchmarks ladder                            # 3-8-1, at most ten minutes
    python -m benchmarks ladder --seeds 0 1 2 3 4
    python -m benchmarks ladder --study mine.toml --threshold 0.1 --limit 86400    # ends in a transient
    python -m benchmarks ladder --study benchmarks/two_hidden.toml --threshold 0.2 --limit 3600 \
        --workers 1 --alone quasistatic
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import math
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import studies
from circuits.trainers import TRAINERS
from sweep.driver.driver import Settings, run_study
from sweep.driver.events import EpochFinished, Event, StudyStarted, TrialFinished, TrialStarted
from sweep.study.ladder import QUASISTATIC, without_ladder
from sweep.study.study_file import StudyFile, load

STUDY = Path(studies.__file__).parent / "ladder_demo.toml"


class Enough(Exception):  # noqa: N818 - nothing is wrong
    """The search has found a trial below the threshold, or has reached its time limit."""


@dataclass
class Watch:
    """Observer that ends a study at its first trial whose NMSE is below a threshold.

    - `threshold`: held-out NMSE; `limit`: most time, s.
    - `seconds`: time until that trial ended, s; infinite without one.
    - `trial`, `nmse`: of that trial; `begun`: number of trials begun until then.
    - `top`: index of the last rung; `epochs`, `simulating`: number of its epochs that were simulated, and
      their wall time, s.
    """

    threshold: float
    limit: float
    top: int
    seconds: float = math.inf
    trial: int = -1
    nmse: float = math.nan
    begun: int = 0
    epochs: int = 0
    simulating: float = 0.0
    _start: float = field(default=0.0)

    @property
    def each(self) -> float:
        """Mean wall time of an epoch of the last rung, s; NaN where none ended."""
        return self.simulating / self.epochs if self.epochs else math.nan

    def __call__(self, event: Event) -> None:
        """Notes an event. Raises `Enough` at the end of the search."""
        now = time.perf_counter()
        if isinstance(event, StudyStarted):
            self._start = now
        elif isinstance(event, TrialStarted):
            self.begun += 1
        elif isinstance(event, EpochFinished) and event.rung == self.top:
            self.epochs += event.epochs
            self.simulating += event.seconds
        elif isinstance(event, TrialFinished) and event.nmse < self.threshold:
            self.seconds, self.trial, self.nmse = now - self._start, event.trial, event.nmse
            raise Enough
        if now - self._start > self.limit:
            raise Enough


def first_hit(
    study: StudyFile, options: argparse.Namespace, *, simulator: str | None = None
) -> Watch:
    """Runs a study until it has found a trial below the threshold.

    **Arguments:**

    - `study`: the study file.
    - `options`: `threshold` (held-out NMSE), `limit` (time, s) and `workers`, of the command line.
    - `simulator`: to use instead of that of the study file; None for that one.

    **Returns:** the observer with its times and counts.
    """
    watch = Watch(options.threshold, options.limit, len(study.ladder.rungs) - 1)
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings(
            out=Path(directory) / "out", simulator=simulator, workers=options.workers, cache=False
        )
        with contextlib.suppress(Enough):
            run_study(study, settings, observer=watch)
    return watch


def main(arguments: Sequence[str]) -> None:
    """Runs both searches for each seed, and prints their times."""
    options = _options(arguments)
    described = load(options.study)
    if not described.ladder.declared:
        raise SystemExit(f"{options.study} has no [ladder] to be compared with")
    top = described.ladder.top
    took: dict[str, list[float]] = {"ladder": [], "transient": []}
    for seed in options.seeds:
        search = described.search.model_copy(update={"seed": seed, "trials": 1_000_000})
        climbing = dataclasses.replace(described, search=search)
        plan = top.plan(described.plan, top.weight_seeds[0])
        alone = without_ladder(plan, options.alone or str(described.transient))
        plain = dataclasses.replace(climbing, plan=plan, ladder=alone)
        climbed = first_hit(climbing, options)
        _tell(seed, "ladder", climbed)
        straight = first_hit(plain, options, simulator=options.alone)
        _tell(seed, "transient", straight)
        took["ladder"].append(climbed.seconds)
        if options.alone == QUASISTATIC and math.isfinite(straight.seconds):
            took["transient"].append(straight.epochs * climbed.each)
            print(f"seed {seed}  transient  hence {took['transient'][-1]:7.1f} s", flush=True)
        else:
            took["transient"].append(straight.seconds)
    medians = {name: statistics.median(values) for name, values in took.items()}
    print(
        f"{'-'.join(map(str, described.layers))}, NMSE below {options.threshold:g}: median "
        + ", ".join(f"{name} {value:.1f} s" for name, value in medians.items())
        + f", ratio {medians['transient'] / medians['ladder']:.2f}"
    )


def _tell(seed: int, name: str, watch: Watch) -> None:
    found = (
        f"{watch.seconds:7.1f} s (trial {watch.trial}, NMSE {watch.nmse:.3g})"
        if math.isfinite(watch.seconds)
        else f"nothing in {watch.limit:g} s"
    )
    print(
        f"seed {seed}  {name:10} {found}, {watch.begun} trials begun; {watch.epochs} epochs of "
        f"the last rung, {watch.each:.2f} s each",
        flush=True,
    )


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks ladder",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--study", type=Path, default=STUDY, help="a study file with a ladder")
    parser.add_argument("--threshold", type=float, default=0.04, help="the NMSE of what trains")
    parser.add_argument("--limit", type=float, default=300.0, help="of one search, s")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="of the searches")
    parser.add_argument(
        "--alone", choices=TRAINERS, help="the simulator of the search without a ladder"
    )
    parser.add_argument("--workers", type=int, default=None, help="tasks at a time")
    return parser.parse_args(arguments)
