# SPDX-License-Identifier: GPL-3.0-or-later
"""A package of the user's own adds tasks, objectives, synapses and amplifiers, once installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.study.study_file import StudyFileError, parse
from tests.sweep.plugin_packages import install, python
from tests.sweep.study_texts import tables, toml

PACKAGE = '''
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from circuits.parts import (
    Amplifier, CmosSynapse, DCMacromodel, Geometry, Transistor, amplifier_pins, quantity,
)
from circuits.simulators import Ngspice
from objectives import Metric, Task, TaskData

print("imported", flush=True)


@dataclass(frozen=True)
class Ramp(Task):
    """The target is the variable itself."""

    name: ClassVar[str] = "ramp"
    variables: ClassVar[tuple[str, ...]] = ("x",)

    @property
    def outputs(self):
        return 1

    def _plain(self):
        x = self._generator().random((self.points + self.held_out, 1))
        train, held = x[: self.points], x[self.points :]
        return TaskData(train, 2.0 * train - 1.0, held, 2.0 * held - 1.0)


CHARGE = Metric(
    name="cost", label="cost of a training", unit="J", direction="minimize",
    meaning="energy of a training point times how many there are",
    measure=lambda training: training.scores[-1].energy_per_point * training.plan.task.points,
)


@dataclass(frozen=True)
class Doubled(CmosSynapse):
    """Two nfets side by side."""

    kind: ClassVar[str] = "doubled"

    def transistors(self):
        devices = super().transistors()
        return {**devices, "second": devices["n"]}

    def add_devices(self, circuit, place):
        super().add_devices(circuit, place)
        self.add_transistor(circuit, place, "second", "out", "mem", "inn", "inn")


@dataclass(frozen=True)
class Short(CmosSynapse):
    """A nfet that is shorter than the process allows."""

    kind: ClassVar[str] = "short"

    def transistors(self):
        return {**super().transistors(), "n": Transistor(Geometry("nfet_01v8", 1e-6, 1e-7), 1)}


@dataclass(frozen=True)
class Halved(CmosSynapse):
    """A nfet half as long as the field says."""

    kind: ClassVar[str] = "halved"

    def transistors(self):
        half = Geometry("nfet_01v8", 1e-6, 0.5 * self.length_n)
        return {**super().transistors(), "n": Transistor(half, 1)}


@dataclass(frozen=True)
class Macro(Amplifier):
    """A transconductor on a load resistor: A = g R, and a share of the output current back."""

    kind: ClassVar[str] = "macro"

    transconductance: float = quantity(
        0.3, unit="S", low=1e-3, high=10.0, log=True, meaning="transconductance of each half"
    )
    fed_back: float = quantity(0.25, low=0.0, high=2.0, meaning="share of the current fed back")

    def add_devices(self, circuit, place):
        siemens, share, ohms = self.transconductance, self.fed_back, 10.0
        sides = [("p", "outp")] if place.last else [("p", "outp"), ("n", "outn")]
        for name, pin in sides:
            plus, minus = ("0", pin) if name == "p" else (pin, "0")
            circuit.VCCS(name, plus, minus, "inp", "0", transconductance=siemens)
            circuit.R(name, pin, "0", ohms)
            # share * (ideal - output) / R, mirrored for the inverting output
            circuit.VCCS(f"load{name}", "inp", "0", "inp", "0", transconductance=share * siemens)
            output = (pin, "0") if name == "p" else ("0", pin)
            circuit.VCCS(f"back{name}", "0", "inp", *output, transconductance=share / ohms)

    def macromodel(self, place):
        gain = self.transconductance * 10.0
        return DCMacromodel(gain=gain, backward=self.fed_back, resistance=10.0)


@dataclass(frozen=True)
class Rectified(Amplifier):
    """Saturating outputs, and a diode-connected nfet that bounds the input from below."""

    kind: ClassVar[str] = "rectified"

    transconductance: float = quantity(
        0.3, unit="S", low=1e-3, high=10.0, log=True, meaning="transconductance of each half"
    )
    swing: float = quantity(0.4, unit="V", low=0.1, high=1.0, meaning="largest input that counts")
    rectifier_width: float = quantity(
        1e-6, unit="m", low=0.42e-6, high=100e-6, log=True, meaning="channel width of the rectifier"
    )

    def transistors(self):
        shape = Geometry("nfet_01v8_lvt", self.rectifier_width, 0.15e-6)
        return {"rectifier": Transistor(shape, 1)}

    def add_devices(self, circuit, place):
        for pin, sign in zip(amplifier_pins(place)[1:], ("-", "")):
            current = self.transconductance * self.swing
            expression = f"{sign}{current}*tanh(v(inp)/{self.swing})"
            circuit.B(pin, pin, "0", current_expression="{" + expression + "}")
            circuit.R(pin, pin, "0", 10.0)
        self.add_transistor(circuit, place, "rectifier", "0", "0", "inp", "inp")


class Bare(Amplifier):
    """No dataclass."""

    kind: ClassVar[str] = "bare"

    def add_devices(self, circuit, place):
        circuit.R("p", "outp", "0", 10.0)


@dataclass(frozen=True)
class Wrong(Bare):
    """A field that is no quantity."""

    kind: ClassVar[str] = "wrong"
    size: float = 1.0


@dataclass(frozen=True)
class Misnamed(Bare):
    """Its kind is not the name of its entry point."""


class Quiet(Ngspice):
    """ngspice under another name, with another way to say where its program is."""

    name: ClassVar[str] = "quiet"


BROKEN = 3
'''

ENTRY_POINTS = {
    "tasks": {"ramp": "tinyplugin:Ramp", "sine": "tinyplugin:Ramp"},
    "objectives": {
        "cost": "tinyplugin:CHARGE",
        "broken": "tinyplugin:BROKEN",
        "missing": "tinyplugin:NOTHING",
    },
    "synapses": {
        "doubled": "tinyplugin:Doubled",
        "short": "tinyplugin:Short",
        "halved": "tinyplugin:Halved",
    },
    "simulators": {"quiet": "tinyplugin:Quiet", "broken": "tinyplugin:BROKEN"},
    "amplifiers": {
        "clamped": "tinyplugin:Macro",
        "macro": "tinyplugin:Macro",
        "rectified": "tinyplugin:Rectified",
        "bare": "tinyplugin:Bare",
        "wrong": "tinyplugin:Wrong",
        "misnamed": "tinyplugin:Misnamed",
    },
}


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A directory with an installed package, as pip leaves one."""
    return install(tmp_path, "tinyplugin", PACKAGE, ENTRY_POINTS)


