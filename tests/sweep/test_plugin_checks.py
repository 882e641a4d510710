# SPDX-License-Identifier: GPL-3.0-or-later
"""The conformance checks: what is documented passes them, and what would break later does not."""

from __future__ import annotations

import json
import re
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from circuits.parts import AMPLIFIERS, SYNAPSES, UPDATES
from circuits.testing import check_amplifier, check_simulator, check_synapse, check_update
from objectives import METRICS, TASKS
from objectives.testing import check_metric, check_task
from tests.sweep.plugin_packages import install, python

DOCUMENT = Path(__file__).parents[2] / "docs" / "plugins.md"


def blocks(language: str) -> list[str]:
    """The code blocks of a language in the document."""
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)


@pytest.fixture
def documented(tmp_path: Path) -> Path:
    """The package that the document shows, installed."""
    project, _ = blocks("toml")
    groups = tomllib.loads(project)["project"]["entry-points"]
    points = {group.removeprefix("analog_sweep."): names for group, names in groups.items()}
    return install(tmp_path / "documented", "mypackage", "\n".join(blocks("python")), points)


def test_the_documented_package_conforms_as_documented(documented: Path) -> None:
    (checks,) = blocks("py")
    program = f"{checks}\ntest_my_parts_conform()\nprint('conforms')\n"
    assert python(program, documented).splitlines() == ["conforms"]


def test_the_documented_package_imports_public_modules_only() -> None:
    modules = re.findall(r"^from ([\w.]+) import", "\n".join(blocks("python")), re.MULTILINE)
    assert "circuits.parts" in modules
    assert not [module for module in modules if "._" in module]


def test_the_documented_study_is_valid_and_its_parts_are_drawn_as_what_they_are(
    documented: Path,
) -> None:
    _, study = blocks("toml")
    program = f"""
import json
from circuits import Design
from sweep.report.schematic import amplifier_schematic, synapse_schematic
from sweep.study.check import check_study
from sweep.study.study_file import parse
study = parse({study!r}, source="study.toml")
check_study(study)
values = {{"amplifier.transconductance[0]": 0.1, "amplifier.transconductance[1]": 0.2}}
design = study.space.design({{**values, "update.step": 0.01}})
bounded = Design.from_values({{"amplifier.kind": "bounded"}})
illegal = Design.from_values({{"synapse.kind": "stacked", "synapse.flavour": "01v8_lvt"}})
print(json.dumps([
    synapse_schematic(design, 0), amplifier_schematic(design, 0, last=False),
    amplifier_schematic(design, 1, last=True), amplifier_schematic(bounded, 0, last=False),
    synapse_schematic(illegal, 0),
]))
"""
    drawings = json.loads(python(program, documented))
    synapse, hidden, last, bounded, illegal = map(shown, drawings)
    for words in ("Synapse of layer 0: stacked", "+V in", "-V in", "line", "WBL", "transistors in series",
                  "pouter", "pinner", "nouter", "ninner", "midp", "midn", "pfet_01v8_lvt",
                  "nfet_01v8_lvt", "Cstore mem 0"):  # fmt: skip
        assert words in synapse, words
    assert drawings[0].count("M = 1") == 4, "each of its four transistors"
    assert "transconductance = 100 mS" in hidden
    assert "outn (inverting output)" in hidden
    assert "transconductance = 200 mS" in last
    assert "outn" not in last
    assert "nfet_01v8_lvt" in bounded
    assert "1 um / 150 nm M = 1" in bounded
    assert "cannot be drawn: SizeError" in illegal


def shown(drawing: str) -> str:
    """The words of a drawing."""
    return " ".join(" ".join(ET.fromstring(drawing).itertext()).split())


