# SPDX-License-Identifier: GPL-3.0-or-later
"""The samplers of a study file, whose proposals do not depend on what was proposed before.

What is proposed for a trial follows from the seed, the trial's number and the trials in the
storage, and from nothing else. So a study that is resumed proposes what it would have proposed had
it never been stopped, and nothing but plain numbers is kept in the storage. What is remembered here
is what follows from trials that have ended.
"""

# ruff: noqa: ARG002 - the arguments are those of Optuna's interface

from __future__ import annotations

import importlib.util
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler, GPSampler, NSGAIISampler, RandomSampler
from optuna.search_space import IntersectionSearchSpace
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from sweep._errors import SweepError
from sweep.search._finished_trials import FinishedTrials
from sweep.search._hub import NOT_ALLOWED, hub_sampler
from sweep.search._tpe import Memory, Tpe
from sweep.search._unit_cube import from_unit, point_to_values, values_to_point
from sweep.study._schema import Search

Space = Mapping[str, BaseDistribution]

_NEEDS = {"gp": ("torch",), "cmaes": ("cmaes",), "qmc": ("scipy",), "auto": ("optunahub", "torch")}
_FIRST_STEP_SIZE = 0.25  # of the unit cube; Hansen (2016), arXiv 1604.00772, appendix B: 0.2-0.5


class SamplerError(SweepError):
    """A sampler cannot do what the study file asks for, or lacks its package."""

    exit_code = 2


def make_sampler(
    search: Search, distributions: Mapping[str, BaseDistribution], *, allow_hub: bool = False
) -> BaseSampler:
    """The sampler that a study file asks for.

    **Arguments:**

    - `allow_hub`: whether the user has allowed code of OptunaHub's registry to be loaded and run.

    **Raises:** `SamplerError` where a package is missing or not allowed, or CMA-ES is to serve
    several objectives.
    """
    if search.sampler == "auto" and not allow_hub:
        raise SamplerError(NOT_ALLOWED)
    missing = [name for name in _NEEDS.get(search.sampler, ()) if not _is_installed(name)]
    if missing:
        names = " ".join(missing)
        msg = (
            f"search.sampler = {search.sampler!r} needs the package {' and '.join(missing)}, which "
            f"is not installed; install it (pip install {names}), or take 'tpe'."
        )
        raise SamplerError(msg)
    if search.sampler == "cmaes" and len(search.objectives) > 1:
        msg = (
            "search.sampler = 'cmaes' searches for one objective, and search.objectives has "
            f"{len(search.objectives)}; take 'nsga2', 'tpe' or 'gp'."
        )
        raise SamplerError(msg)
    return _MAKERS[search.sampler](distributions, search)


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _seed(*parts: object) -> int:
    """A seed of 32 bits from numbers and words, the same on every machine."""
    words = [
        part % 2**32 if isinstance(part, int) else zlib.crc32(str(part).encode()) for part in parts
    ]
    return int(np.random.SeedSequence(words).generate_state(1)[0])