def test_what_a_package_adds_goes_through_the_conformance_suites(installed: Path) -> None:
    program = """
from circuits.testing import check_synapse
from objectives.testing import check_metric, check_task
check_task("ramp"); check_metric("cost"); check_synapse("doubled")
print("conforms")
"""
    assert python(program, installed).splitlines() == ["imported", "conforms"]


def test_a_study_names_what_is_installed_and_trains_with_it(installed: Path) -> None:
    study = toml(
        {
            **tables(),
            "task": {"name": "ramp", "points": 4, "held_out": 3},
            "design": {"synapse.length_p": "0.35 um", "synapse.length_n": "0.35 um"},
            "space": {"synapse.multiplicity": {"low": 1, "high": 2}},
            "network": {"layers": [3, 2, 1]},
            "search": {"objectives": {"nmse": "minimize", "cost": "minimize"}},
        }
    )
    program = f"""
import pdk
from circuits import make_trainer
from objectives import METRICS, Measured, train
from sweep.study.study_file import parse
study = parse({study!r}, source="study.toml")
design = study.space.design({{"synapse.multiplicity": 1}})
trained = train(make_trainer("quasistatic", pdk.locate()), study.plan, design)
cost = METRICS["cost"].measure(Measured(study.plan, design, trained.scores))
print(cost > 0, list(study.search.objectives), study.plan.task.name)
"""
    (*_, last) = python(program, installed).splitlines()
    assert last == "True ['nmse', 'cost'] ramp"


@pytest.mark.parametrize("name", ["macro", "rectified"])
def test_a_packages_amplifier_goes_through_the_conformance_suite(
    installed: Path, name: str
) -> None:
    program = f"""
from circuits.testing import check_amplifier
check_amplifier({name!r})
print("conforms")
"""
    assert python(program, installed).splitlines() == ["imported", "conforms"]


AMPLIFIED = {
    "task": {"name": "sine", "points": 4, "held_out": 3},
    "network": {"layers": [3, 2, 1]},
    "training": {"epochs": 1},
    "search": {"trials": 3, "sampler": "random"},
}


def amplified(
    design: dict[str, object], space: dict[str, object], simulator: str, **more: object
) -> str:
    """A study whose designs have amplifiers of the package."""
    lvt = {
        "synapse.flavour": "01v8_lvt", "synapse.length_p": "0.35 um", "synapse.weight_low": "0.4 V", "synapse.weight_high": "0.8 V",
        "load.conductance": "400 uS",
    }  # fmt: skip
    execution = {"simulator": simulator, "workers": 1, "run_cache": "0 B"}
    changed = {"design": lvt | design, "space": space, "execution": execution, **AMPLIFIED, **more}
    return toml({**tables(), **changed})