FAULTY = '''
from dataclasses import dataclass, replace
from random import random
from typing import ClassVar

import numpy as np

from circuits.parts import (
    Amplifier, CmosSynapse, DCMacromodel, DifferenceUpdate, Geometry, Synapse, Transistor,
    amplifier_pins, quantity,
)
from circuits.simulators import Ngspice, Transient
from objectives import Metric, Task, TaskData

SHORT = Transient(10e-6, 10e-9)


class Plain(Amplifier):
    """Two transconductors without a macromodel."""

    signs = (1, -1)
    back = 0.0

    def add_devices(self, circuit, place):
        for pin, sign in zip(amplifier_pins(place)[1:], self.signs):
            circuit.VCCS(pin, pin, "0", "inp", "0", transconductance=-sign * 0.3)
            circuit.R(pin, pin, "0", 10)
        if self.back:  # of the current that the load draws
            circuit.VCCS("ideal", "inp", "0", "inp", "0", transconductance=0.3 * self.back)
            circuit.VCCS("back", "0", "inp", "outp", "0", transconductance=0.1 * self.back)


@dataclass(frozen=True)
class Swapped(Plain):
    kind = "swapped"
    signs = (-1, 1)


@dataclass(frozen=True)
class Alike(Plain):
    kind = "alike"
    signs = (1, 1)


@dataclass(frozen=True)
class Backwards(Plain):
    kind = "backwards"
    back = -0.5


@dataclass(frozen=True)
class Fixed(Plain):
    """A macromodel that does not follow its size."""

    kind = "fixed"
    gain: float = quantity(3.0, low=1.0, high=9.0, meaning="gain")

    def add_devices(self, circuit, place):
        for pin, sign in zip(amplifier_pins(place)[1:], self.signs):
            circuit.VCCS(pin, pin, "0", "inp", "0", transconductance=-sign * 0.1 * self.gain)
            circuit.R(pin, pin, "0", 10)

    def macromodel(self, place):
        return DCMacromodel(gain=3.0, backward=0.0, resistance=10.0)


@dataclass(frozen=True)
class Deaf(CmosSynapse):
    """Its gates are not the storage node."""

    kind = "deaf"

    def add_devices(self, circuit, place):
        for name, rail in (("p", "inp"), ("n", "inn")):
            self.add_transistor(circuit, place, name, "out", "bulk", rail, rail)


@dataclass(frozen=True)
class Leaky(CmosSynapse):
    """Its storage node loses its charge."""

    kind = "leaky"

    def add_devices(self, circuit, place):
        super().add_devices(circuit, place)
        circuit.R("leak", "mem", "0", 1e4)


@dataclass(frozen=True)
class Misplaced(CmosSynapse):
    """The line in the place of a rail: its current does not follow the input."""

    kind = "misplaced"

    def add_devices(self, circuit, place):
        self.add_transistor(circuit, place, "p", "out", "mem", "out", "out")
        self.add_transistor(circuit, place, "n", "out", "mem", "bulk", "bulk")


class Changed(DifferenceUpdate):
    """Another difference."""

    difference = "(line-held+offset)*rail"

    def law(self):
        found = super().law()
        return type(found)(
            held=found.held, difference=self.difference, scale=found.scale,
            gain_limit=found.gain_limit, offset=found.offset,
        )


@dataclass(frozen=True)
class Climbing(Changed):
    kind = "climbing"
    difference = "(held-line+offset)*rail"


@dataclass(frozen=True)
class Restless(Changed):
    kind = "restless"
    difference = "(line+offset)*rail"


@dataclass(frozen=True)
class Sizeless(Changed):
    kind = "sizeless"
    ignored: float = quantity(1.0, low=0.5, high=2.0, meaning="nothing")


@dataclass(frozen=True)
class Slow(Changed):
    kind = "slow"
    difference = "(line-held+offset)*rail*1e-9"


@dataclass(frozen=True)
class Foreign(Changed):
    kind = "foreign"
    difference = "(line-held+offset)*input"


class Forgetful(Ngspice):
    """It takes no initial conditions."""

    name = "forgetful"

    def render(self, deck):
        lines = super().render(deck).splitlines(keepends=True)
        return "".join(line for line in lines if not line.startswith(".ic "))


class Hasty(Ngspice):
    """Its runs have no time limit."""

    name = "hasty"

    def execute(self, deck, *, limits=None, **more):
        if isinstance(deck.analysis, Transient):
            deck = replace(deck, analysis=SHORT)
        return super().execute(deck, **more)


@dataclass(frozen=True)
class Line(Task):
    name: ClassVar[str] = "line"
    variables: ClassVar[tuple[str, ...]] = ("x",)

    @property
    def outputs(self):
        return 1

    def _targets(self, x):
        return x

    def _x(self):
        return self._generator().random((self.points + self.held_out, 1))

    def _plain(self):
        x = self._x()
        train, held = x[: self.points], x[self.points :]
        return TaskData(train, self._targets(train), held, self._targets(held))


@dataclass(frozen=True)
class Constant(Line):
    name: ClassVar[str] = "constant"

    def _targets(self, x):
        return np.ones_like(x)


@dataclass(frozen=True)
class Hashed(Line):
    name: ClassVar[str] = "hashed"

    def _x(self):
        generator = np.random.default_rng(hash(self.name) % 2**32)
        return generator.random((self.points + self.held_out, 1))


@dataclass(frozen=True)
class Odd(Line):
    name: ClassVar[str] = "odd"
    shape: object = None


@dataclass(frozen=True)
class Classes(Line):
    name: ClassVar[str] = "classes"
    classes: ClassVar[tuple[str, ...]] = ("a", "b", "c")

    def _targets(self, x):
        return np.where(x > np.median(x), 1.0, -1.0)


def metric(name, measure):
    return Metric(name=name, label=name, direction="minimize", meaning=name, measure=measure)


SECOND = metric("second", lambda training: training.scores[1].nmse)
CHANCE = metric("chance", lambda training: random())
'''

