# SPDX-License-Identifier: GPL-3.0-or-later
"""Quasi-static training: every phase an equilibrium, solved with measured device tables.

Phases last a thousand time constants of the circuit's nodes or more, so each one ends in an
equilibrium. Solving that instead of integrating over time is thousands of times faster:

    trainer = QuasistaticTrainer(find("auto"), pdk.locate())
    trace = trainer.run(Run(layers, design, stimulus, weights))

`probe` solves a run's points without writing weights and computes the exact gradient there,
`second_equilibria` searches for other equilibria of them, and `GradientTrainer` trains with the gradient.
"""

from circuits.quasistatic._descent import GradientTrainer
from circuits.quasistatic._equilibria import Equilibria, second_equilibria
from circuits.quasistatic._errors import NoEquilibrium, NotQuasistatic
from circuits.quasistatic._probe import MIRRORED, NONE, TARGET, Probe, probe
from circuits.quasistatic._trainer import QuasistaticTrace, QuasistaticTrainer
from circuits.quasistatic._validity import check_quasistatic

__all__ = [
    "MIRRORED",
    "NONE",
    "TARGET",
    "Equilibria",
    "GradientTrainer",
    "NoEquilibrium",
    "NotQuasistatic",
    "Probe",
    "QuasistaticTrace",
    "QuasistaticTrainer",
    "check_quasistatic",
    "probe",
    "second_equilibria",
]