def test_a_study_names_an_amplifier_and_searches_its_sizes(installed: Path) -> None:
    study = amplified(
        {"amplifier.kind": "macro"},
        {
            "amplifier.transconductance": {"low": "0.05 S", "high": "0.2 S", "per_layer": True},
            "amplifier.fed_back": {"ratio_of": "update.decay", "low": 0.1, "high": 0.5},
        },
        "quasistatic",
    )
    program = f"""
import pickle
from pathlib import Path
from sweep import Study
from sweep.study.study_file import load_design
Path("study.toml").write_text({study!r})
study = Study.load("study.toml", out="out")
study.run()
names = [parameter.name for parameter in study.file.space.parameters]
print(names, [trial.state for trial in study.trials])
study.export(to="best")
design = load_design(Path("best/design.toml")).design
best = study.best.parameters
sizes = [design.value("amplifier.transconductance", layer) for layer in (0, 1)]
print(sizes == [best[f"amplifier.transconductance[{{layer}}]"] for layer in (0, 1)])
print(pickle.loads(pickle.dumps(design)) == design, design.kinds["amplifier"])
"""
    *_, names, sizes, kept = python(program, installed, at=installed).splitlines()
    sized = [f"amplifier.transconductance[{layer}]" for layer in (0, 1)]
    assert names == f"{[*sized, 'amplifier.fed_back/update.decay']} {3 * ['complete']}"
    assert sizes == "True"
    assert kept == "True ('macro',)"


def test_amplifiers_are_choices_like_any_other_and_one_without_macromodel_says_so(
    installed: Path,
) -> None:
    space = {
        "amplifier.kind": {"choices": ["clamped", "rectified"]},
        "amplifier.rectifier_width": {"low": "0.5 um", "high": "5 um"},
    }
    small = {
        "amplifier.gain_forward": 1.0
    }  # outputs within the device tables of the quasi-static simulator
    program = f"""
import math
import pdk
from circuits import make_trainer
from circuits.quasistatic import NotQuasistatic
from objectives import train
from sweep.study.study_file import parse
study = parse({amplified(small, space, "ngspice")!r}, source="study.toml")
for name in ("clamped", "rectified"):
    design = study.space.design({{"amplifier.kind": name, "amplifier.rectifier_width": 2e-6}})
    for simulator in ("ngspice", "quasistatic"):
        try:
            trained = train(make_trainer(simulator, pdk.locate()), study.plan, design)
            assert trained.last.ok, trained.last.outcome.message
            print(name, simulator, math.isfinite(trained.scores[-1].nmse))
        except NotQuasistatic as error:
            print(name, simulator, error)
"""
    *_, clamped, same, rectified, refused = python(program, installed).splitlines()
    assert (clamped, same) == ("clamped ngspice True", "clamped quasistatic True")
    assert rectified == "rectified ngspice True"
    assert refused.startswith("rectified quasistatic amplifier")
    assert "has no macromodel" in refused


def test_a_study_is_simulated_by_an_installed_simulator(installed: Path) -> None:
    study = amplified({}, {"synapse.multiplicity": {"low": 1, "high": 2}}, "quiet")
    program = f"""
from pathlib import Path
from typer.testing import CliRunner
from circuits.simulators import find
from circuits.testing import check_simulator
from sweep import Study
from sweep.cli import app
from sweep.study.study_file import StudyFileError, parse
check_simulator("quiet")
Path("study.toml").write_text({study!r})
study = Study.load("study.toml", out="out")
study.run()
print([trial.state for trial in study.trials])
print(study.export(to="best").verification.ok)
print(CliRunner().invoke(app, ["run", "study.toml", "--simulator", "quiett"]).stderr)
try:
    parse({study!r}.replace('"quiet"', '"broken"'), source="study.toml")
    find("broken")
except Exception as error:
    print(type(error).__name__, error)
"""
    lines = python(program, installed, at=installed).splitlines()
    assert "['complete', 'complete', 'complete']" in lines
    assert "True" in lines
    assert "did you mean" in " ".join(lines)
    assert "is no subclass of circuits.simulators.SpiceProgram" in lines[-1]


