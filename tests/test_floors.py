# SPDX-License-Identifier: GPL-3.0-or-later
"""Data flows one way: a module imports from its own floor and from those below it."""

from __future__ import annotations

import ast
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


@pytest.mark.parametrize("package", ["ray", "optuna"])
def test_ray_and_optuna_stay_on_the_sweep_floor(package: str) -> None:
    users = [path for path in MODULES if package in imports(path)]
    assert users
    assert {path.relative_to(ROOT).parts[0] for path in users} == {"sweep"}
    assert package != "ray" or len(users) <= 3, f"Ray appears in {len(users)} modules"
