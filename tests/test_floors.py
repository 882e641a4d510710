# SPDX-License-Identifier: GPL-3.0-or-later
"""Data flows one way: a module imports from its own floor and from those below it.

Inside `sweep` the same holds of its rooms: `study` < `results` < `search`, `worker` < `driver` < `app`
< `cli`; `report` stands beside `driver` and only reads results.
"""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

FLOORS = ("pdk", "circuits", "objectives", "sweep", "studies")
ROOT = Path(__file__).parents[1]
MODULES = [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))]


def imports(path: Path) -> set[str]:
    """Top-level names that a module imports, wherever it does so."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_from_its_floor_and_below_only(path: Path) -> None:
    floor = FLOORS.index(path.relative_to(ROOT).parts[0])
    above = imports(path) & set(FLOORS[floor + 1 :])
    assert not above, f"{path.relative_to(ROOT)} imports {sorted(above)} from above"


SWEEP = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in MODULES
    if path.is_relative_to(ROOT / "sweep")
}
_GROUND = {"_current_directory", "_errors", "_machine", "_numbers", "_version"}
_READERS = _GROUND | {"study", "results"}
BELOW = {
    **dict.fromkeys(_GROUND, _GROUND),
    "study": _GROUND,
    "results": _GROUND | {"study"},
    "report": _READERS,
    "search": _READERS,
    "worker": _READERS,
    "driver": _READERS | {"search", "worker"},
    "observers": _READERS | {"driver"},
    "app": _READERS | {"search", "worker", "driver", "report"},
    "cli": _READERS | {"search", "worker", "driver", "report", "observers", "app"},
    "_api": _READERS | {"search", "worker", "driver", "report", "observers", "app"},
    "__init__": {"_api", "_current_directory"},
    "__main__": {"cli"},
}
"""What each room of `sweep`, and each module beside them, may import from; itself besides."""
KNOWS = {"optuna": "search", "ray": "worker"}


def room(module: str) -> str:
    """The room of a module of `sweep`, or its own name where it stands beside the rooms."""
    return module.split(".")[1] if "." in module else "__init__"


def imported_modules(module: str) -> set[str]:
    """Modules of `sweep` that a module imports: at its top, in functions, and for types only."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(SWEEP[module].read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} has a relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                names.add(inner if inner in SWEEP else str(node.module))
    return names & set(SWEEP)


@pytest.mark.parametrize("module", SWEEP)
def test_a_module_of_sweep_imports_from_its_room_and_those_below_only(module: str) -> None:
    own = room(module)
    allowed = BELOW[own] | {own}
    above = {each for each in imported_modules(module) if room(each) not in allowed}
    assert not above, f"{module} imports {sorted(above)}, and {own} is no room above theirs"


def test_nothing_in_sweep_imports_in_a_circle() -> None:
    graph = {module: imported_modules(module) for module in SWEEP}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports, lazy ones included: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("package", KNOWS)
def test_one_room_alone_knows_each_of_ray_and_optuna(package: str) -> None:
    users = [path for path in MODULES if package in imports(path)]
    assert users
    modules = {module for module, path in SWEEP.items() if path in users}
    assert len(modules) == len(users), "all of them are on the floor of sweep"
    strangers = {module for module in modules if room(module) != KNOWS[package]}
    assert not strangers, f"{package} is known to {sorted(strangers)}, too"
    assert package != "ray" or len(users) <= 3, f"Ray appears in {len(users)} modules"


def test_a_class_has_a_name_of_its_own() -> None:
    places: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    shared = {name: found for name, found in places.items() if len(found) > 1}
    assert not shared


def test_the_report_simulates_and_trains_nothing() -> None:
    forbidden = {
        "circuits.quasistatic", "circuits.simulators", "circuits.transient", "circuits.trainers", "pdk.locate",
    }  # fmt: skip
    verbs = {
        "TransientTrainer", "QuasistaticTrainer", "find", "locate", "make_trainer", "points_run", "train",
        "trainability", "training_circuit",
    }  # fmt: skip
    for path in (path for path in MODULES if path.is_relative_to(ROOT / "sweep" / "report")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.module not in forbidden, f"{path.name} imports {node.module}"
                used = {alias.name for alias in node.names} & verbs
                assert not used, f"{path.name} imports {sorted(used)}"
