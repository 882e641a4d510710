# SPDX-License-Identifier: GPL-3.0-or-later
"""Samplers and pruners: what they propose follows from seed, number and history alone."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, GPSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState, create_trial

from sweep.driver.driver import Settings, run_study
from sweep.search._hub import HubError
from sweep.search._pruners import Halving, make_pruner
from sweep.search._tpe import Tpe, TpeHistory
from sweep.search._unit_cube import from_unit, to_unit
from sweep.search.samplers import Forgetful, Nsga, SamplerError, make_sampler
from sweep.study._schema import HalvingPruner, MedianPruner, NoPruner, Search
from sweep.study.study_file import parse
from sweep.study.version1 import renamed_parameter
from tests.sweep.study_texts import tables, toml

optuna.logging.set_verbosity(optuna.logging.WARNING)

SPACE: dict[str, BaseDistribution] = {
    "beta": FloatDistribution(1e-5, 1e-2, log=True),
    "clamp": FloatDistribution(-0.6, 0.4, step=0.05),
    "copies": IntDistribution(1, 8),
    "rule": CategoricalDistribution(["difference", "product"]),
    "level": FloatDistribution(-1.0, 1.0),
}

needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="the GP sampler needs torch"
)
needs_hub = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("optunahub", "torch"))),
    reason="OptunaHub's AutoSampler needs optunahub and torch",
)
SAMPLERS = ["tpe", "nsga2", "cmaes", "qmc", "random", pytest.param("gp", marks=needs_torch)]


def cost(values: dict[str, Any]) -> float:
    """A function with its minimum at beta = 1 mS, level = 0.3 and rule = product."""
    return float(
        (np.log10(values["beta"]) + 3.0) ** 2
        + (values["level"] - 0.3) ** 2
        + 0.1 * (values["rule"] == "difference")
    )


def new_study(search: Search) -> Study:
    return optuna.create_study(sampler=make_sampler(search, SPACE))


def walk(study: Study, count: int) -> list[dict[str, Any]]:
    """Ask for trials and tell them, one after the other."""
    for _ in range(count):
        trial = study.ask(SPACE)
        study.tell(trial, cost(trial.params))
    return [trial.params for trial in study.trials]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_sampler_made_anew_goes_on_as_the_old_one_would(sampler: str) -> None:
    search = Search(sampler=sampler, startup_trials=4, seed=5)  # type: ignore[arg-type]
    whole = walk(new_study(search), 24)
    study = new_study(search)
    walk(study, 11)
    study.sampler = make_sampler(search, SPACE)
    assert walk(study, 13) == whole


# Optuna's GP sampler notes its proposal on the trial and then counts it among the running ones, so a
# second proposal for the same trial keeps away from the first. The journal stores a trial with all
# its parameters at once, which leaves other storages only to meet this.
@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "cmaes", "qmc", "random"])
def test_a_trial_stopped_between_two_parameters_gets_the_same_ones(sampler: str) -> None:
    search = Search(sampler=sampler, startup_trials=4, seed=5)  # type: ignore[arg-type]
    whole = walk(new_study(search), 13)
    study = new_study(search)
    walk(study, 12)
    stopped = study.ask({"beta": SPACE["beta"], "clamp": SPACE["clamp"]})
    study.sampler = make_sampler(search, SPACE)
    trial = optuna.Trial(study, stopped._trial_id)
    trial.suggest_float("beta", 1e-5, 1e-2, log=True)
    trial.suggest_float("clamp", -0.6, 0.4, step=0.05)
    trial.suggest_int("copies", 1, 8)
    trial.suggest_categorical("rule", ["difference", "product"])
    trial.suggest_float("level", -1.0, 1.0)
    assert trial.params == whole[12]


def crooked_walk(study: Study, count: int) -> list[dict[str, Any]]:
    """Ask for two trials at a time, and tell them in turns as complete, pruned, forbidden and failed."""
    for index in range(count):
        pair = [study.ask(SPACE), study.ask(SPACE)]
        for trial in reversed(pair):
            values = [cost(trial.params), trial.params["level"]][: len(study.directions)]
            if index % 4 == 1:
                trial.set_constraint("limit", cost(trial.params) - 0.5)
            if index % 4 == 2:
                if len(values) == 1:
                    trial.report(values[0], 1)
                study.tell(trial, state=TrialState.PRUNED)
            elif index % 4 == 3:
                study.tell(trial, state=TrialState.FAIL)
            else:
                study.tell(trial, values)
    return [trial.params for trial in study.trials]


class Plain(Forgetful):
    """One of Optuna's samplers that looks at all trials anew for each proposal."""

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self._of(trial).infer_relative_search_space(study, trial)


