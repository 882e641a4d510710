# SPDX-License-Identifier: GPL-3.0-or-later
"""The samplers of a study file; a resumed study gets the same proposals as one that never stopped.

The proposal for a trial depends on the seed, the trial's number and the trials in the storage, and on
nothing else. No pickled sampler is kept in the storage. What samplers cache follows from finished
trials.
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
from sweep.search._tpe import Tpe, TpeHistory
from sweep.search._unit_cube import from_unit, point_to_values, values_to_point
from sweep.study._schema import Search
from sweep.study.version1 import former_parameter

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

    - `search`: the table `[search]`.
    - `distributions`: the distribution of each parameter, by name.
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


def _parameter_seed(seed: int, trial: FrozenTrial, name: str) -> int:
    """A seed for one parameter of one trial.

    It is made of the parameter's name in study files of version 1: a study that was migrated has the
    trials that it had before.
    """
    return _seed(seed, trial.number, former_parameter(name))


class Forgetful(BaseSampler):
    """One of Optuna's samplers, made anew for every trial from the study's seed; for one study.

    **Arguments:**

    - `make`: makes the sampler from a seed.
    - `seed`: seed of the study's sampler.
    - `space`: the distribution of each parameter, by name.
    - `common`: infers the parameters that the sampler proposes together, as Optuna's samplers do: those
      that all trials have with the same range. None where it proposes each one alone. In a study whose
      ranges were widened, parameters are missing from the inferred ones; then all of `space` is
      proposed together.
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
        """The parameters that the sampler proposes together, by the ranges of the trials.

        In the order of their names in study files of version 1: see `_parameter_seed`.
        """
        common = {} if self._common is None else self._common.calculate(study, use_cache=True)
        names = sorted(common, key=former_parameter)
        return {name: common[name] for name in names if not common[name].single()}

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
        """As Optuna's `BaseSampler.sample_relative`.

        **Arguments:**

        - `study`, `trial`: the study, and the trial to sample for.
        - `search_space`: distributions of the parameters that are proposed together, by name.

        **Returns:** the values by name.
        """
        return self._of(trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """As Optuna's `BaseSampler.sample_independent`; every parameter has a seed of its own.

        **Arguments:**

        - `study`, `trial`: the study, and the trial to sample for.
        - `param_name`, `param_distribution`: the parameter, and its distribution.

        **Returns:** the value.
        """
        sampler = self._make(_parameter_seed(self._seed, trial, param_name))
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """As Optuna's `BaseSampler.after_trial`.

        **Arguments:**

        - `study`, `trial`: the study, and the trial that ends.
        - `state`, `values`: its final state, and its values; None where it has none.
        """
        self._make(_seed(self._seed, trial.number)).after_trial(study, trial, state, values)


class Nsga(NSGAIISampler):
    """NSGA-II in which all children of a generation get the parents in the same order."""

    def get_parent_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        """See `NSGAIISampler`."""
        super().get_parent_population(study, generation)  # stores them, without order
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
        """Returns the trial's point of the Sobol sequence.

        **Arguments:**

        - `study`: not used.
        - `trial`: the trial, whose number is that of the point.
        - `search_space`: distributions of the parameters, by name.

        **Returns:** the values by name.
        """
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
        """Returns a random value; called only for a parameter that is not in the space.

        **Arguments:**

        - `study`: not used.
        - `trial`: the trial to sample for.
        - `param_name`, `param_distribution`: the parameter, and its distribution.
        """
        return _random(param_distribution, _parameter_seed(self._seed, trial, param_name))


class CmaEs(BaseSampler):
    """CMA-ES (Hansen 2016, arXiv 1604.00772) in the unit cube, computed anew from all trials each time.

    The first `startup_trials` trials are random. After them, the completed trials, in the order of
    their numbers, are divided into generations of CMA-ES's population size, also where several workers
    finish them out of order. Choices are sampled at random, because CMA-ES has numbers only.
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
        """Returns a sample of the distribution after all generations so far.

        **Arguments:**

        - `study`: the study, whose complete trials make the generations.
        - `trial`: the trial to sample for.
        - `search_space`: distributions of the numeric parameters, by name.

        **Returns:** the values by name; empty for the first trials and with fewer than two parameters.
        """
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
        """Returns a random value: for choices, and for all parameters of the first trials.

        **Arguments:**

        - `study`: not used.
        - `trial`: the trial to sample for.
        - `param_name`, `param_distribution`: the parameter, and its distribution.
        """
        return _random(param_distribution, _parameter_seed(self._seed, trial, param_name))


class AutoSampler(Forgetful):
    """OptunaHub's AutoSampler, which chooses a sampler for each trial by space, objectives and history.

    `CmaEs` replaces Optuna's CMA-ES, which keeps its state in the storage as a pickle.
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
        """As the sampler that is chosen for the trial infers them."""
        return self._of(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """As `Forgetful.sample_relative`, or that of `CmaEs` where AutoSampler chooses CMA-ES.

        **Arguments:**

        - `study`, `trial`: the study, and the trial to sample for.
        - `search_space`: distributions of the parameters that are proposed together, by name.

        **Returns:** the values by name.
        """
        if self._takes_cmaes(study, trial):
            return self._cmaes.sample_relative(study, trial, search_space)
        return super().sample_relative(study, trial, search_space)

    @staticmethod
    def _takes_cmaes(study: Study, trial: FrozenTrial) -> bool:
        """Whether AutoSampler has chosen CMA-ES for a trial, which it writes into the trial's attributes."""
        noted = study.get_trials(deepcopy=False)[trial.number].system_attrs
        return noted.get("auto:sampler") == "CmaEsSampler"


def _random(distribution: BaseDistribution, seed: int) -> Any:
    return from_unit(distribution, float(np.random.default_rng(seed).random()))


def _tpe(space: Space, search: Search) -> BaseSampler:
    """With one objective parameters are proposed together, with several each one alone."""
    memory, single = TpeHistory(), len(search.objectives) == 1
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
"""Name to a function that makes the sampler from the space and the table `[search]`."""
