# SPDX-License-Identifier: GPL-3.0-or-later
"""An epoch of 50 points at 3-32-4 as a chain of equilibria, against the transient in the same run."""

from __future__ import annotations

import statistics

import pdk
from benchmarks.points import lean, seed_run
from circuits import make_trainer
from circuits.simulators import find

POINTS = 50


def main() -> None:
    """Measure after a warm-up; table measuring and compilation happen once on a machine."""
    run = seed_run(POINTS)
    trainer = make_trainer("quasistatic", pdk.locate())
    seconds = []
    for _ in range(12):
        trace = trainer.run(run)
        if not trace.ok:
            raise SystemExit(trace.outcome.words)
        seconds.append(trace.outcome.seconds)
    epoch = statistics.median(seconds[2:])
    print(
        f"quasistatic                {1e3 * epoch:8.2f} ms an epoch of {POINTS} points "
        f"(fastest {1e3 * min(seconds):.2f} ms)"
    )
    transient = lean(find("auto").name, 4) * POINTS
    print(f"ratio transient / quasistatic: {transient / epoch:.0f}")