PLAIN: dict[str, Callable[[int], BaseSampler]] = {
    "tpe": lambda seed: TPESampler(seed=seed, n_startup_trials=4),
    "nsga2": lambda seed: Nsga(seed=seed, population_size=4),
    "gp": lambda seed: GPSampler(seed=seed, n_startup_trials=4),
}


@pytest.mark.parametrize("objectives", [["nmse"], ["nmse", "energy"]])
@pytest.mark.parametrize("sampler", ["tpe", "nsga2", pytest.param("gp", marks=needs_torch)])
def test_what_is_remembered_of_trials_changes_no_proposal(
    sampler: str, objectives: list[str]
) -> None:
    search = Search(
        sampler=sampler,  # type: ignore[arg-type]
        startup_trials=4,
        seed=5,
        objectives=dict.fromkeys(objectives, "minimize"),
    )
    walks = [
        crooked_walk(
            optuna.create_study(sampler=each, directions=len(objectives) * ["minimize"]), 16
        )
        for each in (make_sampler(search, SPACE), Plain(PLAIN[sampler], 5))
    ]
    assert walks[0] == walks[1]


def test_tpe_remembers_trials_that_have_ended() -> None:
    memory = TpeHistory()
    walk(optuna.create_study(sampler=Tpe(memory, seed=0, n_startup_trials=4)), 8)
    (points,) = memory.points.values()
    assert list(points.lacks(range(7))) == 7 * [False]
    assert [trial.number for trial in memory.trials.values()] == list(range(7))


def test_tpe_models_the_best_and_the_latest_of_the_others() -> None:
    seen: list[list[int]] = []

    class Spied(Tpe):
        def _get_internal_repr(
            self, trials: list[FrozenTrial], search_space: Any, study: Study
        ) -> Any:
            seen.append([trial.number for trial in trials])
            return super()._get_internal_repr(trials, search_space, study)

    study = optuna.create_study(
        sampler=Spied(TpeHistory(), modelled=10, seed=0, n_startup_trials=4)
    )
    walk(study, 40)
    best, others = [numbers for numbers in seen if len(numbers) != 1][-2:]
    ranked = sorted(study.trials[:39], key=lambda trial: trial.value or 0.0)
    below = len(best)
    assert best == sorted(trial.number for trial in ranked[:below])
    assert others == sorted(trial.number for trial in ranked[below:])[-10:]


def test_tpe_proposes_what_optuna_does_until_it_has_more_trials_than_it_models() -> None:
    plain = optuna.create_study(sampler=TPESampler(seed=3, n_startup_trials=4))
    ours = optuna.create_study(sampler=Tpe(TpeHistory(), modelled=25, seed=3, n_startup_trials=4))
    walks = [walk(study, 60) for study in (plain, ours)]
    same = [one == other for one, other in zip(*walks, strict=True)]
    assert all(same[:28])
    assert not all(same)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_migrated_study_has_the_trials_that_it_had_before(sampler: str) -> None:
    former = {
        "input_amplitude": SPACE["copies"],
        "clamp_low": SPACE["clamp"],
        "nudge_conductance": SPACE["beta"],
        "gain_backward/gain_forward": SPACE["level"],
        "update_rule": SPACE["rule"],
    }
    search = Search(sampler=sampler, startup_trials=4)  # type: ignore[arg-type]
    tried = []
    for names in (former, {renamed_parameter(name): each for name, each in former.items()}):
        study = optuna.create_study(sampler=make_sampler(search, names))
        for _ in range(16):
            trial = study.ask(names)
            copies, clamp, beta, level, rule = trial.params.values()
            found = cost({"beta": beta, "level": level, "rule": rule}) + 0.1 * copies + clamp
            study.tell(trial, found)
        tried.append([list(trial.params.values()) for trial in study.trials])
    assert tried[0] == tried[1]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_another_seed_gives_other_trials(sampler: str) -> None:
    one, two = (
        walk(new_study(Search(sampler=sampler, startup_trials=2, seed=seed)), 6)  # type: ignore[arg-type]
        for seed in (1, 2)
    )
    assert all(first != second for first, second in zip(one, two, strict=True))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_startup_parameters_are_independent_of_each_other(sampler: str) -> None:
    trials = walk(new_study(Search(sampler=sampler, startup_trials=64, seed=0)), 64)  # type: ignore[arg-type]
    points = np.array(
        [[to_unit(SPACE[name], trial[name]) for name in ("beta", "level")] for trial in trials]
    )
    assert abs(np.corrcoef(points.T)[0, 1]) < 0.4
    assert points.min() < 0.1
    assert points.max() > 0.9


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", pytest.param("gp", marks=needs_torch)])
def test_a_sampler_that_learns_ends_near_the_minimum(sampler: str) -> None:
    count = 40 if sampler == "gp" else 120
    study = new_study(Search(sampler=sampler, startup_trials=8, seed=1))  # type: ignore[arg-type]
    walk(study, count)
    later = [trial.value for trial in study.trials[-20:] if trial.value is not None]
    first = [trial.value for trial in study.trials[:8] if trial.value is not None]
    assert np.median(later) < 0.25 * np.median(first)


