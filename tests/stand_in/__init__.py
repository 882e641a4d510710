# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that answers like ngspice within milliseconds, for tests of what happens around it.

    monkeypatch.setenv("ANALOG_SWEEP_NGSPICE", str(install(tmp_path / "bin", seconds=1.0)))

Its figures mean nothing, but they depend on the netlist alone, so a run that is done again gives the
same ones. What physics is for is tested with real simulators.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

PROGRAM = Path(__file__).with_name("program.py")


def install(
    directory: Path,
    *,
    version: str = "999",
    seconds: float = 0.0,
    slow_share: float = 0.0,
    slow_seconds: float = 0.0,
) -> Path:
    """Put the program into a directory of its own, where its command line tells it from others.

    **Arguments:**

    - `version`: that it reports; by default one by which no run of it is taken for a real one.
    - `seconds`: what each run takes beyond its milliseconds.
    - `slow_share`, `slow_seconds`: this share of all netlists takes so long instead.

    **Returns:** its path. `runs(path)` counts what it ran.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "ngspice"
    _, _, program = PROGRAM.read_text().partition("\n")
    path.write_text(f"#!{sys.executable} -IS\n{program}")
    path.chmod(0o755)
    behaviour = {
        "version": version,
        "seconds": seconds,
        "slow_share": slow_share,
        "slow_seconds": slow_seconds,
    }
    (directory / "behaviour.json").write_text(json.dumps(behaviour))
    return path


def runs(path: Path) -> list[str]:
    """The checksum of each netlist that an installed program was started with."""
    log = path.with_name("runs.log")
    return log.read_text().split() if log.exists() else []
