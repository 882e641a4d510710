# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs a search that TPE models no more than so many of the worse trials.

Protocol. One study for each seed and each bound: the space of `studies/demo.toml` (3-8-1 on a sine), each
trial a quasi-static training of six epochs without pruning, one trial after the other. The bound of 0 is
none, Optuna's own TPE. Printed are the best NMSE after so many trials, the median of the last 250, and the
sampler's processor time for each of the last 200 trials.

    python -m benchmarks modelled_trials                         # 8 seeds, 2,000 trials, 0 and 500
    python -m benchmarks modelled_trials --seeds 0 1 --modelled 0 250 1000
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import optuna
from optuna.search_space import IntersectionSearchSpace
from optuna.trial import TrialState

import pdk
import studies
from circuits import Trainer, make_trainer
from objectives.course import train
from sweep.search._tpe import MODELLED, Tpe, TpeHistory
from sweep.search.distributions import distributions
from sweep.search.samplers import Forgetful
from sweep.study.study_file import StudyFile, load

STUDY = Path(studies.__file__).parent / "demo.toml"
EPOCHS = 6
STARTUP = 10
LATEST, TIMED = 250, 200
ALL = 10**9


def search(
    study: StudyFile, trainer: Trainer, seed: int, modelled: int, trials: int
) -> tuple[list[float], float]:
    """Runs one search in this process, trial after trial.

    **Arguments:**

    - `study`: gives search space and training.
    - `trainer`: simulates the trainings.
    - `seed`: of the search.
    - `modelled`: most of the worse trials that TPE models; 0 for all.
    - `trials`: number of trials.

    **Returns:** held-out NMSE of each trial, infinite where it failed; and the sampler's mean processor time for
    each of the last `TIMED` trials, s.
    """
    memory, space = TpeHistory(), distributions(study.space)
    plan = dataclasses.replace(study.plan, epochs=EPOCHS)
    sampler = Forgetful(
        lambda each: Tpe(memory, modelled=modelled or ALL, seed=each, n_startup_trials=STARTUP),
        seed,
        space,
        common=IntersectionSearchSpace(include_pruned=True),
    )
    asked = optuna.create_study(sampler=sampler)
    values: list[float] = []
    spent: list[float] = []
    for _ in range(trials):
        before = time.process_time()
        trial = asked.ask(space)
        spent.append(time.process_time() - before)
        training = train(trainer, plan, study.space.design(trial.params))
        values.append(training.nmse if training.ok else math.inf)
        if training.ok:
            asked.tell(trial, training.nmse)
        else:
            asked.tell(trial, state=TrialState.FAIL)
    return values, statistics.mean(spent[-TIMED:])


def main(arguments: Sequence[str]) -> None:
    """Runs the searches, and prints for each bound the median of the best NMSE over the seeds."""
    options = _options(arguments)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = load(STUDY)
    trainer = make_trainer("quasistatic", pdk.locate(study.pdk_path, technology=study.technology))
    marks = [options.trials * part // 4 for part in (1, 2, 3, 4)]
    reached: dict[int, list[list[float]]] = {modelled: [] for modelled in options.modelled}
    for seed in options.seeds:
        for modelled in options.modelled:
            values, seconds = search(study, trainer, seed, modelled, options.trials)
            best = [min(values[:mark]) for mark in marks]
            reached[modelled].append(best)
            told = "  ".join(f"{nmse:.5f}" for nmse in best)
            print(
                f"seed {seed}  {modelled or 'all':>5} modelled: best {told}; "
                f"last {LATEST} {statistics.median(values[-LATEST:]):.5f}; {1e3 * seconds:.1f} ms",
                flush=True,
            )
    print(f"median of the best NMSE after {', '.join(map(str, marks))} trials")
    for modelled, bests in reached.items():
        medians = "  ".join(f"{statistics.median(each):.5f}" for each in zip(*bests, strict=True))
        print(f"{modelled or 'all':>5} modelled: {medians}")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks modelled_trials",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=list(range(8)), help="of the search"
    )
    parser.add_argument("--modelled", type=int, nargs="+", default=[0, MODELLED], help="0: all")
    parser.add_argument("--trials", type=int, default=2000)
    return parser.parse_args(arguments)