def test_an_amplifier_that_is_none_is_refused_with_file_key_and_package(installed: Path) -> None:
    space = {"synapse.multiplicity": {"low": 1, "high": 2}}
    program = f"""
from sweep.study.study_file import StudyFileError, parse
for text in ({amplified({"amplifier.kind": "wrong"}, space, "ngspice")!r},
             {amplified({"amplifier.kind": "bare"}, space, "ngspice")!r},
             {amplified({"amplifier.kind": "misnamed"}, space, "ngspice")!r},
             {amplified({"amplifier.kind": "macro", "amplifier.swing": "0.2 V"}, space, "ngspice")!r},
             {amplified({"amplifier.kind": "macros"}, space, "ngspice")!r}):
    try:
        parse(text, source="study.toml")
    except StudyFileError as error:
        print(error)
"""
    _, wrong, bare, misnamed, size, name = python(program, installed).splitlines()
    assert wrong.startswith("study.toml: design.amplifier.kind = 'wrong'")
    assert "of tinyplugin 1.0" in wrong
    assert "its field 'size' is not made by circuits.quantity" in wrong
    assert "Bare is no dataclass: decorate it with @dataclass(frozen=True)" in bare
    assert "kind is 'bare'; its entry point is called 'misnamed'" in misnamed
    assert size.startswith("study.toml: design.amplifier.swing = '0.2 V'")
    assert "did you mean 'macro'?" in name


def test_an_illegal_size_is_blamed_on_the_field_that_it_comes_from_or_on_the_part(
    installed: Path,
) -> None:
    program = """
from circuits import Design, DesignError, check_sizes
length_n, length_p, flavour = "synapse.length_n", "synapse.length_p", "synapse.flavour"
for kind, values in (("short", {}), ("halved", {length_n: [1e-6, 2e-7]}),
                     ("halved", {length_n: 1e-6, length_p: 3e-7, flavour: "01v8_lvt"}),
                     ("short", {"write_switch.length": 1e-6, "write_switch.kind": "nfet"})):
    try:
        check_sizes(Design.from_values({"synapse.kind": kind, **values}), 2)
    except DesignError as error:
        print(error)
"""
    _, short, halved, length_p, same = python(program, installed).splitlines()
    assert short == same
    assert short == (
        "synapse.kind = 'short': allowed is one whose nfet_01v8 has a length of 150 nm to 20.2 um "
        "(it is 100 nm)"
    )
    assert halved == (
        "synapse.length_n = '200 nm': allowed is what gives a length from 150 nm to 20.2 um for nfet_01v8 "
        "(with this value it is 100 nm)"
    )
    assert length_p.startswith("synapse.length_p = '300 nm'")


def test_a_packages_synapse_is_characterized_over_weights_of_both_signs(installed: Path) -> None:
    program = """
from circuits import Design
from circuits.characterization import Region
for name in ("cmos", "doubled", "dram"):
    weights = Region.usual(Design.from_values({"synapse.kind": name}).synapse(0)).weights
    print(weights.start, weights.stop)
"""
    cmos, _, doubled, dram = python(program, installed).splitlines()
    assert doubled == cmos == "-1.0 1.0"
    assert dram == "0.0 1.8"


def test_nothing_is_imported_that_no_file_names_and_nothing_of_ours_is_replaced(
    installed: Path,
) -> None:
    program = """
import sys
from circuits import Design
from circuits.parts import ClampedAmplifier, AMPLIFIERS
from objectives import METRICS, TASKS
assert "cost" in METRICS and "ramp" in list(TASKS)
assert "doubled" in Design().quantities()["synapse.kind"].choices
assert AMPLIFIERS["clamped"] is ClampedAmplifier
assert TASKS["sine"].__module__ == "objectives.tasks.sines"
print("tinyplugin" in sys.modules)
"""
    assert python(program, installed).splitlines() == ["False"]


def test_an_entry_point_that_is_none_is_refused_with_file_key_and_package(installed: Path) -> None:
    study = {name: value for name, value in tables().items() if name != "search"}
    program = f"""
from sweep.study.study_file import StudyFileError, parse
for name in ("broken", "missing"):
    text = {toml(study)!r} + 'search = {{ objectives = {{ ' + name + ' = "minimize" }} }}\\n'
    try:
        parse(text, source="study.toml")
    except StudyFileError as error:
        print(error)
"""
    _, broken, missing = python(program, installed).splitlines()
    assert broken.startswith("study.toml: search.objectives.broken")
    assert "of tinyplugin 1.0" in broken
    assert "is no objectives.Metric" in broken
    assert "cannot be imported" in missing


def test_without_the_package_its_names_mean_nothing() -> None:
    changed = {**tables(), "task": {"name": "ramp"}}
    with pytest.raises(StudyFileError, match=r"task\.name = 'ramp'"):
        parse(toml(changed), source="study.toml")