FOUND = {
    ("amplifiers", "swapped", "Swapped"): (
        "outp rises with inp and outn falls; they are swapped or have the wrong sign: its gain is "
        "-3 at outp and 3 at outn"
    ),
    ("amplifiers", "alike", "Alike"): "outn falls with inp, by more than 1 mV for a volt: its gain",
    ("amplifiers", "backwards", "Backwards"): "goes back to inp with its sign",
    ("amplifiers", "fixed", "Fixed"): "the macromodel has the outp that is measured",
    ("synapses", "deaf", "Deaf"): "the current into out follows the weight",
    ("synapses", "leaky", "Leaky"): "the storage node mem keeps its charge",
    ("synapses", "misplaced", "Misplaced"): "the current into out follows the input",
    ("updates", "climbing", "Climbing"): "the difference rises with line times rail",
    (
        "updates",
        "restless",
        "Restless",
    ): "without a nudge nothing is written: 0.25 V^2 at a line of",
    ("updates", "sizeless", "Sizeless"): "the size ignored is in the netlist",
    ("updates", "slow", "Slow"): "a training point changes a weight: with the nudge 'one-sided' by",
    (
        "updates",
        "foreign",
        "Foreign",
    ): "names input; a law knows the voltages held, line, offset, rail",
    ("simulators", "forgetful", "Forgetful"): "a capacitor charges exponentially: it is",
    ("simulators", "hasty", "Hasty"): "a run over its time limit is no success",
    ("tasks", "constant", "Constant"): "each target varies",
    ("tasks", "hashed", "Hashed"): "same data in another process",
    ("tasks", "odd", "Odd"): "the parameter shape is a number, a word",
    ("tasks", "classes", "Classes"): "one output for each of the 3 classes",
    ("objectives", "second", "SECOND"): "IndexError",
    ("objectives", "chance", "CHANCE"): "same training, same value",
}


@pytest.mark.parametrize(
    "group", ["amplifiers", "synapses", "updates", "simulators", "tasks", "objectives"]
)
def test_the_conformance_checks_find_what_would_break_later(tmp_path: Path, group: str) -> None:
    own = {name: (thing, words) for (kind, name, thing), words in FOUND.items() if kind == group}
    points = {name: f"faulty:{thing}" for name, (thing, _) in own.items()}
    package = install(tmp_path / "faulty", "faulty", FAULTY, {group: points})
    check = {"objectives": "check_metric"}.get(group, f"check_{group.removesuffix('s')}")
    module = (
        "circuits" if group in {"amplifiers", "synapses", "updates", "simulators"} else "objectives"
    )
    program = f"""
from {module}.testing import {check}
for name in {list(own)}:
    try:
        {check}(name)
        print("passes")
    except Exception as error:
        print(type(error).__name__, str(error).replace(chr(10), " "))
"""
    told = python(program, package).splitlines()
    for line, (name, (_, words)) in zip(told, own.items(), strict=True):
        assert words in line, name


@pytest.mark.parametrize("name", SYNAPSES)
def test_this_programs_own_synapses_conform(name: str) -> None:
    check_synapse(name)


@pytest.mark.parametrize("name", AMPLIFIERS)
def test_this_programs_own_amplifiers_conform(name: str) -> None:
    check_amplifier(name)


@pytest.mark.parametrize("name", UPDATES)
def test_this_programs_own_updates_conform(name: str) -> None:
    check_update(name)


@pytest.mark.parametrize("name", ["ngspice", pytest.param("xyce", marks=pytest.mark.xyce)])
def test_this_programs_own_simulators_conform(name: str) -> None:
    check_simulator(name)


@pytest.mark.parametrize("name", TASKS)
def test_this_programs_own_tasks_conform(name: str) -> None:
    check_task(name)


@pytest.mark.parametrize("name", METRICS)
def test_this_programs_own_metrics_conform(name: str) -> None:
    check_metric(name)
