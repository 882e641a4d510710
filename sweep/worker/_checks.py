# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of the rungs below the trainings: one function for each kind of rung."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from circuits import Design, Run, Stimulus, Trainer, TransientTrainer
from circuits.simulators import Cause, Outcome, Verdict
from objectives import TrainingPlan


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of a check.

    - `run`: the run that was simulated; `outcome`: its outcome.
    - `values`: the values by which the rung ranks trials, lower is better; empty for a check that only
      passes or fails them.
    """

    run: Run
    outcome: Outcome
    values: tuple[float, ...] = ()


Check = Callable[[Trainer, TrainingPlan, Design, int], CheckResult]


def device(trainer: Trainer, plan: TrainingPlan, design: Design, points: int) -> CheckResult:
    """Check that the netlist can be built, and that the first training points have an equilibrium.

    **Arguments:**

    - `trainer`: the simulator that finds the equilibria.
    - `plan`: the training, which gives task and first weights.
    - `design`: the design.
    - `points`: number of training points that are solved.

    **Returns:** the outcome, without values.

    **Raises:** as `TransientTrainer.deck` and `trainer.run`.
    """
    data = plan.task.data()
    inputs, targets = data.inputs[:points], data.targets[:points]
    stimulus = Stimulus.evaluation(
        plan.inputs_in_volts(design, inputs),
        plan.targets_in_volts(design, targets),
        layers=len(plan.layers) - 1,
    )
    run = Run(
        plan.layers,
        design,
        stimulus,
        plan.first_weights(design),
        plan.corner,
        plan.body_network,
    )
    TransientTrainer(trainer.simulator, trainer.models).deck(run)
    return CheckResult(run, trainer.run(run).outcome)


def gradient(trainer: Trainer, plan: TrainingPlan, design: Design, points: int) -> CheckResult:
    """Compare the updates with the exact gradient, before any training.

    **Arguments:**

    - `trainer`: the quasi-static simulator.
    - `plan`: the training, which gives task and first weights.
    - `design`: the design.
    - `points`: number of training points that are evaluated.

    **Returns:** 1 minus the smallest alignment of all layers, from 0 (gradient descent) to 2; no value
    where a point has no equilibrium or the alignment is not finite.

    **Raises:** as `objectives.trainability.trainability`, but for `NoEquilibrium`.
    """
    # numba takes a second to import, which the driver does not need.
    from circuits.quasistatic import NoEquilibrium, QuasistaticTrainer  # noqa: PLC0415
    from objectives.trainability import points_run, trainability  # noqa: PLC0415

    assert isinstance(trainer, QuasistaticTrainer)
    run = points_run(plan, design, points=points)
    try:
        found = trainability(trainer, run)
    except NoEquilibrium as error:
        return CheckResult(run, Outcome.of(Verdict(Cause.NO_DC_POINT, str(error))))
    value = 1.0 - found.worst_alignment
    if not math.isfinite(value):
        words = "The updates of a layer, or its gradient, are no finite numbers."
        return CheckResult(run, Outcome.of(Verdict(Cause.NOT_FINITE, words)))
    return CheckResult(run, Outcome.of(Verdict(Cause.NONE)), (value,))


CHECKS: Mapping[str, Check] = MappingProxyType({"device": device, "gradient": gradient})