def test_sobol_points_fill_every_part_of_a_range() -> None:
    trials = walk(new_study(Search(sampler="qmc", seed=3)), 16)
    for name in ("beta", "level"):
        cells = {int(to_unit(SPACE[name], trial[name]) * 16) for trial in trials}
        assert cells == set(range(16))
    assert [trial["rule"] for trial in trials].count("difference") == 8


def test_cma_es_samples_with_trials_that_finish_out_of_order() -> None:
    study = new_study(Search(sampler="cmaes", startup_trials=2, seed=1))
    open_trials = [study.ask(SPACE) for _ in range(3)]
    for index in range(20):
        trial = open_trials.pop((7 * index) % 3)
        study.tell(trial, cost(trial.params))
        open_trials.append(study.ask(SPACE))
    assert sum(trial.state is TrialState.COMPLETE for trial in study.trials) == 20


def test_nothing_but_plain_numbers_and_words_is_kept_in_the_storage() -> None:
    study = new_study(Search(sampler="cmaes", startup_trials=2, seed=1))
    walk(study, 20)
    assert study._storage.get_study_system_attrs(study._study_id) == {}
    assert all(trial.system_attrs == {} for trial in study.trials)


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(SamplerError, match="pip install torch") as error:
        make_sampler(Search(sampler="gp"), SPACE)
    assert error.value.exit_code == 2


def test_cma_es_refuses_several_objectives() -> None:
    search = Search(sampler="cmaes", objectives={"nmse": "minimize", "energy": "minimize"})
    with pytest.raises(SamplerError, match="one objective"):
        make_sampler(search, SPACE)


numbers = st.one_of(
    st.builds(
        lambda low, width: FloatDistribution(low, low + width),
        st.floats(-10, 10),
        st.floats(1e-3, 10),
    ),
    st.builds(
        lambda low, ratio: FloatDistribution(low, low * ratio, log=True),
        st.floats(1e-9, 1e3),
        st.floats(1.1, 1e6),
    ),
    st.builds(
        lambda low, steps: FloatDistribution(low / 8, (low + steps) / 8, step=0.125),
        st.integers(-20, 20),
        st.integers(1, 40),
    ),
    st.builds(
        lambda low, count, log: IntDistribution(low, low + count, log=log),
        st.integers(1, 50),
        st.integers(1, 50),
        st.booleans(),
    ),
    st.just(CategoricalDistribution(["a", "b", "c"])),
)


@given(numbers, st.floats(0, 1))
def test_every_point_of_the_unit_cube_is_a_legal_value(
    distribution: BaseDistribution, position: float
) -> None:
    value = from_unit(distribution, position)
    assert distribution._contains(distribution.to_internal_repr(value))
    again = from_unit(distribution, to_unit(distribution, value))
    assert again == (value if isinstance(value, str) else pytest.approx(value, rel=1e-9, abs=1e-12))


def reports(study: Study, *curves: list[float], state: TrialState = TrialState.RUNNING) -> None:
    """Trials with these NMSEs after 1, 2, ... epochs."""
    for curve in curves:
        study.add_trial(
            create_trial(
                state=state,
                value=curve[-1] if state is TrialState.COMPLETE else None,
                intermediate_values={step + 1: value for step, value in enumerate(curve)},
            )
        )


def test_halving_lets_one_of_so_many_pass_a_rung() -> None:
    study = optuna.create_study()
    pruner = Halving(2, 3)
    reports(study, [9, 1], [9, 2], [9, 3], [9, 4], [9, 5], [9, 6])
    passed = [not pruner.prune(study, trial) for trial in study.trials]
    assert passed == [True, True, False, False, False, False]


def test_halving_decides_at_rungs_only_and_the_same_when_asked_again() -> None:
    study = optuna.create_study()
    pruner = Halving(2, 2)
    reports(study, [1] * 8, [2] * 8, [3] * 8, [4] * 8)
    for epochs in range(1, 9):
        worst = create_trial(
            state=TrialState.RUNNING, intermediate_values=dict.fromkeys(range(1, epochs + 1), 9.0)
        )
        worst.number = 4
        answers = {pruner.prune(study, worst) for _ in range(2)}
        assert answers == {epochs in {2, 4, 8}}


def test_the_first_trial_passes_every_rung_and_failed_ones_do_not_compete() -> None:
    study = optuna.create_study()
    reports(study, [0.0, 0.0], state=TrialState.FAIL)
    reports(study, [5.0])
    assert not Halving(1, 4).prune(study, study.trials[1])


