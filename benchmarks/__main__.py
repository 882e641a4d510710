# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m benchmarks [NAME]`: runs all measurements of speed, or the one with the given name.

Those of `STUDIES` take minutes and have their own arguments; they run only by name.
"""

import sys
from collections.abc import Callable, Sequence

from benchmarks import (
    alternatives,
    execution,
    fresh_seeds,
    ladder,
    modelled_trials,
    noise_levels,
    original_figures,
    overhead,
    points,
    predictors,
    quasistatic,
    rank_correlation,
    report,
)

SPEED: dict[str, Callable[[], None]] = {
    "points": points.main,
    "quasistatic": quasistatic.main,
    "overhead": overhead.main,
}
STUDIES: dict[str, Callable[[Sequence[str]], None]] = {
    "rank_correlation": rank_correlation.main,
    "ladder": ladder.main,
    "predictors": predictors.main,
    "noise_levels": noise_levels.main,
    "execution": execution.main,
    "fresh_seeds": fresh_seeds.main,
    "alternatives": alternatives.main,
    "modelled_trials": modelled_trials.main,
    "original_figures": original_figures.main,
    "report": report.main,
}

match sys.argv[1:]:
    case []:
        for measure in SPEED.values():
            measure()
    case [name] if name in SPEED:
        SPEED[name]()
    case [name, *options] if name in STUDIES:
        STUDIES[name](options)
    case arguments:
        sys.exit(f"no benchmark {arguments[0]!r}; there are {', '.join([*SPEED, *STUDIES])}")
