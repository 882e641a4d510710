# SPDX-License-Identifier: GPL-3.0-or-later
"""OptunaHub: a registry of samplers whose code is fetched and run, so only where the user allows it.

A study file is data: naming the sampler `auto` in one loads nothing. What is loaded is one commit of the
registry, named here, so that all who run a study run the same code.
"""

from __future__ import annotations

from collections.abc import Callable

from optuna.samplers import BaseSampler

from sweep._errors import SweepError

REGISTRY = "github.com/optuna/optunahub-registry"
COMMIT = "ee680199100edbd95e0000eb20696c3ec5505973"
PACKAGE = "samplers/auto_sampler"

NOT_ALLOWED = (
    "search.sampler = 'auto' is OptunaHub's AutoSampler, whose code is no part of this program: "
    f"commit {COMMIT[:12]} of {REGISTRY} is fetched and run. Allow that with --allow-hub (from Python "
    "allow_hub=True), or take 'tpe'."
)


class HubError(SweepError):
    """OptunaHub's registry cannot be reached, or its package cannot be used."""

    exit_code = 2


def hub_sampler() -> Callable[[int], BaseSampler]:
    """Returns a function that makes an AutoSampler from a seed.

    The code is fetched unless it is in the user's cache.

    **Raises:** `HubError` where it cannot be loaded.
    """
    import optunahub  # noqa: PLC0415 - not installed as a rule

    try:
        module = optunahub.load_module(PACKAGE, ref=COMMIT)
        kind = module.AutoSampler
    except Exception as error:  # whatever git, the network or the package says
        msg = (
            f"OptunaHub's AutoSampler ({PACKAGE} of {REGISTRY}, commit {COMMIT[:12]}) cannot be "
            f"loaded: {type(error).__name__}: {' '.join(str(error).split())}. It is fetched once, "
            "with git over the network; without that take 'tpe'."
        )
        raise HubError(msg) from error
    return lambda seed: kind(seed=seed)