def test_pruners_are_those_of_the_study_file() -> None:
    assert isinstance(make_pruner(Search(pruner=HalvingPruner())), Halving)
    assert isinstance(make_pruner(Search(pruner=MedianPruner())), optuna.pruners.MedianPruner)
    assert isinstance(make_pruner(Search(pruner=NoPruner())), optuna.pruners.NopPruner)
    energy = Search(objectives={"energy": "minimize"})
    assert isinstance(make_pruner(energy), optuna.pruners.NopPruner)


def test_the_median_pruner_waits_for_its_warmup_epochs() -> None:
    pruner = make_pruner(Search(pruner=MedianPruner(startup_trials=1, warmup_epochs=3)))
    study = optuna.create_study(pruner=pruner)
    reports(study, [1.0] * 5, state=TrialState.COMPLETE)
    for epochs in range(1, 6):
        trial = create_trial(
            state=TrialState.RUNNING, intermediate_values=dict.fromkeys(range(1, epochs + 1), 9.0)
        )
        assert bool(pruner.prune(study, trial)) is (epochs >= 3)


def test_naming_the_hubs_sampler_loads_nothing_and_running_it_needs_consent() -> None:
    study = parse(toml({**tables(), "search": {"sampler": "auto"}}), source="study.toml")
    assert study.search.sampler == "auto"
    assert "optunahub" not in sys.modules
    with pytest.raises(SamplerError, match=r"--allow-hub") as error:
        make_sampler(study.search, SPACE)
    assert "github.com/optuna/optunahub-registry" in str(error.value)
    assert error.value.exit_code == 2
    assert "optunahub" not in sys.modules


@pytest.mark.skipif(
    importlib.util.find_spec("optunahub") is not None, reason="optunahub is installed"
)
def test_without_the_hubs_package_the_message_says_what_to_install() -> None:
    with pytest.raises(SamplerError, match=r"pip install optunahub( torch)?\)"):
        make_sampler(Search(sampler="auto"), SPACE, allow_hub=True)


def test_a_run_without_consent_writes_nothing(tmp_path: Path) -> None:
    study = parse(toml({**tables(), "search": {"sampler": "auto"}}), source="study.toml")
    with pytest.raises(SamplerError, match=r"--allow-hub"):
        run_study(study, Settings(out=tmp_path / "out"), observer=print)
    assert not (tmp_path / "out").exists()


def hub(space: dict[str, BaseDistribution], *, seed: int = 0) -> BaseSampler:
    """OptunaHub's sampler; skipped where its code is neither in the cache nor to be fetched."""
    try:
        return make_sampler(Search(sampler="auto", seed=seed), space, allow_hub=True)
    except HubError as error:
        pytest.skip(str(error))


NUMBERS = {name: SPACE[name] for name in ("beta", "level")}


@needs_hub
@pytest.mark.parametrize(("space", "taken"), [(SPACE, "TPESampler"), (NUMBERS, "GPSampler")])
def test_the_hubs_sampler_takes_what_fits_the_space_and_repeats_itself(
    space: dict[str, BaseDistribution], taken: str
) -> None:
    walks = []
    for _ in range(2):
        study = optuna.create_study(sampler=hub(space))
        for _ in range(16):
            trial = study.ask(space)
            study.tell(trial, cost({"rule": "difference", **trial.params}))
        walks.append([trial.params for trial in study.trials])
    assert walks[0] == walks[1]
    assert study.trials[-1].system_attrs["auto:sampler"] == taken


@needs_hub
def test_where_the_hubs_sampler_takes_cmaes_no_pickle_goes_into_the_storage() -> None:
    """After 250 trials of numbers; ours is replayed from the trials instead."""
    generator = np.random.default_rng(0)
    study = optuna.create_study(sampler=hub(NUMBERS))
    for _ in range(250):
        values = {"beta": 10 ** generator.uniform(-5, -2), "level": generator.uniform(-1, 1)}
        study.add_trial(
            create_trial(
                params=values, distributions=NUMBERS, value=cost({"rule": "difference", **values})
            )
        )  # fmt: skip
    trial = study.ask(NUMBERS)
    study.tell(trial, cost({"rule": "difference", **trial.params}))
    told = study.trials[-1].system_attrs
    assert told["auto:sampler"] == "CmaEsSampler"
    assert not any(name.startswith("cma") for name in told)
    ours = make_sampler(Search(sampler="cmaes"), NUMBERS)
    study.sampler = ours
    assert study.trials[-1].params == pytest.approx(
        ours.sample_relative(study_before(study), study.trials[-1], NUMBERS)
    )


def study_before(study: Study) -> Study:
    """A study without its last trial."""
    before = optuna.create_study()
    before.add_trials(study.trials[:-1])
    return before