class Forgetful(BaseSampler):
    """One of Optuna's samplers, made anew for every trial from the study's seed; for one study.

    **Arguments:**

    - `make`: makes the sampler from a seed.
    - `seed`: of the study.
    - `space`: what is searched.
    - `common`: the parameters that the sampler proposes together: those that all trials have, with
      the same range, as Optuna's samplers infer them; None where it proposes each one alone. A range
      that differs between the trials, as in a study that was widened, is left out there; then it is
      all of `space` instead.
    """

    def __init__(
        self,
        make: Callable[[int], BaseSampler],
        seed: int,
        space: Mapping[str, BaseDistribution] | None = None,
        *,
        common: IntersectionSearchSpace | None = None,
    ) -> None:
        self._make = make
        self._space = {name: d for name, d in (space or {}).items() if not d.single()}
        self._common = common
        self._ended: FinishedTrials | None = None
        self._is_widened = False
        self._seed = seed
        self._current: tuple[int, BaseSampler] = (-1, make(seed))

    def _of(self, trial: FrozenTrial) -> BaseSampler:
        if self._current[0] != trial.number:
            self._current = (trial.number, self._make(_seed(self._seed, trial.number)))
        return self._current[1]

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """See `BaseSampler`; a trial that is taken up again begins anew, too."""
        self._current = (-1, self._current[1])
        self._of(trial).before_trial(study, trial)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """See `BaseSampler`."""
        inferred = self._inferred(study, trial)
        lacking = any(name not in inferred for name in self._space)
        return self._space if lacking and self._has_old_ranges(study) else inferred

    def _inferred(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """What the sampler proposes together, by the ranges of the trials."""
        common = {} if self._common is None else self._common.calculate(study, use_cache=True)
        return {name: d for name, d in common.items() if not d.single()}

    def _has_old_ranges(self, study: Study) -> bool:
        """Whether a trial that ended had other ranges than the study has now."""
        self._ended = self._ended or FinishedTrials(study)
        ended, _ = self._ended.look()
        self._is_widened = self._is_widened or any(
            name in trial.distributions and trial.distributions[name] != distribution
            for trial in ended
            if trial.state in {TrialState.COMPLETE, TrialState.PRUNED}
            for name, distribution in self._space.items()
        )
        return self._is_widened

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """See `BaseSampler`."""
        return self._of(trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """See `BaseSampler`; every parameter has a seed of its own, whatever came before it."""
        sampler = self._make(_seed(self._seed, trial.number, param_name))
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """See `BaseSampler`."""
        self._make(_seed(self._seed, trial.number)).after_trial(study, trial, state, values)


class Nsga(NSGAIISampler):
    """NSGA-II whose first child of a generation sees the parents in the order all others do."""

    def get_parent_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        """See `NSGAIISampler`."""
        super().get_parent_population(study, generation)  # keeps them, by number
        return super().get_parent_population(study, generation)


class Sobol(BaseSampler):
    """Quasi-Monte-Carlo: trial n is point n of a scrambled Sobol sequence, choices included.

    Best balanced after a power of two of trials (Owen 1998, doi 10.1006/jcom.1998.0487).
    """

    def __init__(self, distributions: Mapping[str, BaseDistribution], seed: int) -> None:
        self._space = dict(distributions)
        self._seed = seed

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """The whole space."""
        return self._space

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The trial's point of the sequence."""
        from scipy.stats import qmc  # noqa: PLC0415 - only this sampler needs it

        sequence = qmc.Sobol(len(search_space), scramble=True, rng=_seed(self._seed))
        if trial.number:
            sequence.fast_forward(trial.number)
        return point_to_values(search_space, sequence.random(1)[0])

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """A random value; asked for only what is not in the space."""
        return _random(param_distribution, _seed(self._seed, trial.number, param_name))


class CmaEs(BaseSampler):
    """CMA-ES (Hansen 2016, arXiv 1604.00772) in the unit cube, replayed from the trials.

    The first `startup_trials` trials are random. After them, every `population` completed trials,
    in the order of their numbers, make a generation, also where several workers finish them out of
    order. Choices are sampled at random, for CMA-ES knows numbers only.
    """

    def __init__(
        self, distributions: Mapping[str, BaseDistribution], seed: int, *, startup_trials: int
    ) -> None:
        self._space = {
            name: distribution
            for name, distribution in distributions.items()
            if not isinstance(distribution, CategoricalDistribution) and not distribution.single()
        }
        self._seed = seed
        self._startup = startup_trials

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """All numbers of the space."""
        return self._space

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """A sample of the distribution that all generations so far have led to."""
        completed = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if len(search_space) < 2 or len(completed) < self._startup:  # noqa: PLR2004
            return {}
        from cmaes import CMA  # noqa: PLC0415 - only this sampler needs it

        sign = 1.0 if study.direction is StudyDirection.MINIMIZE else -1.0
        told = [
            (values_to_point(search_space, each.params), sign * float(each.values[0]))
            for each in completed
        ]
        first = min(told[: self._startup], key=lambda pair: pair[1])[0]
        optimizer = CMA(
            mean=first,
            sigma=_FIRST_STEP_SIZE,
            bounds=np.tile([0.0, 1.0], (len(search_space), 1)),
            seed=_seed(self._seed, trial.number),
        )
        size = optimizer.population_size
        rest = told[self._startup :]
        for start in range(0, len(rest) - size + 1, size):
            optimizer.tell(rest[start : start + size])
        return point_to_values(search_space, optimizer.ask())

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """A random value: choices, and all of the first trials."""
        return _random(param_distribution, _seed(self._seed, trial.number, param_name))


class AutoSampler(Forgetful):
    """OptunaHub's AutoSampler: for each trial the sampler that fits space, objectives and history.

    Where it takes Optuna's CMA-ES, which keeps itself in the storage as a pickle, `CmaEs` stands in.
    """

    def __init__(
        self, distributions: Mapping[str, BaseDistribution], seed: int, *, startup_trials: int
    ) -> None:
        super().__init__(hub_sampler(), seed, distributions)
        self._cmaes = CmaEs(distributions, seed, startup_trials=startup_trials)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """See `BaseSampler`."""
        if self._takes_cmaes(study, trial):
            return self._cmaes.infer_relative_search_space(study, trial)
        return super().infer_relative_search_space(study, trial)

    def _inferred(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """See `Forgetful`: as the sampler that it takes says."""
        return self._of(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """See `BaseSampler`."""
        if self._takes_cmaes(study, trial):
            return self._cmaes.sample_relative(study, trial, search_space)
        return super().sample_relative(study, trial, search_space)

    @staticmethod
    def _takes_cmaes(study: Study, trial: FrozenTrial) -> bool:
        """Whether that is what it has noted of a trial."""
        noted = study.get_trials(deepcopy=False)[trial.number].system_attrs
        return noted.get("auto:sampler") == "CmaEsSampler"


def _random(distribution: BaseDistribution, seed: int) -> Any:
    return from_unit(distribution, float(np.random.default_rng(seed).random()))


def _tpe(space: Space, search: Search) -> BaseSampler:
    """Of one objective parameters are proposed together, of several each one alone."""
    memory, single = Memory(), len(search.objectives) == 1
    return Forgetful(
        lambda seed: Tpe(memory, seed=seed, n_startup_trials=search.startup_trials),
        search.seed,
        space,
        common=IntersectionSearchSpace(include_pruned=True) if single else None,
    )


def _gp(space: Space, search: Search) -> BaseSampler:
    return Forgetful(
        lambda seed: GPSampler(seed=seed, n_startup_trials=search.startup_trials),
        search.seed,
        space,
        common=IntersectionSearchSpace(),
    )


def _nsga2(space: Space, search: Search) -> BaseSampler:
    return Forgetful(
        lambda seed: Nsga(seed=seed, population_size=max(2, search.startup_trials)),
        search.seed,
        space,
        common=IntersectionSearchSpace(),
    )


_MAKERS: dict[str, Callable[[Space, Search], BaseSampler]] = {
    "tpe": _tpe,
    "gp": _gp,
    "nsga2": _nsga2,
    "random": lambda _, search: Forgetful(lambda seed: RandomSampler(seed=seed), search.seed),
    "qmc": lambda space, search: Sobol(space, search.seed),
    "cmaes": lambda space, search: CmaEs(space, search.seed, startup_trials=search.startup_trials),
    "auto": lambda space, search: AutoSampler(
        space, search.seed, startup_trials=search.startup_trials
    ),
}
"""Space and `[search]` to the sampler of a name."""
