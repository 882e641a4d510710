# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rungs below the trainings look at: each check a function, by the kind of its rung."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from circuits import Design, Run, Stimulus, Trainer, TransientTrainer
from circuits.simulators import Outcome
from objectives import TrainingPlan


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found.

    - `run`: what was looked at, `outcome`: how that ended.
    - `values`: what the rung ranks trials by, less is better; empty where it passes or fails them.
    """

    run: Run
    outcome: Outcome
    values: tuple[float, ...] = ()


Check = Callable[[Trainer, TrainingPlan, Design, int], Found]


def device(trainer: Trainer, plan: TrainingPlan, design: Design, points: int) -> Found:
    """Whether the netlist can be built, and the first training points have an equilibrium.

    **Raises:** the errors of a circuit that cannot be built or is not quasi-static.
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
        plan.scenario,
        plan.body_network,
    )
    TransientTrainer(trainer.simulator, trainer.models).deck(run)
    return Found(run, trainer.run(run).outcome)


def gradient(trainer: Trainer, plan: TrainingPlan, design: Design, points: int) -> Found:
    """How far the updates at the first weights are from gradient descent, in the worst layer.

    **Raises:** as `trainer.run`.
    """
    # numba takes a second to import, which a transient does not need.
    from circuits.quasistatic import QuasistaticTrainer  # noqa: PLC0415
    from objectives.trainability import points_run, trainability  # noqa: PLC0415

    assert isinstance(trainer, QuasistaticTrainer)
    run = points_run(plan, design, points=points)
    outcome = trainer.run(run).outcome
    if not outcome.ok:
        return Found(run, outcome)
    return Found(run, outcome, (1.0 - trainability(trainer, run).worst_alignment,))


CHECKS: Mapping[str, Check] = MappingProxyType({"device": device, "gradient": gradient})
