# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages of plug-ins as pip leaves them, and an interpreter of its own that finds them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def install(
    directory: Path, module: str, source: str, entry_points: Mapping[str, Mapping[str, str]]
) -> Path:
    """Put a package of one module into a directory: that directory.

    `entry_points`: name to object, by group without its `analog_sweep.`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{module}.py").write_text(source)
    information = directory / f"{module}-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    lines: list[str] = []
    for group, points in entry_points.items():
        lines += [
            f"[analog_sweep.{group}]",
            *(f"{name} = {found}" for name, found in points.items()),
        ]
    (information / "entry_points.txt").write_text("\n".join(lines) + "\n")
    (information / "RECORD").write_text("")
    return directory


def python(program: str, *paths: Path, at: Path | None = None) -> str:
    """What a program prints in an interpreter of its own."""
    search = os.pathsep.join([*map(str, paths), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": search},
        cwd=at,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
