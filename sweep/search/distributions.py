# SPDX-License-Identifier: GPL-3.0-or-later
"""Optuna's distributions for the parameters of a search space."""

from __future__ import annotations

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from sweep.study.space import Parameter, Space

__all__ = ["distribution", "distributions"]


def distribution(parameter: Parameter) -> BaseDistribution:
    """Returns the distribution from which Optuna samples a parameter."""
    if parameter.choices:
        return CategoricalDistribution(parameter.choices)
    if parameter.integer:
        step = 1 if parameter.step is None else int(parameter.step)
        low, high = int(parameter.low), int(parameter.high)
        return IntDistribution(low, high, log=parameter.log, step=step)
    return FloatDistribution(parameter.low, parameter.high, log=parameter.log, step=parameter.step)


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """Returns a distribution for each parameter of a space, by name.

    The order is that of the space, which does not depend on the order in the study file.
    """
    return {parameter.name: distribution(parameter) for parameter in space.parameters}
