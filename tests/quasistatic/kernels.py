# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiles kernels of the quasi-static simulator into the user's cache: `python -m tests.quasistatic.kernels training`.

The other word is `probe`, for those that look at single updates.
"""

from __future__ import annotations

import sys

import pdk
from circuits.quasistatic import QuasistaticTrainer
from circuits.simulators import find
from objectives.trainability import trainability
from tests.quasistatic.conftest import run_of

if __name__ == "__main__":
    trainer = QuasistaticTrainer(find("ngspice"), pdk.locate())
    run = run_of(**{"synapse.weight_high": 0.9})
    if sys.argv[1] == "training":
        trainer.run(run)
    else:
        trainability(trainer, run)
